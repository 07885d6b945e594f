import { Fault } from '../../base/fault.ts';
import type { Instance } from '../store/store.ts';

/** A pod by its name, over all the uids it has had. `instances` are in the order of their start. */
export interface Pod {
  namespace: string;
  name: string;
  instances: Instance[];
  /** As far as is known, the API server still has it. */
  exists: boolean;
}

const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/** In the order of their latest start. */
export function podsOf(instances: readonly Instance[]): Pod[] {
  const pods = new Map<string, Pod>();
  for (const instance of instances) {
    const key = `${instance.namespace}/${instance.pod}`;
    const pod = pods.get(key) ?? { namespace: instance.namespace, name: instance.pod, instances: [], exists: false };
    pod.instances.push(instance);
    pod.exists = exists(instance);
    pods.delete(key);
    pods.set(key, pod);
  }
  return [...pods.values()];
}

function exists({ podFact, ended }: Instance): boolean {
  return !ended || podFact?.deletedAt === null;
}

/** The instances of the pod's newest uid. */
export function newestUid({ instances }: Pod): Instance[] {
  const uid = instances.at(-1)?.key.podUid;
  return instances.filter(({ key }) => key.podUid === uid);
}

/**
 * The one container that is meant where none is named: the one in the pod's annotation, or the first, with a notice, as kubectl
 * does it. Throws Fault `bad-request`.
 */
export function defaultContainer(pod: Pod): { container: string; notice?: string } {
  const instances = newestUid(pod);
  const annotated = instances.at(-1)?.podFact?.annotations[defaultContainerAnnotation];
  if (annotated) {
    requireContainer(pod, annotated);
    return { container: annotated };
  }
  const names = containerNames(instances);
  const container = names.first ?? names.regular[0] ?? names.ephemeral[0] ?? names.init[0]!;
  if (names.all.length === 1) return { container };
  return { container, notice: `Defaulted container "${container}" out of: ${names.all.join(', ')}` };
}

/** A container that has said nothing yet is one of the pod's all the same. Throws Fault `bad-request` in kubectl's words. */
export function requireContainer(pod: Pod, container: string): void {
  const { all, declared } = containerNames(newestUid(pod));
  if (declared.includes(container) || pod.instances.some(({ key }) => key.container === container)) return;
  throw new Fault('bad-request', `container ${container} is not valid for pod ${pod.name} out of: ${all.join(', ')}`);
}

function containerNames(instances: readonly Instance[]) {
  const named = (...kinds: Instance['containerKind'][]) => [
    ...new Set(instances.filter(({ containerKind }) => kinds.includes(containerKind)).map(({ key }) => key.container)),
  ];
  const declared = instances.at(-1)?.podFact?.containers ?? [];
  const rank = (name: string) => (declared.indexOf(name) + declared.length + 1) % (declared.length + 1);
  const inOrder = (names: string[]) => names.toSorted((a, b) => rank(a) - rank(b));
  const regular = inOrder(named('regular', null));
  const ephemeral = inOrder(named('ephemeral'));
  const init = inOrder(named('init', 'sidecar'));
  return {
    declared,
    first: declared[0],
    regular,
    ephemeral,
    init,
    all: [...regular, ...ephemeral.map((name) => `${name} (ephem)`), ...init.map((name) => `${name} (init)`)],
  };
}
