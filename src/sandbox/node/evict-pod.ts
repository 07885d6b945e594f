import { type Clock, systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import { isApiError } from '../../kubernetes/client/status.ts';
import { evictionRequest } from './kubelet/kubelet.ts';

/** An evicted pod gets no grace: a kubelet that runs needs a second. */
const evictionMsMax = 15_000;
const evictionLookMs = 100;

/**
 * Has the sandbox's kubelet evict a pod as it does under node pressure: the pod fails with reason `Evicted`, which is waited for, and its
 * files are removed a moment later. Rejects as the client does when there is no such pod, with Fault `unavailable` when no kubelet does it.
 */
export async function evictPod(
  client: KubernetesClient,
  namespace: string,
  name: string,
  { message = '', clock = systemClock }: { message?: string; clock?: Clock } = {},
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const contentType = 'application/merge-patch+json';
  const { metadata } = await client.request(path, { method: 'PATCH', contentType, body: evictionRequest(message) });
  const deadlineMs = clock.monotonicMs() + evictionMsMax;
  while (!(await isOver(client, path, metadata.uid))) {
    if (clock.monotonicMs() > deadlineMs) {
      throw new Fault('unavailable', `pod "${name}" has not ended within ${evictionMsMax / 1000} s of its eviction`);
    }
    await clock.sleep(evictionLookMs);
  }
}

/** Another pod of the name means that this one is gone. */
async function isOver(client: KubernetesClient, path: string, uid: string | undefined): Promise<boolean> {
  try {
    const { metadata, status } = await client.request(path);
    return metadata.uid !== uid || status?.phase === 'Failed' || status?.phase === 'Succeeded';
  } catch (error) {
    if (isApiError(error, 404)) return true;
    throw error;
  }
}
