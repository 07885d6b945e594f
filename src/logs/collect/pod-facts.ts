import type { KubeObject } from '../../kubernetes/client/client.ts';
import type { InstanceFact, PodFact } from '../batch/batch.ts';

/** One run of a container as a pod's status tells it. */
export interface RunDigest {
  attempt: number;
  containerId: string | null;
  startedAt: string | null;
  /** Null while it is running. */
  terminated: { finishedAt?: string; exitCode?: number; signal?: number; reason?: string; message?: string } | null;
}

export interface ContainerDigest {
  kind: NonNullable<InstanceFact['containerKind']>;
  image: string | null;
  /** The current run and the one before. */
  runs: RunDigest[];
}

/** What is kept of a pod. */
export interface PodDigest {
  /** The uid in the name of its log directory. */
  podUid: string;
  fact: Omit<PodFact, 'cluster'>;
  containers: Map<string, ContainerDigest>;
  /** Containers that are excluded by name; `*` stands for all. */
  excluded: Set<string>;
}

const EXCLUDE = 'taffrail.dev/exclude';
/** Where the kubelet writes a static pod's uid, which is a hash of its configuration, on its mirror in the API. */
const CONFIG_HASH = 'kubernetes.io/config.hash';
const CONFIG_MIRROR = 'kubernetes.io/config.mirror';
const TEMPLATE_HASH = 'pod-template-hash';
/** What kubectl wrote there repeats the whole object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const annotationBytesMax = 4096;

export function digestPod(pod: KubeObject): PodDigest {
  const { metadata, spec = {}, status = {} } = pod;
  const annotations = metadata.annotations ?? {};
  const isMirror = annotations[CONFIG_MIRROR] !== undefined;
  const podUid = (isMirror && annotations[CONFIG_HASH]) || metadata.uid || '';
  return {
    podUid,
    fact: {
      kind: 'pod',
      podUid,
      apiUid: metadata.uid ?? '',
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      node: spec.nodeName ?? '',
      labels: metadata.labels ?? {},
      annotations: shortAnnotations(annotations),
      owners: ownersOf(pod),
      containers: [spec.containers, spec.ephemeralContainers, spec.initContainers].flatMap((some) =>
        (some ?? []).map(({ name }: { name: string }) => name),
      ),
      phase: status.phase ?? '',
      reason: status.reason ?? '',
      createdAt: metadata.creationTimestamp ?? '',
      deletedAt: metadata.deletionTimestamp ?? null,
    },
    containers: containersOf(spec, status),
    excluded: excludedOf(annotations),
  };
}

/** Undefined where the pod tells nothing of that run yet. */
export function instanceFacts(
  digest: PodDigest,
  container: string,
  attempt: number,
): Omit<InstanceFact, 'instance'> | undefined {
  const found = digest.containers.get(container);
  if (!found) return undefined;
  const run = runOf(digest, container, attempt);
  const fact: Omit<InstanceFact, 'instance'> = { kind: 'instance', containerKind: found.kind };
  if (!run) return fact;
  if (found.image !== null && run === found.runs[0]) fact.image = found.image;
  if (run.containerId !== null) fact.containerId = run.containerId;
  if (run.startedAt !== null) fact.startedAt = run.startedAt;
  return run.terminated ? { ...fact, ...run.terminated } : fact;
}

export function runOf(digest: PodDigest, container: string, attempt: number): RunDigest | undefined {
  return digest.containers.get(container)?.runs.find((run) => run.attempt === attempt);
}

export function isExcluded(digest: PodDigest, container: string): boolean {
  return digest.excluded.has('*') || digest.excluded.has(container);
}

function excludedOf(annotations: Record<string, string>): Set<string> {
  const excluded = new Set<string>();
  for (const [name, value] of Object.entries(annotations)) {
    if (value !== 'true') continue;
    if (name === EXCLUDE) excluded.add('*');
    else if (name.startsWith(`${EXCLUDE}.`)) excluded.add(name.slice(EXCLUDE.length + 1));
  }
  return excluded;
}

function shortAnnotations(annotations: Record<string, string>): Record<string, string> {
  const kept = Object.entries(annotations).filter(
    ([name, value]) => name !== LAST_APPLIED && value.length <= annotationBytesMax,
  );
  return Object.fromEntries(kept);
}

/** The controller and, where that is a Deployment's ReplicaSet, the Deployment: its name is the ReplicaSet's without the template's hash. */
function ownersOf({ metadata }: KubeObject): PodFact['owners'] {
  const references = metadata.ownerReferences ?? [];
  const controller = references.find((reference) => reference.controller) ?? references[0];
  if (!controller) return [];
  const owners = [{ kind: controller.kind, name: controller.name, uid: controller.uid }];
  const hash = metadata.labels?.[TEMPLATE_HASH];
  if (controller.kind === 'ReplicaSet' && hash && controller.name.endsWith(`-${hash}`)) {
    owners.push({ kind: 'Deployment', name: controller.name.slice(0, -hash.length - 1), uid: '' });
  }
  return owners;
}

interface ContainerSpec {
  name: string;
  image?: string;
  restartPolicy?: string;
}

interface ContainerStatus {
  name: string;
  image?: string;
  restartCount?: number;
  containerID?: string;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface ContainerState {
  running?: { startedAt?: string };
  terminated?: {
    startedAt?: string;
    finishedAt?: string;
    exitCode?: number;
    signal?: number;
    reason?: string;
    message?: string;
    containerID?: string;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a pod as the API serves it
function containersOf(spec: any, status: any): Map<string, ContainerDigest> {
  const statuses: ContainerStatus[] = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  const containers = new Map<string, ContainerDigest>();
  const add = (specs: ContainerSpec[] | undefined, kindOf: (spec: ContainerSpec) => ContainerDigest['kind']) => {
    for (const one of specs ?? []) {
      const found = statuses.find(({ name }) => name === one.name);
      const image = found?.image || one.image || null;
      containers.set(one.name, { kind: kindOf(one), image, runs: found ? runsOf(found) : [] });
    }
  };
  add(spec.initContainers, (one) => (one.restartPolicy === 'Always' ? 'sidecar' : 'init'));
  add(spec.containers, () => 'regular');
  add(spec.ephemeralContainers, () => 'ephemeral');
  return containers;
}

/** The current run has the number `restartCount` while it is there; a run that waits to be restarted is the one before it in `lastState`. */
function runsOf(status: ContainerStatus): RunDigest[] {
  const { restartCount = 0, state = {}, lastState = {}, containerID } = status;
  const runs: RunDigest[] = [];
  if (state.running) {
    runs.push({
      attempt: restartCount,
      containerId: containerID || null,
      startedAt: state.running.startedAt ?? null,
      terminated: null,
    });
  } else if (state.terminated) runs.push(terminatedRun(restartCount, state.terminated, containerID));
  if (lastState.terminated) {
    // While it waits for its next run (CrashLoopBackOff), restartCount still counts the run that ended.
    const attempt = runs.length > 0 ? restartCount - 1 : restartCount;
    if (attempt >= 0) runs.push(terminatedRun(attempt, lastState.terminated, undefined));
  }
  return runs;
}

function terminatedRun(
  attempt: number,
  state: NonNullable<ContainerState['terminated']>,
  containerId?: string,
): RunDigest {
  const { finishedAt, exitCode, signal, reason, message } = state;
  const terminated: NonNullable<RunDigest['terminated']> = {};
  if (finishedAt) terminated.finishedAt = finishedAt;
  if (exitCode !== undefined) terminated.exitCode = exitCode;
  if (signal) terminated.signal = signal;
  if (reason) terminated.reason = reason;
  if (message) terminated.message = message.slice(0, annotationBytesMax);
  return {
    attempt,
    containerId: state.containerID || containerId || null,
    startedAt: state.startedAt ?? null,
    terminated,
  };
}
