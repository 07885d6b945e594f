import type { KubeObject } from '../../kubernetes/client/client.ts';
import type { PodFacts } from '../window/window.ts';

/** What the reflector keeps of a pod: nothing but the facts, which stand where an object has its metadata. */
export interface KeptPod extends KubeObject {
  metadata: PodFacts;
}

interface ContainerStatus {
  name?: string;
  state?: { running?: object };
}

/** Namespaces, nodes, containers and labels repeat over thousands of pods: each text is kept once. */
export class PodTexts {
  #texts = new Map<string, string>();
  /** Beyond, texts are kept as they come: the cluster has no such repetitions then. */
  readonly #textsMax = 100_000;

  once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#textsMax) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

export function podFactsOf(pod: KubeObject, texts: PodTexts): PodFacts {
  const { name, namespace = '', uid = '', labels } = pod.metadata;
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels ?? {})) kept[key] = texts.once(value);
  const startMs = typeof pod.status?.startTime === 'string' ? Date.parse(pod.status.startTime) : Number.NaN;
  return {
    namespace: texts.once(namespace),
    name,
    uid,
    labels: kept,
    node: texts.once(typeof pod.spec?.nodeName === 'string' ? pod.spec.nodeName : ''),
    startMs,
    running: runningContainers(pod, texts),
  };
}

function runningContainers(pod: KubeObject, texts: PodTexts): string[] {
  const { phase, initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = pod.status ?? {};
  // A pod that has ended may still name containers that its lost node could not report on.
  if (phase === 'Succeeded' || phase === 'Failed') return [];
  const running: string[] = [];
  for (const statuses of [initContainerStatuses, containerStatuses, ephemeralContainerStatuses]) {
    for (const { name, state } of (statuses ?? []) as ContainerStatus[]) {
      if (name && state?.running) running.push(texts.once(name));
    }
  }
  return running;
}
