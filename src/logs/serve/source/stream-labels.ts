import { type LabelRecord, provenanceLabel } from '../../query/blocks.ts';
import type { Instance } from '../../store/store.ts';

export type Output = 'stdout' | 'stderr';
export const outputs: readonly Output[] = ['stdout', 'stderr'];

/** Labels of pods that name the application, the first one that is there counts; promtail and Alloy look for the same. */
const appLabels = ['app.kubernetes.io/name', 'app'];

/**
 * Labels of what a container wrote to one of its outputs, as promtail gives them in a cluster; `service_name` is what Loki finds for
 * such a stream. Runs of one container have the same labels.
 */
export function streamLabels(instance: Instance, stream: Output): LabelRecord {
  const { namespace, pod, node, key, podFact } = instance;
  const app = appLabels.map((name) => podFact?.labels[name] ?? '').find((value) => value !== '');
  const labels: Record<string, string> = {
    ...(app === undefined ? {} : { app }),
    container: key.container,
    job: `${namespace}/${app ?? key.container}`,
    namespace,
    ...(node === '' ? {} : { node_name: node }),
    pod,
    service_name: app ?? key.container,
    stream,
    [provenanceLabel]: 'attested',
  };
  return labels;
}

/** Labels by which a pushed stream names a container. */
const claims = ['pod', 'container', provenanceLabel];

/** Labels of what was pushed: as it was pushed, and marked where they could be taken for a container's. docs/decisions/provenance.md */
export function pushedLabels(labels: LabelRecord): LabelRecord {
  return isMarked(labels) ? { ...labels, [provenanceLabel]: 'asserted' } : labels;
}

export function isMarked(labels: LabelRecord): boolean {
  for (const name of claims) if (Object.hasOwn(labels, name)) return true;
  return false;
}
