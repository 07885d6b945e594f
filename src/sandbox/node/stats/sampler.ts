import type { Clock } from '../../../base/clock.ts';
import type { ContainerRecord, Isolation } from '../runtime/protocol.ts';
import type { Figures } from './figures.ts';
import { measureMachine } from './machine.ts';
import { ProcContainer } from './proc-container.ts';
import type { ProcFiles } from './proc-files.ts';
import { ProcessTable } from './process-table.ts';

export interface ContainerSample {
  record: ContainerRecord;
  figures: Figures;
}

export interface PodSample {
  uid: string;
  namespace: string;
  name: string;
  /** Of all its containers, those that have ended included. */
  figures: Figures;
  containers: ContainerSample[];
}

/** Everything as it was read in one turn; not changed afterwards. */
export interface Snapshot {
  node: Figures | undefined;
  pods: PodSample[];
}

export interface SamplerOptions {
  intervalMs: number;
  files: ProcFiles;
  clock: Clock;
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
 * times are the same until the next turn. Invariant: a pod's counters never decrease while the pod is there.
 */
export class Sampler {
  #options: SamplerOptions;
  #snapshot: Snapshot = { node: undefined, pods: [] };
  #containers = new Map<string, ProcContainer>();
  #last = new Map<string, ContainerSample>();
  #ended = new Map<string, Ended>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  start(): void {
    const { clock, intervalMs } = this.#options;
    const beganMs = clock.monotonicMs();
    this.sample();
    const tookMs = clock.monotonicMs() - beganMs;
    this.#timer = setTimeout(() => this.start(), Math.max(intervalMs - tookMs, tookMs / coreShareMax));
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One turn. */
  sample(): void {
    const { files, clock } = this.#options;
    const nowMs = () => clock.nowMs();
    const running = this.#options.containers().filter(({ state, pid }) => state === 'running' && pid !== undefined);
    const table = running.length > 0 ? new ProcessTable(files) : undefined;
    const samples = new Map<string, ContainerSample>();
    for (const record of running) {
      const figures = table && this.#measure(record, table, nowMs);
      if (figures) samples.set(record.id, { record, figures });
    }
    this.#bury(samples);
    this.#last = samples;
    this.#snapshot = { node: measureMachine(files, nowMs), pods: this.#pods(samples) };
  }

  #measure(record: ContainerRecord, table: ProcessTable, nowMs: () => number): Figures | undefined {
    const { id, pid } = record as { id: string; pid: number };
    let container = this.#containers.get(id);
    if (!container) {
      container = new ProcContainer(this.#options.files, pid);
      this.#containers.set(id, container);
    }
    const { pids } = this.#options.isolation();
    return container.measure(table, pids ? table.tree(pid) : table.session(pid), nowMs);
  }

  /** What containers had used when they were last seen stays in their pod's sum for as long as the pod is there. */
  #bury(samples: Map<string, ContainerSample>): void {
    const known = new Set(this.#options.containers().map(({ podUid }) => podUid));
    for (const [id, { record, figures }] of this.#last) {
      if (samples.has(id)) continue;
      this.#containers.delete(id);
      const ended = this.#ended.get(record.podUid) ?? { userSeconds: 0, systemSeconds: 0, readBytes: 0, writeBytes: 0 };
      ended.userSeconds += figures.cpu.userSeconds;
      ended.systemSeconds += figures.cpu.systemSeconds;
      ended.readBytes += figures.io?.readBytes ?? 0;
      ended.writeBytes += figures.io?.writeBytes ?? 0;
      this.#ended.set(record.podUid, ended);
    }
    for (const uid of this.#ended.keys()) if (!known.has(uid)) this.#ended.delete(uid);
  }

  #pods(samples: Map<string, ContainerSample>): PodSample[] {
    const byPod = new Map<string, ContainerSample[]>();
    for (const sample of samples.values()) {
      const { podUid } = sample.record;
      byPod.set(podUid, [...(byPod.get(podUid) ?? []), sample]);
    }
    return [...byPod].map(([uid, containers]) => {
      const { podNamespace: namespace, podName: name } = (containers[0] as ContainerSample).record;
      return { uid, namespace, name, containers, figures: sumOf(containers, this.#ended.get(uid)) };
    });
  }
}

interface Ended {
  userSeconds: number;
  systemSeconds: number;
  readBytes: number;
  writeBytes: number;
}

function sumOf(containers: readonly ContainerSample[], ended: Ended | undefined): Figures {
  const sum = (of: (figures: Figures) => number | undefined) =>
    containers.reduce((total, { figures }) => total + (of(figures) ?? 0), 0);
  const userSeconds = sum(({ cpu }) => cpu.userSeconds) + (ended?.userSeconds ?? 0);
  const systemSeconds = sum(({ cpu }) => cpu.systemSeconds) + (ended?.systemSeconds ?? 0);
  return {
    timeMs: Math.max(...containers.map(({ figures }) => figures.timeMs)),
    cpu: { totalSeconds: userSeconds + systemSeconds, userSeconds, systemSeconds },
    memory: {
      workingSetBytes: sum(({ memory }) => memory.workingSetBytes),
      usageBytes: sum(({ memory }) => memory.usageBytes),
      rssBytes: sum(({ memory }) => memory.rssBytes),
      swapBytes: sum(({ memory }) => memory.swapBytes),
    },
    io: {
      readBytes: sum(({ io }) => io?.readBytes) + (ended?.readBytes ?? 0),
      writeBytes: sum(({ io }) => io?.writeBytes) + (ended?.writeBytes ?? 0),
    },
    processes: sum(({ processes }) => processes),
    threads: sum(({ threads }) => threads),
  };
}
