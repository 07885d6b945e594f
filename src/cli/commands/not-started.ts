import { join } from 'node:path';
import type { KubeObject, KubernetesClient } from '../../kubernetes/client/client.ts';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { loadKubeconfig } from '../../kubernetes/client/kubeconfig.ts';
import { isApiError } from '../../kubernetes/client/status.ts';

export interface AskedContainer {
  namespace: string;
  pod: string;
  /** Without one: the pod's default. */
  container: string | undefined;
}

/** The refusal is there already; why is worth no longer wait. */
const answerTimeoutMs = 2000;
const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/**
 * Why the sandbox on a data directory has no log of a container, in the words that kubectl passes on: `container "a" in pod "b" is waiting to
 * start: ContainerCreating`. Undefined where no sandbox answers, where it has no such pod, and where it has a log.
 */
export async function whyNotStarted(dataDir: string, asked: AskedContainer): Promise<string | undefined> {
  let client: KubernetesClient | undefined;
  try {
    client = createClient(loadKubeconfig(join(dataDir, 'kubeconfig')));
    return await reason(client, asked);
  } catch (error) {
    return isApiError(error, 400) ? error.message : undefined;
  } finally {
    client?.close();
  }
}

async function reason(client: KubernetesClient, { namespace, pod, container }: AskedContainer) {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  const object = await client.request(path, { timeoutMs: answerTimeoutMs });
  // A log that is asked of no node is empty, and no refusal.
  if (!object.spec.nodeName) return unscheduled(object);
  const query = { container: container ?? defaultContainer(object), limitBytes: 1 };
  for await (const _ of await client.stream(`${path}/log`, { query, timeoutMs: answerTimeoutMs })) break;
  return undefined;
}

function defaultContainer({ metadata, spec }: KubeObject): string {
  return metadata.annotations?.[defaultContainerAnnotation] ?? spec.containers[0].name;
}

function unscheduled({ metadata, status }: KubeObject): string {
  const conditions: { type: string; message?: string }[] = status?.conditions ?? [];
  const scheduling = conditions.find(({ type }) => type === 'PodScheduled');
  return `pod "${metadata.name}" waits for a node${scheduling?.message ? `: ${scheduling.message}` : ''}`;
}
