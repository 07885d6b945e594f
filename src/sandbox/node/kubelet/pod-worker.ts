import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { ContainerRecord, Isolation, MethodName, RuntimeMethods } from '../runtime/protocol.ts';
import { RuntimeGone } from '../runtime/runtime-client.ts';
import type { PodDirectories } from '../stats/pod-disks.ts';
import { Alarm } from './alarm.ts';
import type { KubeletApi } from './api.ts';
import { stopContainer, stopInOrder } from './container-stop.ts';
import type { CrashBackoffSettings } from './crash-backoff.ts';
import { ConfigError } from './downward.ts';
import type { ConfigSources } from './environment.ts';
import { type Plan, planOf, runningOf } from './plan.ts';
import { type ContainerSpec, containersOf, type Pod, type PodStatus, titleOf } from './pod.ts';
import { PodBackoff } from './pod-backoff.ts';
import { PodContainers } from './pod-containers.ts';
import { PodEvents } from './pod-events.ts';
import { PodFiles } from './pod-files.ts';
import { PodProbes } from './pod-probes.ts';
import { isOver, PodStatusWriter } from './pod-status.ts';
import { type Exec, perform } from './probe.ts';
import { startRequest } from './start-request.ts';
import { seconds } from './status.ts';

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

/** What was wrong before there was an instance (a ConfigMap that is missing, a full disk) is looked at again this often. */
const configRetryMs = 3000;
const statusRetryMs = 1000;
const hookMsMax = 600_000;
const graceDefaultSeconds = 30;

/**
 * One pod on this node. Invariant: at most one pass of `#sync` runs at a time, and after the last change of pod or
 * containers another one has begun, so that what runs and what the status says follow the specification.
 */
export class PodWorker {
  #pod: Pod;
  #around: WorkerSurroundings;
  #events: PodEvents;
  #files: PodFiles;
  #containers: PodContainers;
  #backoff: PodBackoff;
  #probes: PodProbes;
  #problems = new Map<string, { reason: string; message: string }>();
  #plan: Plan | undefined;
  #ending: Ending | undefined;
  #endingSignal = new AbortController();
  #ended = false;
  /** The ending that needs nothing more. */
  #settled: Ending | undefined;
  #startMs: number;
  #statusWriter: PodStatusWriter;
  #alarm: Alarm;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #closing = new AbortController();

  constructor(pod: Pod, records: ContainerRecord[], around: WorkerSurroundings) {
    this.#pod = pod;
    this.#around = around;
    this.#events = new PodEvents(around.api, () => this.#pod, records);
    this.#files = new PodFiles(pod, around.logRoot, around.podsDirectory);
    this.#startMs = pod.status?.startTime ? Date.parse(pod.status.startTime) : around.clock.nowMs();
    this.#containers = new PodContainers(records, this.#files);
    this.#backoff = new PodBackoff(around.crashBackoff);
    this.#probes = this.#createProbes();
    this.#statusWriter = new PodStatusWriter(around.api);
    this.#alarm = new Alarm(around.clock, () => this.wake());
    this.#armDeadline();
    this.#observeDeletion();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The status as it was last worked out; what GET /pods shows. */
  get status(): PodStatus | undefined {
    return this.#statusWriter.status ?? this.#pod.status;
  }

  /** Where its files are. Volumes of a hostPath are not among them. */
  get directories(): PodDirectories {
    const { metadata, spec } = this.#pod;
    const { volumeDirectory, logDirectory } = this.#files;
    const volumes = (spec.volumes ?? []).filter(({ hostPath }) => hostPath === undefined).map(({ name }) => name);
    return { uid: metadata.uid, volumes, volumeDirectory, logDirectory };
  }

  recordWith(id: string): ContainerRecord | undefined {
    return this.#containers.get(id);
  }

  update(pod: Pod): void {
    this.#pod = pod;
    this.#observeDeletion();
    this.wake();
  }

  onContainer(record: ContainerRecord): void {
    this.#containers.set(record);
    if (record.state === 'exited') this.#probes.stop(record.name, record.id);
    this.wake();
  }

  /** After the runtime was lost: what it knows now is all there is. */
  replaceRecords(records: ContainerRecord[]): void {
    this.#containers.replace(records);
    for (const { name, id, state } of records) if (state === 'exited') this.#probes.stop(name, id);
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
    this.#alarm.stop();
    clearTimeout(this.#deadlineTimer);
    this.#probes.close();
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
        this.#alarm.ringIn(statusRetryMs);
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
    this.#plan = planOf(this.#pod, this.#views(), nowMs, (latest) => this.#backoff.delayMs(latest));
    if (isOver(this.#pod.status))
      this.#plan = { start: [], waiting: new Map(), outcome: this.#pod.status?.phase as 'Succeeded' };
    if (this.#plan.outcome) await this.#stopContainers(runningOf(this.#pod, this.#views()), this.#graceMs());
    else {
      this.#announceBackoff(this.#plan);
      const first = Math.min(...[...this.#plan.waiting.values()].map(({ untilMs }) => untilMs));
      if (first < Number.POSITIVE_INFINITY) this.#alarm.ringIn(first - nowMs + 1);
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

  #views() {
    return this.#containers.views(this.#pod, this.#probes);
  }

  #announceBackoff(plan: Plan): void {
    for (const name of plan.waiting.keys()) {
      const latest = this.#containers.latest(name);
      if (!latest || !this.#backoff.isNews(latest)) continue;
      this.#events.backOff(name);
    }
  }

  async #start(container: ContainerSpec, afterRecords: number): Promise<void> {
    const { name } = container;
    const attempt = Math.max(afterRecords, this.#files.nextAttempt(name));
    const id = randomBytes(32).toString('hex');
    try {
      const { sources, logSizeBytesMax, logFilesMax } = this.#around;
      const isolation = this.#around.isolation();
      this.#events.nameUnhonoured(isolation);
      const inputs = { id, attempt, files: this.#files, isolation, sources, logSizeBytesMax, logFilesMax };
      const request = await startRequest(this.#pod, container, inputs);
      this.#events.notPulled(name, container.image);
      const record = await this.#around.call('start', request);
      this.#problems.delete(name);
      this.#containers.set(record);
      this.#events.record('Normal', 'Created', `Created container: ${name}`, name);
      this.#events.record('Normal', 'Started', `Started container ${name}`, name);
      await this.#forgetOlder(name);
      await this.#postStart(container, id);
    } catch (error) {
      if (error instanceof RuntimeGone) throw error;
      const reason = error instanceof ConfigError ? error.reason : 'CreateContainerError';
      this.#events.failed(name, reason, messageOf(error));
      // An instance that has ended (it could not be started) is restarted with the crashing ones' wait.
      if (this.#containers.get(id)) return;
      if (reason === 'FailedMount') this.#problems.delete(name);
      else this.#problems.set(name, { reason, message: messageOf(error) });
      this.#alarm.ringIn(configRetryMs);
    }
  }

  /** One ended instance is kept beside the present one; what came before goes, with its log. */
  async #forgetOlder(name: string): Promise<void> {
    for (const record of this.#containers.instancesOf(name).slice(2)) await this.#forget(record);
  }

  async #forget(record: ContainerRecord): Promise<void> {
    this.#containers.forget(record);
    await this.#around.call('remove', { id: record.id, logs: true });
  }

  #exec(id: string): Exec {
    return (argv, timeoutMs) => this.#around.call('exec', { id, argv, timeoutMs });
  }

  async #postStart(container: ContainerSpec, id: string): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    const over = new AbortController();
    const cancelled = this.#around.clock
      .sleep(hookMsMax, AbortSignal.any([this.#endingSignal.signal, over.signal]))
      .catch(() => undefined);
    const result = await Promise.race([perform(hook, container, hookMsMax, this.#exec(id)), cancelled]);
    over.abort();
    if (!result || result.success) return;
    this.#events.record('Warning', 'FailedPostStartHook', `PostStartHook failed: ${result.message}`, container.name);
    await this.#around.call('stop', { id, graceMs: this.#graceMs() });
  }

  #watchProbes(): void {
    for (const container of containersOf(this.#pod)) {
      const latest = this.#containers.latest(container.name);
      if (latest?.state === 'running') this.#probes.watch(container, latest.id);
    }
  }

  #createProbes(): PodProbes {
    return new PodProbes(this.#around.clock, {
      exec: (id) => this.#exec(id),
      onChange: () => this.wake(),
      onUnhealthy: ({ name }, id, kind) => {
        this.#events.record('Normal', 'Killing', `Container ${name} failed ${kind} probe, will be restarted`, name);
        void this.#around.call('stop', { id, graceMs: this.#graceMs() }).catch(() => {});
      },
      onFailure: ({ name }, kind, message) => {
        const title = kind.charAt(0).toUpperCase() + kind.slice(1);
        this.#events.record('Warning', 'Unhealthy', `${title} probe failed: ${message}`, name);
      },
    });
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
    for (const record of this.#containers.all()) await this.#forget(record);
    this.#files.removeLogs();
    this.#files.remove();
    if (ending.kind === 'evicted') return;
    this.#closed = true;
    this.#around.onGone(this.#pod.metadata.uid);
  }

  async #stopContainers(containers: ContainerSpec[], graceMs: number): Promise<void> {
    await stopInOrder(this.#pod, containers, this.#around.clock, graceMs, async (container, left) => {
      const { name } = container;
      const id = this.#containers.latest(name)?.id;
      if (id === undefined) return;
      this.#probes.stop(name, id);
      this.#events.record('Normal', 'Killing', `Stopping container ${name}`, name);
      await stopContainer(container, left, {
        exec: this.#exec(id),
        stop: async (grace) => this.#containers.set(await this.#around.call('stop', { id, graceMs: grace })),
        onHookFailure: (message) =>
          this.#events.record('Warning', 'FailedPreStopHook', `PreStopHook failed: ${message}`, name),
      });
    });
  }

  #hasten(graceMs: number): void {
    for (const { id, state } of this.#containers.all()) {
      if (state === 'running') void this.#around.call('stop', { id, graceMs }).catch(() => {});
    }
  }

  #armDeadline(): void {
    const { activeDeadlineSeconds } = this.#pod.spec;
    if (activeDeadlineSeconds === undefined || isOver(this.#pod.status)) return;
    const dueMs = this.#startMs + activeDeadlineSeconds * 1000 - this.#around.clock.nowMs();
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
    try {
      await this.#statusWriter.write(this.#pod, {
        views: this.#views(),
        plan: this.#plan,
        problems: this.#problems,
        failure: failed ? { reason: reasons[ending.kind], message: ending.message } : undefined,
        ended: this.#ended,
        startTime: seconds(this.#startMs),
        nowMs: this.#around.clock.nowMs(),
      });
      return true;
    } catch (error) {
      this.#around.log.debug('a status could not be written', { pod: titleOf(this.#pod), error: messageOf(error) });
      this.#alarm.ringIn(statusRetryMs);
      return false;
    }
  }
}
