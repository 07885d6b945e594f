import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Pipe {
  /** Non-blocking, ours. */
  readEnd: number;
  /** Blocking, the container's; close it once the container has it. */
  writeEnd: number;
}

/**
 * Real pipes for a container's two streams. Node gives a child socket pairs, and a program that opens /dev/stdout (as
 * nginx and many shell scripts do) cannot open a socket; a FIFO that is unlinked at once is an ordinary pipe.
 */
export function openPipes(directory: string): { stdout: Pipe; stderr: Pipe } {
  const folder = mkdtempSync(join(directory, 'pipe-'));
  try {
    const paths = [join(folder, 'stdout'), join(folder, 'stderr')] as const;
    execFileSync('mkfifo', ['-m', '0600', ...paths]);
    return { stdout: openBothEnds(paths[0]), stderr: openBothEnds(paths[1]) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function closeAll(...files: number[]): void {
  for (const file of files) closeSync(file);
}

function openBothEnds(path: string): Pipe {
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
}
