import { matchesLabels, parseLabelSelector } from '../../kubernetes/selector/selector.ts';
import type { Instance, LogStore, Scope } from '../store/store.ts';
import { defaultContainer, podsOf } from './containers.ts';
import type { LogsRequest } from './protocol.ts';

/** Finished pods; nothing more comes from one. */
const finalPhases = new Set(['Succeeded', 'Failed']);

/**
 * Which instances a request that follows goes on with: the ones that were chosen, and, unless certain instances were asked for,
 * those that start later.
 */
export class Following {
  #store: LogStore;
  #scope: Scope;
  #request: LogsRequest;
  #chosen: Map<string, Instance>;
  /** Of a workload one pod is chosen, and stays it. */
  #pods: Set<string> | undefined;
  #startSequence: number;
  #labels: (labels: Record<string, string>) => boolean;

  constructor(store: LogStore, scope: Scope, request: LogsRequest, chosen: readonly Instance[], startSequence: number) {
    const selector = request.labelSelector === undefined ? [] : parseLabelSelector(request.labelSelector);
    this.#store = store;
    this.#scope = scope;
    this.#request = request;
    this.#chosen = new Map(chosen.map((instance) => [instance.id, instance]));
    this.#startSequence = startSequence;
    this.#labels = (labels) => matchesLabels(selector, labels);
    if (request.workload && !request.allPods && request.instance !== 'all' && chosen.length > 0) {
      this.#pods = new Set(chosen.map(({ pod }) => pod));
    }
  }

  wants(instance: Instance): boolean | 'undecided' {
    if (this.#chosen.has(instance.id)) return true;
    if (typeof this.#request.instance === 'number' || instance.firstSequence <= this.#startSequence) return false;
    if (!this.#isNamed(instance) || this.#isOlder(instance)) return false;
    if (instance.podFact === null && this.#asksOfPod) return 'undecided';
    return this.#isOfPod(instance) && this.#isContainer(instance);
  }

  /** Whether the pod's labels or owners decide. */
  get #asksOfPod(): boolean {
    return this.#request.labelSelector !== undefined || this.#request.workload !== undefined;
  }

  /** Nothing more can come: what was asked for has ended, and was shipped to its end. */
  get isOver(): boolean {
    const { pod, namespace, instance } = this.#request;
    if (typeof instance === 'number') {
      const chosen = this.#store.instances(this.#scope, { ids: [...this.#chosen.keys()] });
      return chosen.every(({ ended }) => ended);
    }
    if (pod === undefined) return false;
    const all = this.#store.instances(this.#scope, { pod, ...(namespace === undefined ? {} : { namespace }) });
    const newest = all.at(-1)?.podFact;
    if (!newest || (newest.deletedAt === null && !finalPhases.has(newest.phase))) return false;
    return all.every(({ ended }) => ended);
  }

  #isNamed({ namespace, pod }: Instance): boolean {
    return (
      (this.#request.namespace ?? namespace) === namespace &&
      (this.#request.pod ?? pod) === pod &&
      (this.#pods?.has(pod) ?? true)
    );
  }

  #isOfPod({ podFact }: Instance): boolean {
    const { workload } = this.#request;
    const owned = ({ kind, name }: { kind: string; name: string }) =>
      kind.toLowerCase() === workload?.kind.toLowerCase() && name === workload?.name;
    const isOwned = workload === undefined || (podFact?.owners.some(owned) ?? false);
    return isOwned && this.#labels(podFact?.labels ?? {});
  }

  /** An agent that comes late may bring runs from before the one that was chosen. */
  #isOlder(instance: Instance): boolean {
    if (this.#request.instance === 'all') return false;
    const startOf = ({ startedAt, firstTime }: Instance) => startedAt ?? firstTime;
    const start = startOf(instance);
    return [...this.#chosen.values()].some((other) => {
      const otherStart = startOf(other);
      const same =
        other.namespace === instance.namespace &&
        other.pod === instance.pod &&
        other.key.container === instance.key.container;
      return same && start !== null && otherStart !== null && start < otherStart;
    });
  }

  #isContainer({ namespace, pod, key }: Instance): boolean {
    const { container, allContainers } = this.#request;
    if (allContainers) return true;
    if (container !== undefined) return container === key.container;
    const [known] = podsOf(this.#store.instances(this.#scope, { namespace, pod }));
    return known === undefined || defaultContainer(known).container === key.container;
  }
}
