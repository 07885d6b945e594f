import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { survivorMark } from '../runtime/entry-script.ts';
import type { ContainerRecord, Isolation } from '../runtime/protocol.ts';
import { measureCgroup } from './cgroup-container.ts';
import type { Figures } from './figures.ts';
import { measureMachine } from './machine.ts';
import { type MachineFacts, machineFacts } from './machine-facts.ts';
import { MarkedProcesses } from './marked-processes.ts';
import { ProcContainer } from './proc-container.ts';
import { type ProcFiles, readKernelFile } from './proc-files.ts';
import { type InterfaceCounters, type ProcessStat, parseInterfaces } from './proc-text.ts';
import { ProcessTable } from './process-table.ts';
import { addEnded, type Ended, nothingEnded, sumOf } from './sums.ts';

export interface ContainerSample {
  record: ContainerRecord;
  figures: Figures;
}

export interface PodSample {
  uid: string;
  namespace: string;
  name: string;
  /** Of its first container's creation. */
  startedAtMs: number;
  /** Of all its containers, those that have ended included. */
  figures: Figures;
  containers: ContainerSample[];
}

/** Everything as it was read in one turn; not changed afterwards. */
export interface Snapshot {
  /** Undefined where the machine does not tell. */
  node: Figures | undefined;
  /** All pods together; undefined where there is none. */
  allPods: Figures | undefined;
  /** Those with a running container, in the order of namespace and name. */
  pods: PodSample[];
  machine: MachineFacts;
  /** The machine's, which its pods share. */
  interfaces: InterfaceCounters[];
}

/** How many containers' figures come from where. */
export interface Sources {
  cgroup: number;
  proc: number;
}

export interface SamplerOptions {
  intervalMs: number;
  files: ProcFiles;
  /** On the file system that the node's files are on. */
  directory: string;
  clock: Clock;
  log: Logger;
  /** The containers that the runtime knows, and how they are set apart. */
  containers(): ContainerRecord[];
  isolation(): Isolation;
}

/** The kubelet's own clock for housekeeping is ten seconds; this one's readers look at pods that live for seconds. */
export const samplingIntervalDefaultMs = 1000;
/** Sampling takes at most this part of one core: with thousands of processes it is done less often. */
const coreShareMax = 0.05;

/**
 * Reads what the node's containers use, on a clock of its own: however often the latest snapshot is asked for, its figures and their
 * times are the same until the next turn. Invariant: a counter of a container, or of a pod, never decreases while that is there.
 */
export class Sampler {
  #options: SamplerOptions;
  #snapshot: Snapshot;
  #containers = new Map<string, ProcContainer>();
  #last = new Map<string, ContainerSample>();
  #marks: MarkedProcesses;
  #marked: { table: ProcessTable | undefined; pids: Map<string, number[]> } = { table: undefined, pids: new Map() };
  #ended = new Map<string, Ended>();
  #everEnded = nothingEnded();
  #timer: NodeJS.Timeout | undefined;
  #tookMs = 0;
  #restMs = 0;
  #failed = false;
  #sources: Sources = { cgroup: 0, proc: 0 };

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#marks = new MarkedProcesses(options.files, survivorMark);
    const machine = machineFacts(options.files, options.directory);
    this.#snapshot = { node: undefined, allPods: undefined, pods: [], machine, interfaces: [] };
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** How long the latest turn took. */
  get tookMs(): number {
    return this.#tookMs;
  }

  /** How long is waited for the next one. */
  get restMs(): number {
    return this.#restMs;
  }

  get sources(): Sources {
    return this.#sources;
  }

  start(): void {
    try {
      this.sample();
      this.#failed = false;
    } catch (error) {
      // The last figures stay, with their time; said once for a row of failures.
      if (!this.#failed) this.#options.log.warn('what pods use could not be read', { error: messageOf(error) });
      this.#failed = true;
    }
    this.#restMs = Math.max(this.#options.intervalMs - this.#tookMs, this.#tookMs / coreShareMax);
    this.#timer = setTimeout(() => this.start(), this.#restMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One turn. */
  sample(): void {
    const { files, clock, directory } = this.#options;
    const beganMs = clock.monotonicMs();
    const records = this.#options.containers();
    const samples = this.#measure(records.filter(({ state, pid }) => state === 'running' && pid !== undefined));
    this.#bury(samples, records);
    const node = measureMachine(files, () => clock.nowMs());
    const interfaces = parseInterfaces(files.read('1/net/dev') ?? files.read('net/dev') ?? '');
    const pods = this.#pods(samples, records);
    const all = [...samples.values()].map(({ figures }) => figures);
    const allPods = all.length > 0 ? sumOf(all, this.#everEnded) : undefined;
    this.#last = samples;
    const machine = machineFacts(files, directory);
    this.#snapshot = withRates({ node, allPods, pods, machine, interfaces }, this.#snapshot);
    this.#tookMs = clock.monotonicMs() - beganMs;
  }

  #measure(running: ContainerRecord[]): Map<string, ContainerSample> {
    const samples = new Map<string, ContainerSample>();
    const sources: Sources = { cgroup: 0, proc: 0 };
    const nowMs = () => this.#options.clock.nowMs();
    // Every process of the machine is looked at, but only where there is a container without cgroups.
    let table: ProcessTable | undefined;
    for (const record of running) {
      const figures = record.cgroup
        ? measureCgroup(record.cgroup, readKernelFile, nowMs)
        : this.#measureProcesses(record, (table ??= new ProcessTable(this.#options.files)));
      if (!figures) continue;
      samples.set(record.id, { record, figures });
      sources[record.cgroup ? 'cgroup' : 'proc']++;
    }
    this.#sources = sources;
    return samples;
  }

  #measureProcesses(record: ContainerRecord, table: ProcessTable): Figures | undefined {
    const { files, clock } = this.#options;
    const { id, pid } = record as { id: string; pid: number };
    const container = this.#containers.get(id) ?? new ProcContainer(files, pid);
    this.#containers.set(id, container);
    return container.measure(table, this.#membersOf(id, pid, table), () => clock.nowMs());
  }

  /** In a pid namespace an orphan comes to the first process; elsewhere it is known by its session and its environment. */
  #membersOf(id: string, pid: number, table: ProcessTable): ProcessStat[] {
    if (this.#options.isolation().pids) return table.tree(pid);
    if (this.#marked.table !== table) this.#marked = { table, pids: this.#marks.find(table) };
    return table.session(pid, this.#marked.pids.get(id));
  }

  /** What containers had used when they were last seen stays in their pod's sum for as long as the pod is there. */
  #bury(samples: Map<string, ContainerSample>, records: readonly ContainerRecord[]): void {
    for (const [id, { record, figures }] of this.#last) {
      if (samples.has(id)) continue;
      this.#containers.delete(id);
      // Its cgroups are there until it is removed, and know its last moments.
      const final = record.cgroup && measureCgroup(record.cgroup, readKernelFile, () => figures.timeMs);
      const ended = this.#ended.get(record.podUid) ?? nothingEnded();
      for (const sum of [ended, this.#everEnded]) addEnded(sum, final ?? figures);
      this.#ended.set(record.podUid, ended);
    }
    const known = new Set(records.map(({ podUid }) => podUid));
    for (const uid of this.#ended.keys()) if (!known.has(uid)) this.#ended.delete(uid);
  }

  #pods(samples: Map<string, ContainerSample>, records: readonly ContainerRecord[]): PodSample[] {
    const byPod = Map.groupBy(samples.values(), ({ record }) => record.podUid);
    const createdAtMs = new Map<string, number>();
    for (const record of records) {
      createdAtMs.set(record.podUid, Math.min(record.createdAtMs, createdAtMs.get(record.podUid) ?? Infinity));
    }
    const pods = [...byPod].map(([uid, containers]) => {
      const { podNamespace: namespace, podName: name } = (containers[0] as ContainerSample).record;
      const parts = containers.map(({ figures }) => figures);
      const figures = sumOf(parts, this.#ended.get(uid) ?? nothingEnded());
      return { uid, namespace, name, startedAtMs: createdAtMs.get(uid) as number, containers, figures };
    });
    return pods.sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What was used since the snapshot before. */
function withRates(now: Snapshot, before: Snapshot): Snapshot {
  const earlier = new Map<string, Figures>();
  for (const pod of before.pods) {
    earlier.set(pod.uid, pod.figures);
    for (const { record, figures } of pod.containers) earlier.set(record.id, figures);
  }
  rate(now.node, before.node);
  for (const pod of now.pods) {
    rate(pod.figures, earlier.get(pod.uid));
    for (const { record, figures } of pod.containers) rate(figures, earlier.get(record.id));
  }
  return now;
}

function rate(now: Figures | undefined, before: Figures | undefined): void {
  if (!now || !before || now.timeMs <= before.timeMs) return;
  const coreSeconds = now.cpu.totalSeconds - before.cpu.totalSeconds;
  now.cpu.nanocores = Math.round((coreSeconds * 1e12) / (now.timeMs - before.timeMs));
}
