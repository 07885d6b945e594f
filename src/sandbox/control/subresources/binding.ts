import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { conflict, invalid, type SubresourceBacking } from '../../../kubernetes/serve/serve.ts';
import { type Kind, required } from '../kinds/kind.ts';
import { type Registry, requireUnchanged, stored, timestamp } from '../registry/registry.ts';

/** Gives a pod its node, once. */
export function bindingOf(registry: Registry, pods: Kind): SubresourceBacking {
  return {
    create: async (_, target, binding, { dryRun }) => {
      const node: string = binding.target?.name ?? '';
      if (node === '') throw invalid('', 'Binding', target.name, [required('target.name')]);
      const pod = stored(registry, pods, target);
      requireUnchanged(pods, pod, { uid: binding.metadata?.uid, resourceVersion: binding.metadata?.resourceVersion });
      if (pod.metadata.deletionTimestamp)
        throw conflict(
          { group: '', plural: 'pods/binding' },
          target.name,
          `pod ${target.name} is being deleted, cannot be assigned to a host`,
        );
      if (pod.spec?.nodeName)
        throw conflict(
          { group: '', plural: 'pods/binding' },
          target.name,
          `pod ${target.name} is already assigned to node "${pod.spec.nodeName}"`,
        );
      if (!dryRun) registry.store.write(pods.stored, bound(pod, node, timestamp(registry.nowMs())), pod);
      return { code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } };
    },
  };
}

function bound(pod: KubeObject, nodeName: string, now: string): KubeObject {
  const conditions: { type: string }[] = pod.status?.conditions ?? [];
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  return {
    ...pod,
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...conditions.filter(({ type }) => type !== 'PodScheduled'), scheduled] },
  };
}
