import type { ProcFiles } from './proc-files.ts';
import type { ProcessTable } from './process-table.ts';

interface Seen {
  startTicks: number;
  containerId: string | undefined;
}

/**
 * Which container a process was started in, by a variable of its environment: the only trace of one that has left its session and
 * lost its parent. Invariant: a process is looked at once, and forgotten when it is gone.
 */
export class MarkedProcesses {
  #files: ProcFiles;
  #mark: string;
  #seen = new Map<number, Seen>();

  /** `mark` is the variable's name; its value is the container's id. */
  constructor(files: ProcFiles, mark: string) {
    this.#files = files;
    this.#mark = `${mark}=`;
  }

  /** Pids by the container's id. */
  find(table: ProcessTable): Map<string, number[]> {
    const found = new Map<string, number[]>();
    const seen = new Map<number, Seen>();
    for (const [pid, { startTicks }] of table.processes) {
      const before = this.#seen.get(pid);
      const entry = before?.startTicks === startTicks ? before : { startTicks, containerId: this.#containerOf(pid) };
      seen.set(pid, entry);
      if (entry.containerId !== undefined) found.set(entry.containerId, [...(found.get(entry.containerId) ?? []), pid]);
    }
    this.#seen = seen;
    return found;
  }

  #containerOf(pid: number): string | undefined {
    const variables = this.#files.read(`${pid}/environ`)?.split('\0') ?? [];
    return variables.find((variable) => variable.startsWith(this.#mark))?.slice(this.#mark.length);
  }
}
