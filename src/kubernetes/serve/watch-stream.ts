import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../client/client.ts';
import type { ApiRequest } from './api.ts';
import type { Resource, Target, WatchEventType, WatchOptions } from './backing.ts';
import type { ServeLimits } from './limits.ts';
import type { Representation } from './negotiation.ts';
import { parseIncludeObject, partialOf, tableOf } from './table.ts';
import { WatchQueue } from './watch-queue.ts';

export interface WatchStreamOptions {
  watch: WatchOptions & { bookmarks: boolean };
  representation: Representation;
  timeoutMs: number;
  limits: ServeLimits;
  /** Counts a watcher that was cut off because it did not read. */
  onCut(): void;
}

type Render = (object: KubeObject) => object;

/**
 * Writes events as JSON, one a line, until the client goes, the time is up or the client falls too far behind; then it is
 * cut off and comes back with the last version it saw.
 */
export async function streamWatch(
  response: ServerResponse,
  request: ApiRequest,
  resource: Resource,
  target: Target,
  options: WatchStreamOptions,
): Promise<void> {
  const render = rendererOf(request, resource, options.representation);
  const queue = new WatchQueue(response, options);
  const add = (type: WatchEventType, object: KubeObject) => queue.add(() => ({ type, object: render(object) }));
  const bookmark = (version: string, annotations?: Record<string, string>) =>
    add('BOOKMARK', bookmarkOf(resource, version, annotations));

  // Thrown from here, a refusal is still an ordinary answer; the API server answers 410 to a watch in that way too.
  const running = resource.backing.watch!(request, target, options.watch, { event: add });
  try {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    if (options.watch.sendInitialEvents) bookmark(running.resourceVersion(), { 'k8s.io/initial-events-end': 'true' });
    const ended = untilEnd(response, request, options, () => {
      // While something is held back, the newest version has not been told yet.
      if (queue.isOpen) bookmark(running.resourceVersion());
    });
    await queue.catchUp();
    await ended;
    if (options.watch.bookmarks && queue.isOpen) bookmark(running.resourceVersion());
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
  if (as?.kind === 'PartialObjectMetadata') return (object) => partialOf(object, as.version);
  if (as?.kind !== 'Table') return (object) => object;
  const include = parseIncludeObject(request.query.get('includeObject'));
  let first = true;
  return (object) => {
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
