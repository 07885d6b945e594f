import type { ContainerRecord } from '../runtime/protocol.ts';
import { type ContainerSpec, containersOf, kindOf, type Pod } from './pod.ts';

/** What is known of one container besides its specification. */
export interface ContainerView {
  /** The newest instance. */
  latest: ContainerRecord | undefined;
  /** The one before it, as long as it is kept. */
  previous: ContainerRecord | undefined;
  /** The startup probe has succeeded, or there is none. */
  started: boolean;
  ready: boolean;
}

export interface Plan {
  start: { container: ContainerSpec; attempt: number }[];
  /** Containers that are to be restarted, but not yet. */
  waiting: Map<string, { untilMs: number; delayMs: number }>;
  /** Set when the pod has come to its end: what still runs (sidecars) is to be stopped. */
  outcome?: 'Succeeded' | 'Failed';
}

/**
 * What has to be done for a pod that should run: a pure function of the pod and of what its containers do.
 * `restartDelayMs` is asked for an ended container that is to be restarted.
 */
export function planOf(
  pod: Pod,
  views: ReadonlyMap<string, ContainerView>,
  nowMs: number,
  restartDelayMs: (latest: ContainerRecord) => number,
): Plan {
  const plan: Plan = { start: [], waiting: new Map() };
  const begin = (container: ContainerSpec) => {
    const latest = views.get(container.name)?.latest;
    if (latest?.state === 'created') return;
    // What a lost sandbox took with it has not crashed.
    const delayMs = latest && !latest.sandboxLost ? restartDelayMs(latest) : 0;
    const untilMs = (latest?.finishedAtMs ?? 0) + delayMs;
    if (latest && untilMs > nowMs) plan.waiting.set(container.name, { untilMs, delayMs });
    else plan.start.push({ container, attempt: latest ? latest.attempt + 1 : 0 });
  };
  const policy = pod.spec.restartPolicy ?? 'Always';
  const outcome = outcomeOf(pod, views, policy);
  if (outcome) return { ...plan, outcome };
  const mainStarted = hasBegun(pod, views);
  for (const container of pod.spec.initContainers ?? []) {
    const view = views.get(container.name);
    if (kindOf(pod, container) === 'sidecar') {
      if (view?.latest?.state !== 'running') begin(container);
      if (mainStarted) continue;
      if (view?.latest?.state !== 'running' || !view.started) return plan;
    } else if (!mainStarted && (!hasSucceeded(view) || view?.latest?.sandboxLost)) {
      if (view?.latest?.state !== 'running') begin(container);
      return plan;
    }
  }
  for (const container of pod.spec.containers) {
    const latest = views.get(container.name)?.latest;
    if (!latest || (latest.state === 'exited' && mayRestart(policy, latest))) begin(container);
  }
  return plan;
}

/** Undefined as long as something runs, or is to run. */
function outcomeOf(pod: Pod, views: ReadonlyMap<string, ContainerView>, policy: string): Plan['outcome'] {
  if (policy === 'Always') return undefined;
  for (const container of pod.spec.initContainers ?? []) {
    const latest = views.get(container.name)?.latest;
    const failed = latest?.state === 'exited' && latest.exitCode !== 0;
    if (kindOf(pod, container) === 'init' && failed && policy === 'Never') return 'Failed';
  }
  let failed = false;
  for (const { name } of pod.spec.containers) {
    const latest = views.get(name)?.latest;
    if (latest?.state !== 'exited' || mayRestart(policy, latest)) return undefined;
    failed ||= latest.exitCode !== 0;
  }
  return failed ? 'Failed' : 'Succeeded';
}

export function mayRestart(policy: string, latest: ContainerRecord): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && latest.exitCode !== 0);
}

export function hasSucceeded(view: ContainerView | undefined): boolean {
  return view?.latest?.state === 'exited' && view.latest.exitCode === 0;
}

/** An ordinary container was started in the present sandbox, so the init containers of it are done. */
function hasBegun(pod: Pod, views: ReadonlyMap<string, ContainerView>): boolean {
  return pod.spec.containers.some(({ name }) => {
    const latest = views.get(name)?.latest;
    return latest !== undefined && !latest.sandboxLost;
  });
}

/** All of a pod's init containers are done: sidecars run and the others have ended well. */
export function isInitialized(pod: Pod, views: ReadonlyMap<string, ContainerView>): boolean {
  if (hasBegun(pod, views)) return true;
  return (pod.spec.initContainers ?? []).every((container) => {
    const view = views.get(container.name);
    return kindOf(pod, container) === 'sidecar'
      ? view?.latest?.state === 'running' && view.started
      : hasSucceeded(view) && !view?.latest?.sandboxLost;
  });
}

export function runningOf(pod: Pod, views: ReadonlyMap<string, ContainerView>): ContainerSpec[] {
  return containersOf(pod).filter(({ name }) => views.get(name)?.latest?.state === 'running');
}
