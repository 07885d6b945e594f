import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../client/client.ts';
import type { ApiRequest } from './api.ts';
import type { Resource, RunningWatch, Target, WatchEventType, WatchOptions } from './backing.ts';
import type { ServeLimits } from './limits.ts';
import type { Representation } from './negotiation.ts';
import { statusErrorOf } from './status.ts';
import { parseIncludeObject, partialOf, tableOf } from './table.ts';

export interface WatchStreamOptions {
  watch: WatchOptions & { bookmarks: boolean };
  representation: Representation;
  timeoutMs: number;
  limits: ServeLimits;
  /** Counts a watcher that was cut off because it did not read. */
  onCut(): void;
}

type Render = (type: WatchEventType, object: KubeObject) => object;

/**
 * Writes events as JSON, one a line, until the client goes, the time is up or the client falls too far behind; then it is
 * cut off and comes back with the last version it saw. A refusal after the headers is an ERROR event, as in the API server.
 */
export async function streamWatch(
  response: ServerResponse,
  request: ApiRequest,
  resource: Resource,
  target: Target,
  options: WatchStreamOptions,
): Promise<void> {
  const render = rendererOf(request, resource, options.representation);
  const write = (type: string, object: object) => {
    if (response.destroyed || response.writableEnded) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength <= options.limits.watchBacklogBytesMax) return;
    options.onCut();
    response.destroy();
  };
  const bookmark = (running: RunningWatch, annotations?: Record<string, string>) =>
    write('BOOKMARK', render('BOOKMARK', bookmarkOf(resource, running.resourceVersion(), annotations)));

  // Thrown from here, a refusal is still an ordinary answer; the API server answers 410 to a watch in that way too.
  const early: [WatchEventType, KubeObject][] = [];
  let open = false;
  const running = resource.backing.watch!(request, target, options.watch, {
    event: (type, object) => (open ? write(type, render(type, object)) : void early.push([type, object])),
  });
  try {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    open = true;
    for (const [type, object] of early.splice(0)) write(type, render(type, object));
    if (options.watch.sendInitialEvents) bookmark(running, { 'k8s.io/initial-events-end': 'true' });
    await untilEnd(response, request, options, () => bookmark(running));
    if (options.watch.bookmarks) bookmark(running);
  } catch (error) {
    const refusal = statusErrorOf(error);
    if (!refusal) throw error;
    write('ERROR', refusal.toStatus());
  } finally {
    running.stop();
    if (!response.destroyed) response.end();
  }
}

function untilEnd(
  response: ServerResponse,
  request: ApiRequest,
  { watch, timeoutMs, limits }: WatchStreamOptions,
  bookmark: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      clearInterval(bookmarks);
      request.signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    const bookmarks = watch.bookmarks ? setInterval(bookmark, limits.bookmarkIntervalMs) : undefined;
    if (request.signal.aborted || response.destroyed) return end();
    request.signal.addEventListener('abort', end, { once: true });
    response.once('close', end);
  });
}

function rendererOf(request: ApiRequest, resource: Resource, { as }: Representation): Render {
  if (as?.kind === 'PartialObjectMetadata') return (_, object) => partialOf(object, as.version);
  if (as?.kind !== 'Table') return (_, object) => object;
  const include = parseIncludeObject(request.query.get('includeObject'));
  let first = true;
  return (_, object) => {
    const table = tableOf(resource.columns, [object], {
      meta: { resourceVersion: object.metadata.resourceVersion ?? '' },
      include,
      nowMs: request.nowMs(),
      version: as.version,
      withColumns: first,
    });
    first = false;
    return table;
  };
}

function bookmarkOf({ info }: Resource, resourceVersion: string, annotations?: Record<string, string>): KubeObject {
  return {
    kind: info.kind,
    apiVersion: info.group === '' ? info.version : `${info.group}/${info.version}`,
    // A bookmark has no name; the type wants one.
    metadata: { resourceVersion, creationTimestamp: null, ...(annotations ? { annotations } : {}) } as never,
  };
}
