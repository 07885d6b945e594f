import { Fault } from '../../base/fault.ts';
import { matchesLabels, parseLabelSelector } from '../../kubernetes/selector/selector.ts';
import type { Instance, InstanceFilter } from '../store/store.ts';
import { defaultContainer, newestUid, type Pod, podsOf, requireContainer } from './containers.ts';
import type { LogsRequest } from './protocol.ts';

/** One container of one pod name, and those of its instances that were asked for, in the order of their start. */
export interface Chosen {
  pod: Pod;
  container: string;
  instances: Instance[];
}

export interface Selection {
  chosen: Chosen[];
  /** How the request was understood; for a person. */
  notices: string[];
}

/** What of a request the store itself can filter by. */
export function instanceFilter(request: LogsRequest): InstanceFilter {
  const { namespace, pod, workload, labelSelector } = request;
  const selector = labelSelector === undefined ? undefined : parseLabelSelector(labelSelector);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(pod === undefined ? {} : { pod }),
    ...(workload === undefined ? {} : { workload }),
    ...(selector === undefined ? {} : { labels: (labels) => matchesLabels(selector, labels) }),
  };
}

/**
 * Chooses pods, containers and instances. `instances` is what instanceFilter let through, in the order of start.
 * Throws Fault `not-found` or `bad-request`, in kubectl's words where kubectl has words for it.
 */
export function select(instances: readonly Instance[], request: LogsRequest): Selection {
  const notices: string[] = [];
  const pods = choosePods(podsOf(instances), request, notices);
  const chosen = pods.flatMap((pod) => chooseContainers(pod, request, notices));
  const found = chosen.flatMap((one) => {
    const some = chooseInstances(one, request.instance ?? 'latest');
    return some.length === 0 ? [] : [{ ...one, instances: some }];
  });
  if (chosen.length > 0 && found.length === 0) refuseNothing(chosen, request);
  const { followedMax } = request;
  if (request.follow && followedMax !== undefined && found.length > 1 && found.length > followedMax) {
    throw new Fault(
      'bad-request',
      `you are attempting to follow ${found.length} log streams, but maximum allowed concurrency is ${followedMax}, use --max-log-requests to increase the limit`,
    );
  }
  return { chosen: found, notices };
}

function choosePods(pods: Pod[], request: LogsRequest, notices: string[]): Pod[] {
  const { pod, workload, namespace } = request;
  if (pods.length === 0) {
    if (pod !== undefined) {
      const hint = 'nothing of a pod of this name is stored: there was none, or none of its containers has started';
      throw new Fault('not-found', `pods "${pod}" not found`, { hint });
    }
    if (workload) throw new Fault('not-found', `no logs of ${workload.kind} "${workload.name}" are stored`);
    notices.push(namespace === undefined ? 'No resources found' : `No resources found in ${namespace} namespace.`);
    return [];
  }
  if (pod !== undefined || request.instance === 'all') return pods;
  const existing = pods.filter((one) => one.exists);
  const eligible = existing.length > 0 ? existing : pods;
  if (workload && !request.allPods) {
    const newest = eligible.at(-1)!;
    if (eligible.length > 1) notices.push(`Found ${eligible.length} pods, using pod/${newest.name}`);
    return [newest];
  }
  const left = pods.length - eligible.length;
  if (left > 0)
    notices.push(
      `${count(left, 'pod')} that ${left === 1 ? 'is' : 'are'} gone also matched; --instance all shows them too`,
    );
  return eligible;
}

function chooseContainers(pod: Pod, request: LogsRequest, notices: string[]): Chosen[] {
  const { container, allContainers } = request;
  const ofPod = (name: string): Chosen => ({
    pod,
    container: name,
    instances: pod.instances.filter(({ key }) => key.container === name),
  });
  if (allContainers) return [...new Set(pod.instances.map(({ key }) => key.container))].map(ofPod);
  if (container !== undefined) {
    requireContainer(pod, container);
    return [ofPod(container)];
  }
  const standard = defaultContainer(pod);
  if (standard.notice) notices.push(standard.notice);
  return [ofPod(standard.container)];
}

function chooseInstances({ pod, instances }: Chosen, which: NonNullable<LogsRequest['instance']>): Instance[] {
  if (which === 'all') return instances;
  if (which === 'latest') return instances.slice(-1);
  if (which < 0) return instances.slice(which - 1, which);
  const newest = new Set(newestUid(pod).map(({ id }) => id));
  return instances.filter(({ id, key }) => newest.has(id) && key.attempt === which).slice(-1);
}

/** Whoever names an instance, or a pod and does not wait for it, is told that there is none. */
function refuseNothing(chosen: readonly Chosen[], { instance = 'latest', pod, workload, follow }: LogsRequest): void {
  if (instance !== 'latest') throw noInstance(chosen, instance);
  if ((pod === undefined && !workload) || follow) return;
  const [one] = chosen as [Chosen];
  const hint = 'it has not started yet, or its logs are older than what is kept';
  throw new Fault('not-found', `nothing of container "${one.container}" in pod "${one.pod.name}" is stored`, { hint });
}

function noInstance(chosen: readonly Chosen[], which: LogsRequest['instance']): Fault {
  const [{ pod, container, instances }] = chosen as [Chosen];
  if (which === -1) {
    return new Fault('not-found', `previous terminated container "${container}" in pod "${pod.name}" not found`);
  }
  return new Fault('not-found', `container "${container}" in pod "${pod.name}" has no instance ${which}`, {
    hint: `it has ${count(instances.length, 'instance')}; "taffrail instances ${pod.name}" lists them`,
  });
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
