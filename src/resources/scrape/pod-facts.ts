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

/** More different texts than this, and they are kept as they come: the cluster has no such repetitions then. */
const textsMax = 100_000;

/** Namespaces, nodes, labels and lists of containers repeat over thousands of pods: each is kept once. */
export class PodTexts {
  readonly #texts = new Map<string, string>();
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();
  readonly #lists = new Map<string, readonly string[]>();

  once(text: string): string {
    return kept(this.#texts, text, () => text);
  }

  labels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return kept(this.#labels, JSON.stringify(labels), () => labels);
  }

  list(texts: readonly string[]): readonly string[] {
    return kept(this.#lists, texts.join('/'), () => texts);
  }
}

function kept<T>(things: Map<string, T>, key: string, make: () => T): T {
  const known = things.get(key);
  if (known !== undefined) return known;
  // What was handed out stays as it is; only what comes later is shared anew.
  if (things.size >= textsMax) things.clear();
  const made = make();
  things.set(key, made);
  return made;
}

export function podFactsOf(pod: KubeObject, texts: PodTexts): PodFacts {
  const { name, namespace = '', uid = '', labels } = pod.metadata;
  const startMs = typeof pod.status?.startTime === 'string' ? Date.parse(pod.status.startTime) : Number.NaN;
  return {
    namespace: texts.once(namespace),
    name,
    uid,
    labels: texts.labels(labels ?? {}),
    node: texts.once(typeof pod.spec?.nodeName === 'string' ? pod.spec.nodeName : ''),
    startMs,
    running: runningContainers(pod, texts),
  };
}

function runningContainers(pod: KubeObject, texts: PodTexts): readonly string[] {
  const { phase, initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = pod.status ?? {};
  // A pod that has ended may still name containers that its lost node could not report on.
  if (phase === 'Succeeded' || phase === 'Failed') return [];
  const running: string[] = [];
  for (const statuses of [initContainerStatuses, containerStatuses, ephemeralContainerStatuses]) {
    for (const { name, state } of (statuses ?? []) as ContainerStatus[]) {
      if (name && state?.running) running.push(name);
    }
  }
  return texts.list(running);
}
