import type { ContainerRecord } from '../runtime/protocol.ts';
import { type ContainerView, hasSucceeded, isInitialized, type Plan } from './plan.ts';
import {
  type ContainerSpec,
  type ContainerState,
  type ContainerStatus,
  goDuration,
  kindOf,
  type Pod,
  type PodCondition,
  type PodStatus,
  titleOf,
} from './pod.ts';
import { qosClassOf } from './qos.ts';

export interface StatusInputs {
  views: ReadonlyMap<string, ContainerView>;
  plan: Plan | undefined;
  /** Why a container could not be started the last time. */
  problems: ReadonlyMap<string, { reason: string; message: string }>;
  /** Evicted, DeadlineExceeded: the pod has failed whatever its containers say. */
  failure: { reason: string; message: string } | undefined;
  /** The pod was told to end, and all has. */
  ended: boolean;
  startTime: string;
  /** What we wrote last: a condition that has not changed keeps its time. */
  written: PodStatus | undefined;
  nowMs: number;
}

const nodeIp = '127.0.0.1';

/** The pod's status as the kubelet writes it; conditions that others have set are kept. */
export function statusOf(pod: Pod, inputs: StatusInputs): PodStatus {
  const phase = phaseOf(pod, inputs);
  const containerStatuses = pod.spec.containers.map((container) => containerStatus(pod, container, inputs));
  const initStatuses = (pod.spec.initContainers ?? []).map((container) => containerStatus(pod, container, inputs));
  return {
    phase,
    conditions: conditionsOf(pod, phase, inputs),
    ...(inputs.failure ?? {}),
    hostIP: nodeIp,
    hostIPs: [{ ip: nodeIp }],
    podIP: nodeIp,
    podIPs: [{ ip: nodeIp }],
    startTime: inputs.startTime,
    qosClass: qosClassOf(pod),
    ...(initStatuses.length > 0 ? { initContainerStatuses: initStatuses } : {}),
    containerStatuses,
  };
}

function phaseOf(pod: Pod, { views, plan, failure, ended }: StatusInputs): PodStatus['phase'] {
  if (failure) return 'Failed';
  if (plan?.outcome) return plan.outcome;
  const latest = pod.spec.containers.map(({ name }) => views.get(name)?.latest);
  if (ended) return latest.every((record) => record?.exitCode === 0) ? 'Succeeded' : 'Failed';
  if (!isInitialized(pod, views)) return 'Pending';
  return latest.some((record) => record !== undefined && record.state !== 'created') ? 'Running' : 'Pending';
}

function containerStatus(pod: Pod, container: ContainerSpec, inputs: StatusInputs): ContainerStatus {
  const view = inputs.views.get(container.name);
  const latest = view?.latest;
  const { state, lastState } = statesOf(pod, container, view, inputs);
  const kind = kindOf(pod, container);
  const running = latest?.state === 'running';
  return {
    name: container.name,
    state,
    lastState,
    ready: kind === 'init' ? hasSucceeded(view) : running && view?.ready === true,
    started: running && (kind === 'init' || view?.started === true),
    restartCount: latest?.attempt ?? 0,
    image: container.image ?? '',
    imageID: '',
    ...(latest ? { containerID: containerId(latest) } : {}),
  };
}

function statesOf(
  pod: Pod,
  container: ContainerSpec,
  view: ContainerView | undefined,
  { plan, problems, ended, failure, views }: StatusInputs,
): { state: ContainerState; lastState: ContainerState } {
  const latest = view?.latest;
  const before: ContainerState = view?.previous ? terminated(view.previous) : {};
  if (latest?.state === 'running')
    return { state: { running: { startedAt: seconds(latest.startedAtMs) } }, lastState: before };
  const over = ended || failure !== undefined || plan?.outcome !== undefined;
  const problem = over ? undefined : problems.get(container.name);
  const lastState = latest?.state === 'exited' ? terminated(latest) : {};
  if (problem) return { state: { waiting: problem }, lastState };
  const backOff = over ? undefined : plan?.waiting.get(container.name);
  if (backOff) {
    const message = `back-off ${goDuration(backOff.delayMs)} restarting failed container=${container.name} pod=${titleOf(pod)}`;
    return { state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState };
  }
  if (latest?.state === 'exited') return { state: terminated(latest), lastState: before };
  const inits = (pod.spec.initContainers ?? []).length > 0;
  const reason = inits && !isInitialized(pod, views) ? 'PodInitializing' : 'ContainerCreating';
  return { state: { waiting: { reason } }, lastState: {} };
}

export function containerId(record: ContainerRecord): string {
  return `taffrail://${record.id}`;
}

function terminated(record: ContainerRecord): ContainerState {
  return {
    terminated: {
      exitCode: record.exitCode ?? 255,
      reason: record.reason ?? 'Error',
      ...(record.message ? { message: record.message } : {}),
      startedAt: record.startedAtMs === undefined ? null : seconds(record.startedAtMs),
      finishedAt: record.finishedAtMs === undefined ? null : seconds(record.finishedAtMs),
      containerID: containerId(record),
    },
  };
}

function conditionsOf(
  pod: Pod,
  phase: PodStatus['phase'],
  { views, nowMs, failure, written }: StatusInputs,
): PodCondition[] {
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const begun = pod.spec.containers.some(({ name }) => views.get(name)?.latest);
  const initialized = isInitialized(pod, views) || (ended && begun) || phase === 'Succeeded';
  const unready = pod.spec.containers.filter(({ name }) => {
    const view = views.get(name);
    return view?.latest?.state !== 'running' || !view.ready;
  });
  const unreadyReason = ended
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`,
      };
  const containersReady = {
    status: unready.length === 0 && !ended,
    ...(unready.length === 0 && !ended ? {} : unreadyReason),
  };
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  const gated = containersReady.status && gates.length > 0;
  const ready = gated
    ? {
        status: false,
        reason: 'ReadinessGatesNotReady',
        message: gates
          .map(
            ({ conditionType }) => `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
          )
          .join(', '),
      }
    : containersReady;
  const uninitialized = (pod.spec.initContainers ?? []).filter(({ name }) => !hasSucceeded(views.get(name)));
  const initializedReason = initialized
    ? phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : {}
    : {
        reason: 'ContainersNotInitialized',
        message: `containers with incomplete status: [${uninitialized.map(({ name }) => name).join(' ')}]`,
      };
  const ours: (Omit<PodCondition, 'status'> & { status: boolean })[] = [
    { type: 'PodReadyToStartContainers', status: !ended },
    { type: 'Initialized', status: initialized, ...initializedReason },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...containersReady },
  ];
  if (failure?.reason === 'Evicted')
    ours.push({ type: 'DisruptionTarget', status: true, reason: 'TerminationByKubelet', message: failure.message });
  return merged(pod, written, ours, nowMs);
}

/** Keeps what others have written, and the time of a condition that has not changed. */
function merged(
  pod: Pod,
  written: PodStatus | undefined,
  ours: (Omit<PodCondition, 'status'> & { status: boolean })[],
  nowMs: number,
): PodCondition[] {
  const old = new Map((pod.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const result = ours.map(({ type, status, reason, message }): PodCondition => {
    const before = written?.conditions?.find((condition) => condition.type === type) ?? old.get(type);
    old.delete(type);
    const text = status ? 'True' : 'False';
    const lastTransitionTime =
      before?.status === text && before.lastTransitionTime ? before.lastTransitionTime : seconds(nowMs);
    return {
      type,
      status: text,
      lastProbeTime: null,
      lastTransitionTime,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    };
  });
  const scheduled = old.get('PodScheduled');
  old.delete('PodScheduled');
  return [
    ...result,
    scheduled ?? {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: pod.metadata.creationTimestamp ?? seconds(nowMs),
    },
    ...old.values(),
  ];
}

/** The API's times have whole seconds. */
export function seconds(ms: number | undefined): string {
  return `${new Date(ms ?? 0).toISOString().slice(0, 19)}Z`;
}
