import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** The seam to /proc: what was read there, or undefined where the process has gone or may not be looked at. */
export interface ProcFiles {
  /** In ascending order. */
  pids(): number[];
  /** `path` is below /proc. */
  read(path: string): string | undefined;
}

/** None of the files that are read here is longer (/proc/stat of a machine with a thousand CPUs is the longest). */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

export const procFiles: ProcFiles = {
  pids: () =>
    readdirSync('/proc')
      .map(Number)
      .filter(Number.isInteger)
      .sort((a, b) => a - b),
  read: (path) => readKernelFile(`/proc/${path}`),
};

/** Files of /proc and of cgroups, which have no size to ask for. One read gives one consistent text. */
export function readKernelFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    // ESRCH: it went between the opening and the reading.
    return undefined;
  } finally {
    closeSync(file);
  }
}
