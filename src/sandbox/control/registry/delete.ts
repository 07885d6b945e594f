import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type DeleteOptions, forbidden, success, type Target } from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { type Registry, requireUnchanged, shown, stored, timestamp } from './registry.ts';
import { isFinished } from './update.ts';

/** Namespaces without which a cluster is none. */
const lastingNamespaces = new Set(['default', 'kube-system', 'kube-public']);

/**
 * Removes an object, or marks it where somebody has to finish first: the kubelet (grace period) or the owners of
 * finalizers. Deleting again only ever shortens the wait.
 */
export function remove(registry: Registry, kind: Kind, target: Target, options: DeleteOptions): object {
  const current = stored(registry, kind, target);
  if (kind.info.kind === 'Namespace' && lastingNamespaces.has(target.name))
    throw forbidden(kind.info, target.name, 'this namespace may not be deleted');
  requireUnchanged(kind, current, options.preconditions);
  const next = marked(registry, kind, current, options);
  if (isFinished(next)) {
    const removed = options.dryRun ? next : registry.store.remove(kind.stored, next);
    return answer(kind, removed, true);
  }
  const unchanged = JSON.stringify(next) === JSON.stringify(current);
  if (options.dryRun || unchanged) return answer(kind, next, false);
  return answer(kind, registry.store.write(kind.stored, next, current), false);
}

function answer(kind: Kind, object: KubeObject, removed: boolean): object {
  if (!removed || kind.deleteAnswersObject) return shown(kind, object);
  const { group, plural } = kind.info;
  const { name, uid } = object.metadata;
  return success({ name, ...(group === '' ? {} : { group }), kind: plural, ...(uid ? { uid } : {}) });
}

function marked(registry: Registry, kind: Kind, current: KubeObject, options: DeleteOptions): KubeObject {
  const asked = options.gracePeriodSeconds;
  const graceSeconds = kind.graceSeconds?.(current, asked) ?? 0;
  const finalizers = finalizersAfter(current, options);
  const metadata = {
    ...current.metadata,
    ...deadline(registry, current, graceSeconds, asked),
    ...(finalizers.length > 0 ? { finalizers } : {}),
  };
  if (finalizers.length === 0) delete metadata.finalizers;
  const next: KubeObject = { ...current, metadata };
  if (kind.info.kind === 'Namespace') next.status = { ...next.status, phase: 'Terminating' };
  return next;
}

function deadline(
  registry: Registry,
  { metadata }: KubeObject,
  graceSeconds: number,
  asked: number | undefined,
): { deletionTimestamp: string; deletionGracePeriodSeconds: number } {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  if (deletionTimestamp === undefined)
    return {
      deletionTimestamp: timestamp(registry.nowMs() + graceSeconds * 1000),
      deletionGracePeriodSeconds: graceSeconds,
    };
  // A pod that nobody has bound, or that has ended, is not waited for any longer.
  if (graceSeconds >= deletionGracePeriodSeconds || (asked === undefined && graceSeconds > 0))
    return { deletionTimestamp, deletionGracePeriodSeconds };
  const earlierMs = Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds - graceSeconds) * 1000;
  return { deletionTimestamp: timestamp(earlierMs), deletionGracePeriodSeconds: graceSeconds };
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** The garbage collector reads its orders from these two finalizers. */
function finalizersAfter({ metadata }: KubeObject, { propagation }: DeleteOptions): string[] {
  const held = metadata.finalizers ?? [];
  if (propagation === undefined) return held;
  const others = held.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  if (propagation === 'Orphan') return [...others, orphan];
  if (propagation === 'Foreground') return [...others, foreground];
  return others;
}
