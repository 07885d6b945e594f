import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { ContainerRecord, Isolation, MethodName, RuntimeMethods } from '../runtime/protocol.ts';
import { RuntimeGone } from '../runtime/runtime-client.ts';
import type { KubeletApi } from './api.ts';
import { CrashBackoff, type CrashBackoffSettings } from './crash-backoff.ts';
import { ConfigError } from './downward.ts';
import type { ConfigSources } from './environment.ts';
import { type ContainerView, type Plan, planOf, runningOf } from './plan.ts';
import { type ContainerSpec, containersOf, kindOf, type Pod, type PodStatus, titleOf } from './pod.ts';
import { PodFiles } from './pod-files.ts';
import { perform } from './probe.ts';
import { runProbes } from './prober.ts';
import { startRequest } from './start-request.ts';
import { seconds, statusOf } from './status.ts';

export type CallRuntime = <M extends MethodName>(
  method: M,
  params: RuntimeMethods[M]['params'],
) => Promise<RuntimeMethods[M]['result']>;

export interface WorkerSurroundings {
  api: KubeletApi;
  call: CallRuntime;
  isolation: () => Isolation;
  clock: Clock;
  log: Logger;
  sources: ConfigSources;
  logRoot: string;
  podsDirectory: string;
  logSizeBytesMax: number;
  logFilesMax: number;
  crashBackoff: CrashBackoffSettings;
  /** From the end of a pod to the removal of its files. */
  removalDelayMs: number;
  onGone: (uid: string) => void;
}

/** Why a pod is brought to its end; the first one counts, but a shorter grace of a later one is honoured. */
export type Ending =
  | { kind: 'deleted' | 'vanished'; graceMs: number }
  | { kind: 'evicted' | 'deadline'; graceMs: number; message: string };

/** A configuration that was wrong (a ConfigMap that is missing) is looked at again this often. */
const configRetryMs = 3000;
const statusRetryMs = 1000;
const hookMsMax = 600_000;
const graceDefaultSeconds = 30;
/** A preStop hook that used up the grace leaves the container this long, as in Kubernetes. */
const graceLeftMsMin = 2000;

/**
 * One pod on this node. Invariant: at most one pass of `#sync` runs at a time, and after the last change of pod or
 * containers another one has begun, so that what runs and what the status says follow the specification.
 */
export class PodWorker {
  #pod: Pod;
  #around: WorkerSurroundings;
  #files: PodFiles;
  #records = new Map<string, ContainerRecord>();
  #messages = new Map<string, string>();
  #backoffs = new Map<string, CrashBackoff>();
  #problems = new Map<string, { reason: string; message: string }>();
  #probes = new Map<string, { id: string; started: boolean; ready: boolean; abort: AbortController }>();
  #announcedBackoff = new Map<string, number>();
  #plan: Plan | undefined;
  #ending: Ending | undefined;
  #endingSignal = new AbortController();
  #ended = false;
  /** The ending that needs nothing more. */
  #settled: Ending | undefined;
  #startTime: string;
  #written: { status: PodStatus; text: string } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #closing = new AbortController();

  constructor(pod: Pod, records: ContainerRecord[], around: WorkerSurroundings) {
    this.#pod = pod;
    this.#around = around;
    this.#files = new PodFiles(pod, around.logRoot, around.podsDirectory);
    this.#startTime = pod.status?.startTime ?? seconds(around.clock.nowMs());
    for (const record of records) this.#records.set(record.id, record);
    this.#armDeadline();
    this.#observeDeletion();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The status as it was last worked out; what GET /pods shows. */
  get status(): PodStatus | undefined {
    return this.#written?.status ?? this.#pod.status;
  }

  recordsOf(container: string): { latest: ContainerRecord | undefined; previous: ContainerRecord | undefined } {
    const sorted = [...this.#records.values()]
      .filter(({ name }) => name === container)
      .sort((a, b) => b.attempt - a.attempt);
    return { latest: sorted[0], previous: sorted[1] };
  }

  recordWith(id: string): ContainerRecord | undefined {
    return this.#records.get(id);
  }

  update(pod: Pod): void {
    this.#pod = pod;
    this.#observeDeletion();
    this.wake();
  }

  onContainer(record: ContainerRecord): void {
    this.#records.set(record.id, record);
    if (record.state === 'exited') this.#stopProbes(record.name, record.id);
    this.wake();
  }

  /** After the runtime was lost: what it knows now is all there is. */
  replaceRecords(records: ContainerRecord[]): void {
    this.#records = new Map(records.map((record) => [record.id, record]));
    for (const { name, id } of records) if (this.#records.get(id)?.state === 'exited') this.#stopProbes(name, id);
    this.wake();
  }

  end(ending: Ending): void {
    if (!this.#ending || ending.kind === 'deleted' || ending.kind === 'vanished') {
      const shorter = this.#ending !== undefined && ending.graceMs < this.#ending.graceMs;
      this.#ending = { ...ending };
      this.#endingSignal.abort();
      if (shorter) this.#hasten(ending.graceMs);
    }
    this.wake();
  }

  wake(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#running ??= this.#loop();
  }

  /** Stops looking after the pod; its containers go on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#deadlineTimer);
    for (const { abort } of this.#probes.values()) abort.abort();
    this.#endingSignal.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    await Promise.resolve();
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#sync();
      } catch (error) {
        // The kubelet brings a new runtime and wakes us up again.
        if (error instanceof RuntimeGone) continue;
        this.#around.log.warn('a pod could not be synchronised', { pod: titleOf(this.#pod), error: messageOf(error) });
        this.#wakeIn(statusRetryMs);
      }
    }
    // In one go with the question above, or a call to wake in between would be forgotten.
    this.#running = undefined;
  }

  async #sync(): Promise<void> {
    if (this.#ending) {
      if (this.#ending !== this.#settled) await this.#bringToEnd(this.#ending);
      return;
    }
    const nowMs = this.#around.clock.nowMs();
    this.#plan = planOf(this.#pod, this.#views(), nowMs, (latest) => this.#restartDelayMs(latest));
    if (isOver(this.#pod.status))
      this.#plan = { start: [], waiting: new Map(), outcome: this.#pod.status?.phase as 'Succeeded' };
    if (this.#plan.outcome) await this.#stopContainers(runningOf(this.#pod, this.#views()), this.#graceMs());
    else {
      this.#announceBackoff(this.#plan);
      const first = Math.min(...[...this.#plan.waiting.values()].map(({ untilMs }) => untilMs));
      if (first < Number.POSITIVE_INFINITY) this.#wakeIn(first - nowMs + 1);
      for (const { container, attempt } of this.#plan.start) {
        if (this.#ending || this.#closed) break;
        await this.#start(container, attempt);
      }
      this.#watchProbes();
    }
    await this.#writeStatus();
  }

  #observeDeletion(): void {
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.#pod.metadata;
    if (!deletionTimestamp) return;
    const graceMs = (deletionGracePeriodSeconds ?? graceDefaultSeconds) * 1000;
    const known = this.#ending?.kind === 'deleted' && this.#ending.graceMs <= graceMs;
    if (!known) this.end({ kind: 'deleted', graceMs });
  }

  #views(): Map<string, ContainerView> {
    const views = new Map<string, ContainerView>();
    for (const container of containersOf(this.#pod)) {
      const { latest, previous } = this.recordsOf(container.name);
      const probe = this.#probes.get(container.name);
      const ours = probe !== undefined && probe.id === latest?.id;
      views.set(container.name, {
        latest: latest && this.#withMessage(container, latest),
        previous: previous && this.#withMessage(container, previous),
        started: ours ? probe.started : !container.startupProbe,
        ready: ours ? probe.ready : !container.readinessProbe && !container.startupProbe,
      });
    }
    return views;
  }

  #withMessage(container: ContainerSpec, record: ContainerRecord): ContainerRecord {
    if (record.state !== 'exited' || record.message) return record;
    let message = this.#messages.get(record.id);
    if (message === undefined) {
      message = this.#files.terminationMessage(container, record);
      this.#messages.set(record.id, message);
    }
    return message === '' ? record : { ...record, message };
  }

  #restartDelayMs(latest: ContainerRecord): number {
    let backoff = this.#backoffs.get(latest.name);
    if (!backoff) {
      backoff = new CrashBackoff(this.#around.crashBackoff);
      this.#backoffs.set(latest.name, backoff);
    }
    const ranMs = (latest.finishedAtMs ?? 0) - (latest.startedAtMs ?? latest.finishedAtMs ?? 0);
    return backoff.delayMs(latest.attempt, ranMs);
  }

  #announceBackoff(plan: Plan): void {
    for (const [name] of plan.waiting) {
      const attempt = this.recordsOf(name).latest?.attempt ?? 0;
      if (this.#announcedBackoff.get(name) === attempt) continue;
      this.#announcedBackoff.set(name, attempt);
      this.#event(
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${name} in pod ${titleOf(this.#pod)}`,
        name,
      );
    }
  }

  async #start(container: ContainerSpec, afterRecords: number): Promise<void> {
    const { name } = container;
    const attempt = Math.max(afterRecords, this.#files.nextAttempt(name));
    const id = randomBytes(32).toString('hex');
    try {
      const { sources, logSizeBytesMax, logFilesMax } = this.#around;
      const isolation = this.#around.isolation();
      const inputs = { id, attempt, files: this.#files, isolation, sources, logSizeBytesMax, logFilesMax };
      const request = await startRequest(this.#pod, container, inputs);
      this.#event(
        'Normal',
        'Pulled',
        `Container image "${container.image ?? ''}" is not pulled: the sandbox runs commands of this machine`,
        name,
      );
      const record = await this.#around.call('start', request);
      this.#problems.delete(name);
      this.#records.set(id, record);
      this.#event('Normal', 'Created', `Created container: ${name}`, name);
      this.#event('Normal', 'Started', `Started container ${name}`, name);
      await this.#forgetOlder(name);
      await this.#postStart(container, id);
    } catch (error) {
      if (error instanceof RuntimeGone) throw error;
      this.#event('Warning', 'Failed', `Error: ${messageOf(error)}`, name);
      if (!(error instanceof ConfigError)) return;
      this.#problems.set(name, { reason: error.reason, message: messageOf(error) });
      this.#wakeIn(configRetryMs);
    }
  }

  /** One ended instance is kept beside the present one; what came before goes, with its log. */
  async #forgetOlder(name: string): Promise<void> {
    const sorted = [...this.#records.values()]
      .filter((record) => record.name === name)
      .sort((a, b) => b.attempt - a.attempt);
    for (const record of sorted.slice(2)) await this.#forget(record, true);
  }

  async #forget(record: ContainerRecord, logs: boolean): Promise<void> {
    this.#records.delete(record.id);
    this.#messages.delete(record.id);
    this.#files.forgetContainer(record);
    await this.#around.call('remove', { id: record.id, logs });
  }

  async #postStart(container: ContainerSpec, id: string): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    const exec = (argv: string[], timeoutMs: number) => this.#around.call('exec', { id, argv, timeoutMs });
    const cancelled = new Promise<undefined>((resolve) => {
      this.#endingSignal.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const result = await Promise.race([perform(hook, container, hookMsMax, exec), cancelled]);
    if (!result || result.success) return;
    this.#event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${result.message}`, container.name);
    await this.#around.call('stop', { id, graceMs: this.#graceMs() });
  }

  #watchProbes(): void {
    for (const container of containersOf(this.#pod)) {
      const { latest } = this.recordsOf(container.name);
      if (latest?.state !== 'running' || this.#probes.get(container.name)?.id === latest.id) continue;
      this.#startProbes(container, latest.id);
    }
  }

  #startProbes(container: ContainerSpec, id: string): void {
    this.#probes.get(container.name)?.abort.abort();
    const probe = {
      id,
      started: !container.startupProbe,
      ready: !container.startupProbe && !container.readinessProbe,
      abort: new AbortController(),
    };
    this.#probes.set(container.name, probe);
    if (!container.startupProbe && !container.readinessProbe && !container.livenessProbe) return;
    const exec = (argv: string[], timeoutMs: number) => this.#around.call('exec', { id, argv, timeoutMs });
    const handlers = {
      onStarted: () => {
        probe.started = true;
        this.wake();
      },
      onReady: (ready: boolean) => {
        if (probe.ready === ready) return;
        probe.ready = ready;
        this.wake();
      },
      onUnhealthy: (kind: string) => {
        this.#event(
          'Normal',
          'Killing',
          `Container ${container.name} failed ${kind} probe, will be restarted`,
          container.name,
        );
        void this.#around.call('stop', { id, graceMs: this.#graceMs() }).catch(() => {});
      },
      onFailure: (kind: string, message: string) => {
        const title = kind.charAt(0).toUpperCase() + kind.slice(1);
        this.#event('Warning', 'Unhealthy', `${title} probe failed: ${message}`, container.name);
      },
    };
    void runProbes(container, exec, this.#around.clock, handlers, probe.abort.signal);
  }

  #stopProbes(name: string, id: string): void {
    const probe = this.#probes.get(name);
    if (probe?.id !== id) return;
    probe.abort.abort();
    this.#probes.delete(name);
  }

  #graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? graceDefaultSeconds) * 1000;
  }

  async #bringToEnd(ending: Ending): Promise<void> {
    clearTimeout(this.#deadlineTimer);
    await this.#stopContainers(runningOf(this.#pod, this.#views()), ending.graceMs);
    this.#ended = true;
    if (ending.kind !== 'vanished' && !(await this.#writeStatus())) return;
    if (ending.kind === 'deleted') await this.#around.api.finishDeletion(this.#pod);
    this.#settled = ending;
    if (ending.kind === 'deadline') return;
    // A moment for whoever reads the log, as the kubelet's collection of garbage leaves one.
    await this.#around.clock.sleep(this.#around.removalDelayMs, this.#closing.signal).catch(() => {});
    for (const record of [...this.#records.values()]) await this.#forget(record, true);
    this.#files.removeLogs();
    this.#files.remove();
    if (ending.kind === 'evicted') return;
    this.#closed = true;
    this.#around.onGone(this.#pod.metadata.uid);
  }

  /** Ordinary containers first and together, then sidecars, the last one first; all within the grace. */
  async #stopContainers(containers: ContainerSpec[], graceMs: number): Promise<void> {
    const deadlineMs = this.#around.clock.monotonicMs() + graceMs;
    const left = () => Math.max(0, deadlineMs - this.#around.clock.monotonicMs());
    const sidecars = containers.filter((container) => kindOf(this.#pod, container) === 'sidecar');
    const others = containers.filter((container) => !sidecars.includes(container));
    await Promise.all(others.map((container) => this.#stopContainer(container, left)));
    for (const sidecar of sidecars.reverse()) await this.#stopContainer(sidecar, left);
  }

  async #stopContainer(container: ContainerSpec, left: () => number): Promise<void> {
    const id = this.recordsOf(container.name).latest?.id;
    if (id === undefined) return;
    this.#probes.get(container.name)?.abort.abort();
    this.#event('Normal', 'Killing', `Stopping container ${container.name}`, container.name);
    const hook = container.lifecycle?.preStop;
    if (hook && left() > 0) {
      const exec = (argv: string[], timeoutMs: number) => this.#around.call('exec', { id, argv, timeoutMs });
      const action = hook.sleep ? { exec: { command: ['sleep', String(hook.sleep.seconds)] } } : hook;
      const result = await perform(action, container, left(), exec);
      if (!result.success)
        this.#event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${result.message}`, container.name);
    }
    const graceMs = hook ? Math.max(left(), graceLeftMsMin) : left();
    this.#records.set(id, await this.#around.call('stop', { id, graceMs }));
  }

  #hasten(graceMs: number): void {
    for (const { id, state } of this.#records.values()) {
      if (state === 'running') void this.#around.call('stop', { id, graceMs }).catch(() => {});
    }
  }

  #armDeadline(): void {
    const { activeDeadlineSeconds } = this.#pod.spec;
    if (activeDeadlineSeconds === undefined || isOver(this.#pod.status)) return;
    const dueMs = Date.parse(this.#startTime) + activeDeadlineSeconds * 1000 - this.#around.clock.nowMs();
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#deadlineTimer = setTimeout(
      () => {
        if (this.#plan?.outcome) return;
        this.end({ kind: 'deadline', graceMs: this.#graceMs(), message });
      },
      Math.max(0, dueMs),
    );
  }

  /** True when the API server has the present status. */
  async #writeStatus(): Promise<boolean> {
    const ending = this.#ending;
    const reasons = { evicted: 'Evicted', deadline: 'DeadlineExceeded' } as const;
    const failed = ending !== undefined && 'message' in ending;
    const status = statusOf(this.#pod, {
      views: this.#views(),
      plan: this.#plan,
      problems: this.#problems,
      failure: failed ? { reason: reasons[ending.kind], message: ending.message } : undefined,
      ended: this.#ended,
      startTime: this.#startTime,
      written: this.#written?.status,
      nowMs: this.#around.clock.nowMs(),
    });
    const text = JSON.stringify(status);
    if (this.#written?.text === text) return true;
    // A pod that had come to its end before keeps the end that was written.
    if (isOver(this.#pod.status) && !failed) return true;
    try {
      await this.#around.api.writeStatus(this.#pod, status);
    } catch (error) {
      this.#around.log.debug('a pod status could not be written', { pod: titleOf(this.#pod), error: messageOf(error) });
      this.#wakeIn(statusRetryMs);
      return false;
    }
    this.#written = { status, text };
    return true;
  }

  /** The earliest of all times asked for counts. */
  #wakeIn(delayMs: number): void {
    const dueMs = this.#around.clock.monotonicMs() + Math.max(0, delayMs);
    if (this.#closed || dueMs >= this.#timerDueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timerDueMs = Number.POSITIVE_INFINITY;
        this.wake();
      },
      Math.max(0, delayMs),
    );
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const { namespace, name, uid } = this.#pod.metadata;
    const inits = this.#pod.spec.initContainers?.some((each) => each.name === container);
    const fieldPath =
      container === undefined ? undefined : `spec.${inits ? 'initContainers' : 'containers'}{${container}}`;
    this.#around.api.record({
      object: { kind: 'Pod', namespace, name, uid, ...(fieldPath ? { fieldPath } : {}) },
      type,
      reason,
      message,
    });
  }
}

function isOver(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
