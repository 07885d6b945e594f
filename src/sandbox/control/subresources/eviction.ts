import { parseDeleteOptions, type SubresourceBacking } from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { remove } from '../registry/delete.ts';
import { type Registry, requireUnchanged, stored, timestamp } from '../registry/registry.ts';

/** Deletes a pod after saying why in its conditions. There are no disruption budgets here that could forbid it. */
export function evictionOf(registry: Registry, pods: Kind): SubresourceBacking {
  return {
    create: async (request, target, eviction, { dryRun }) => {
      const options = parseDeleteOptions(request.query, eviction.deleteOptions);
      const pod = stored(registry, pods, target);
      requireUnchanged(pods, pod, options.preconditions);
      if (!dryRun && !options.dryRun && !pod.metadata.deletionTimestamp) {
        const conditions = (pod.status?.conditions ?? []).filter(
          ({ type }: { type: string }) => type !== 'DisruptionTarget',
        );
        const disrupted = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
          message: 'Eviction API: evicting',
          lastTransitionTime: timestamp(registry.nowMs()),
        };
        registry.store.write(
          pods.stored,
          { ...pod, status: { ...pod.status, conditions: [...conditions, disrupted] } },
          pod,
        );
      }
      // The condition has changed the version that a precondition may name, and it has been looked at already.
      remove(registry, pods, target, { ...options, preconditions: {}, dryRun: dryRun || options.dryRun });
      return { code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } };
    },
  };
}
