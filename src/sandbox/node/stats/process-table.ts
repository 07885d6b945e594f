import type { ProcFiles } from './proc-files.ts';
import { type ProcessStat, parseProcessStat } from './proc-text.ts';

/** Every process of the machine at one moment, and who is whose child. */
export class ProcessTable {
  readonly processes = new Map<number, ProcessStat>();
  /** Listed, and gone when they were to be read. */
  readonly gone = new Set<number>();
  #children = new Map<number, number[]>();
  #sessions = new Map<number, number[]>();

  constructor(files: ProcFiles) {
    for (const pid of files.pids()) {
      const text = files.read(`${pid}/stat`);
      const stat = text === undefined ? undefined : parseProcessStat(text);
      if (!stat) {
        this.gone.add(pid);
        continue;
      }
      this.processes.set(pid, stat);
      append(this.#children, stat.parent, pid);
      append(this.#sessions, stat.session, pid);
    }
  }

  /** The process and all that descend from it, parents before their children. */
  tree(pid: number): ProcessStat[] {
    return this.#trees([pid]);
  }

  /** The processes of a session, the further ones, and all that descend from them. */
  session(leader: number, further: readonly number[] = []): ProcessStat[] {
    return this.#trees([...(this.#sessions.get(leader) ?? []), ...further]);
  }

  #trees(roots: readonly number[]): ProcessStat[] {
    const found = new Map<number, ProcessStat>();
    const waiting = [...roots];
    for (const pid of waiting) {
      const stat = this.processes.get(pid);
      if (!stat || found.has(pid)) continue;
      found.set(pid, stat);
      waiting.push(...(this.#children.get(pid) ?? []));
    }
    return [...found.values()];
  }
}

function append(lists: Map<number, number[]>, key: number, pid: number): void {
  const list = lists.get(key);
  if (list) list.push(pid);
  else lists.set(key, [pid]);
}
