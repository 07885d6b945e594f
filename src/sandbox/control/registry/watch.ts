import type { KubeObject } from '../../../kubernetes/client/client.ts';
import {
  type Change,
  expired,
  type RunningWatch,
  type Target,
  tooLargeVersion,
  type WatchOptions,
  type WatchSink,
} from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { selects } from './list.ts';
import { type Registry, shown } from './registry.ts';

/**
 * Tells the sink of every change after a version, once and in order. An object that comes to be selected, or ceases to,
 * is ADDED or DELETED for this watcher.
 */
export function watch(
  { store }: Registry,
  kind: Kind,
  { namespace }: Target,
  options: WatchOptions,
  sink: WatchSink,
): RunningWatch {
  const accepts = selects(kind, namespace, options.selection);
  const window = store.window(kind.stored);
  const from = startOf();
  const missed = from === undefined ? [] : window.since(from);
  if (from === undefined)
    for (const object of store.scan(kind.stored, namespace))
      if (accepts(object)) sink.event('ADDED', shown(kind, object));
  for (const change of missed) deliver(change);
  const stop = window.subscribe(deliver);
  return { resourceVersion: () => String(store.version), stop };

  /** Undefined: begin with what is there now. */
  function startOf(): number | undefined {
    const { resourceVersion, sendInitialEvents } = options;
    if (resourceVersion !== undefined && resourceVersion > store.version) {
      if (sendInitialEvents) throw tooLargeVersion(resourceVersion, store.version);
      // Of a state that this store has never had (it was put back, or made anew): only a new list helps.
      throw expired(`resource version ${resourceVersion} is ahead of this server's, ${store.version}: list again`);
    }
    return sendInitialEvents || !resourceVersion ? undefined : resourceVersion;
  }

  function deliver({ type, object, previous }: Change): void {
    const was = previous !== undefined && accepts(previous);
    const is = type !== 'DELETED' && accepts(object);
    if (is) sink.event(was ? 'MODIFIED' : 'ADDED', shown(kind, object));
    else if (was) sink.event('DELETED', shown(kind, lastSeen(object, previous)));
  }
}

/** What the watcher knew, at the version at which it went away. */
function lastSeen(object: KubeObject, previous: KubeObject): KubeObject {
  return { ...previous, metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion! } };
}
