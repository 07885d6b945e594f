import { type ProcessStat, ticksPerSecond } from './proc-text.ts';

/** The kernel rounds each of a process's times down: as much may seem to be missing after a child's end. */
const roundingTicksMax = 4;

interface Ticks {
  user: number;
  system: number;
}

/**
 * The CPU time of one container from the times of its processes. A process that was waited for lives on in its parent's
 * `children` times; one whose parent does not wait (it ignores SIGCHLD) leaves nothing, so what was last seen of it is kept here.
 * Invariant: neither time is ever less than it was before, and no time is counted twice in the long run.
 */
export class CpuAccount {
  #before = new Map<number, ProcessStat>();
  #lost: Ticks = { user: 0, system: 0 };
  #shown: Ticks = { user: 0, system: 0 };

  /** As they were seen the last time. */
  get known(): Iterable<ProcessStat> {
    return this.#before.values();
  }

  /**
   * `processes` are all that the container has, each read after the one that would wait for it, so that none is both alive and in
   * its parent's times. `settled` is false where one went away during the reading: what became of it is found out the next time.
   */
  update(processes: readonly ProcessStat[], settled: boolean): void {
    const now = new Map(processes.map((stat) => [stat.pid, stat]));
    const sum: Ticks = { user: 0, system: 0 };
    let inherited = 0;
    for (const stat of processes) {
      sum.user += stat.userTicks + stat.childrenUserTicks;
      sum.system += stat.systemTicks + stat.childrenSystemTicks;
      const before = this.#before.get(stat.pid);
      if (before?.startTicks === stat.startTicks) inherited += ofChildren(stat) - ofChildren(before);
    }
    if (settled) {
      this.#settle(
        [...this.#before.values()].filter(({ pid, startTicks }) => now.get(pid)?.startTicks !== startTicks),
        inherited,
      );
      this.#before = now;
    }
    this.#shown.user = Math.max(this.#shown.user, sum.user + this.#lost.user);
    this.#shown.system = Math.max(this.#shown.system, sum.system + this.#lost.system);
  }

  get seconds(): { user: number; system: number } {
    return { user: this.#shown.user / ticksPerSecond, system: this.#shown.system / ticksPerSecond };
  }

  #settle(vanished: readonly ProcessStat[], inherited: number): void {
    const user = vanished.reduce((sum, stat) => sum + stat.userTicks + stat.childrenUserTicks, 0);
    const system = vanished.reduce((sum, stat) => sum + stat.systemTicks + stat.childrenSystemTicks, 0);
    const missing = user + system - inherited;
    if (missing <= roundingTicksMax) return;
    this.#lost.user += (missing * user) / (user + system);
    this.#lost.system += (missing * system) / (user + system);
  }
}

function ofChildren({ childrenUserTicks, childrenSystemTicks }: ProcessStat): number {
  return childrenUserTicks + childrenSystemTicks;
}
