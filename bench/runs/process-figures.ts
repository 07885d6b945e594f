import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What Linux says of a process: its threads included, its children not. */
export interface ProcessFigures {
  cpuSeconds: number;
  residentBytes: number;
  peakResidentBytes: number;
}

const ticksOfSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString());

export function figuresOf(pid: number): ProcessFigures {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold anything; utime and stime are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksOfSecond,
    residentBytes: kibibytes(status, 'VmRSS'),
    peakResidentBytes: kibibytes(status, 'VmHWM'),
  };
}

/** Of the threads that it has now, finer than the ticks of `figuresOf`. */
export function cpuSecondsOf(pid: number): number {
  let nanos = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return nanos / 1e9;
}

/** Bytes of the files below a folder, as allocated on disk. */
export function diskBytesOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, { parentPath, name }) =>
        sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
      0,
    );
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}
