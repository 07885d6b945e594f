import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { deleteExactly } from '../../../kubernetes/client/delete-exactly.ts';
import { type Controller, type ControllerContext, podPath } from './controller.ts';
import { msOfKubeTime } from './kube-time.ts';
import { periodically } from './periodic.ts';

/** Kubernetes' own default of --terminated-pod-gc-threshold. */
export const FINISHED_PODS_MAX = 12_500;
const PERIOD_MS = 20_000;

/** The oldest finished pods past the limit; pure. */
export function surplusPods(pods: Iterable<KubeObject>, finishedMax: number): KubeObject[] {
  const finished = [...pods].filter(
    ({ status, metadata }) =>
      (status?.phase === 'Succeeded' || status?.phase === 'Failed') && !metadata.deletionTimestamp,
  );
  const ageOf = ({ metadata }: KubeObject) => msOfKubeTime(metadata.creationTimestamp) ?? 0;
  return finished
    .sort((left, right) => ageOf(left) - ageOf(right))
    .slice(0, Math.max(0, finished.length - finishedMax));
}

/** Deletes finished pods, but only past a number. */
export function createPodCollector(context: ControllerContext, finishedMax = FINISHED_PODS_MAX): Controller {
  const { caches, client } = context;
  const collect = async () => {
    for (const pod of surplusPods(caches.pods.values(), finishedMax)) {
      await deleteExactly(client, podPath(pod), pod.metadata.uid, { gracePeriodSeconds: 0 });
    }
  };
  return { run: () => periodically(PERIOD_MS, collect, context) };
}
