import { CpuAccount } from './cpu-account.ts';
import { cpuFigures, type Figures, type IoFigures, type MemoryFigures } from './figures.ts';
import type { ProcFiles } from './proc-files.ts';
import { type ProcessStat, parseIo, parseProcessStat, parseSizes } from './proc-text.ts';
import type { ProcessTable } from './process-table.ts';

/** So often is a container read anew in which processes end while they are read. */
const readingsMax = 3;
/** A second process with less anonymous memory than this is not worth looking for what it shares. */
const shareBytesMin = 1024 * 1024;

/**
 * The figures of one container from the /proc files of its processes. Invariant: what only ever grows never shrinks here,
 * whatever has become of the processes.
 */
export class ProcContainer {
  #files: ProcFiles;
  #root: number;
  #rootStartTicks: number | undefined;
  #cpu = new CpuAccount();
  #io: IoFigures = { readBytes: 0, writeBytes: 0 };

  /** `root` is the pid of the container's first process. */
  constructor(files: ProcFiles, root: number) {
    this.#files = files;
    this.#root = root;
  }

  /** Undefined once the container's first process has gone, or its pid is another's. */
  measure(table: ProcessTable, members: readonly ProcessStat[], nowMs: () => number): Figures | undefined {
    const root = table.processes.get(this.#root);
    if (!root) return undefined;
    this.#rootStartTicks ??= root.startTicks;
    if (root.startTicks !== this.#rootStartTicks) return undefined;
    const { processes, settled } = this.#settled(table, members);
    this.#cpu.update(processes, settled);
    const timeMs = nowMs();
    const { user, system } = this.#cpu.seconds;
    const io = this.#readIo(processes);
    return {
      timeMs,
      cpu: cpuFigures(user, system),
      memory: this.#readMemory(processes),
      ...(io ? { io } : {}),
      processes: processes.length,
      threads: processes.reduce((sum, { threads }) => sum + threads, 0),
    };
  }

  /** The table was read in the order of pids: where that was not from parents to children, or one went away, it is done again. */
  #settled(table: ProcessTable, members: readonly ProcessStat[]): { processes: ProcessStat[]; settled: boolean } {
    let processes = [...members, ...this.#strays(table, members)];
    const inOrder = processes.every(({ pid, parent }, index) => index === 0 || parent < pid);
    // One whose pid is listed went away after the listing, if it did.
    const listed = ({ pid }: ProcessStat) => table.gone.has(pid) || table.processes.has(pid);
    const there = ({ pid, startTicks }: ProcessStat) => table.processes.get(pid)?.startTicks === startTicks;
    const complete = [...this.#cpu.known].every((before) => there(before) || !listed(before));
    if (inOrder && complete) return { processes, settled: true };
    for (let reading = 0; reading < readingsMax; reading++) {
      const wanted = processes.length;
      processes = processes.flatMap((before) => {
        const stat = parseProcessStat(this.#files.read(`${before.pid}/stat`) ?? '');
        return stat?.startTicks === before.startTicks ? stat : [];
      });
      if (processes.length === wanted) return { processes, settled: true };
    }
    return { processes, settled: false };
  }

  /** Read just before their parent went, they have one that is in no tree any more. Whoever was in the container stays in it. */
  #strays({ processes }: ProcessTable, members: readonly ProcessStat[]): ProcessStat[] {
    const found = new Set(members.map(({ pid }) => pid));
    return [...this.#cpu.known].flatMap(({ pid, startTicks }) => {
      const stat = found.has(pid) ? undefined : processes.get(pid);
      return stat?.startTicks === startTicks ? stat : [];
    });
  }

  /**
   * Anonymous and shared memory; mapped files are the machine's, whose programs the containers run. Processes that were forked
   * share pages: each page is then counted by its shares, which costs the kernel a walk through the page tables.
   */
  #readMemory(processes: readonly ProcessStat[]): MemoryFigures {
    const sizes = processes.map(({ pid }) => parseSizes(this.#files.read(`${pid}/status`) ?? ''));
    const own = (size: Map<string, number>) => (size.get('RssAnon') ?? 0) + (size.get('RssShmem') ?? 0);
    const sharing = sizes.filter((size) => own(size) >= shareBytesMin).length > 1;
    let rssBytes = 0;
    let swapBytes = 0;
    for (const [index, size] of sizes.entries()) {
      const bytes = own(size);
      const pid = (processes[index] as ProcessStat).pid;
      rssBytes += sharing && bytes >= shareBytesMin ? (this.#proportional(pid) ?? bytes) : bytes;
      swapBytes += size.get('VmSwap') ?? 0;
    }
    return { workingSetBytes: rssBytes, usageBytes: rssBytes, rssBytes, swapBytes };
  }

  #proportional(pid: number): number | undefined {
    const rollup = parseSizes(this.#files.read(`${pid}/smaps_rollup`) ?? '');
    const anonymous = rollup.get('Pss_Anon');
    return anonymous === undefined ? undefined : anonymous + (rollup.get('Pss_Shmem') ?? 0);
  }

  /** Undefined where the kernel does not say, as of other users' processes. */
  #readIo(processes: readonly ProcessStat[]): IoFigures | undefined {
    const counters = processes.flatMap(({ pid }) => parseIo(this.#files.read(`${pid}/io`) ?? '') ?? []);
    if (counters.length === 0 && this.#io.readBytes + this.#io.writeBytes === 0) return undefined;
    const sum = (field: keyof IoFigures) => counters.reduce((total, each) => total + each[field], 0);
    this.#io = {
      readBytes: Math.max(this.#io.readBytes, sum('readBytes')),
      writeBytes: Math.max(this.#io.writeBytes, sum('writeBytes')),
    };
    return this.#io;
  }
}
