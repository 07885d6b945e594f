/** For tests: a /proc that is only memory. */
import type { ProcFiles } from './proc-files.ts';

export interface FakeProcess {
  parent: number;
  session?: number;
  userTicks?: number;
  systemTicks?: number;
  childrenUserTicks?: number;
  startTicks?: number;
  status?: string;
  rollup?: string;
  io?: string;
  environ?: string;
}

export class FakeProc implements ProcFiles {
  processes = new Map<number, FakeProcess>();
  files = new Map<string, string>();
  /** Called before each reading, as if other processes ran in between. */
  beforeRead: (path: string) => void = () => {};

  pids(): number[] {
    return [...this.processes.keys()].sort((a, b) => a - b);
  }

  read(path: string): string | undefined {
    this.beforeRead(path);
    const [pid, name = ''] = path.split('/');
    const process = this.processes.get(Number(pid));
    if (!process) return this.files.get(path);
    if (name === 'stat') return statText(Number(pid), process);
    return { status: process.status, smaps_rollup: process.rollup, io: process.io, environ: process.environ }[name];
  }
}

function statText(pid: number, process: FakeProcess): string {
  const { parent, session = 1, userTicks = 0, systemTicks = 0, childrenUserTicks = 0, startTicks = pid } = process;
  const before = `${pid} (sh) S ${parent} ${session} ${session} 0 -1 4194304 138 0 0 0`;
  return `${before} ${userTicks} ${systemTicks} ${childrenUserTicks} 0 20 0 1 0 ${startTicks} 2990080 411\n`;
}

/** Lines of /proc/<pid>/status, in kB. */
export function statusText(anonymous: number, shared = 0, swap = 0): string {
  return `Name:\tsh\nRssAnon:\t${anonymous} kB\nRssFile:\t 99999 kB\nRssShmem:\t${shared} kB\nVmSwap:\t${swap} kB\n`;
}
