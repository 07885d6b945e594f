import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileDurably } from '../../../base/files.ts';

/** `sun_path` holds 108 bytes with its NUL on Linux and 104 elsewhere. */
const socketPathBytesMax = 103;

/** `<data-dir>/node/runtime.json`: where the running runtime listens. */
export interface RuntimeAddress {
  socketPath: string;
  pid: number;
}

/** A path that is short enough to listen on: in the node's directory, else in a fresh directory under the OS's temp dir. */
export function chooseSocketPath(nodeDirectory: string): string {
  const path = join(nodeDirectory, 'runtime.sock');
  if (Buffer.byteLength(path) <= socketPathBytesMax) return path;
  return join(mkdtempSync(join(tmpdir(), 'taffrail-')), 'runtime.sock');
}

export function writeAddress(nodeDirectory: string, address: RuntimeAddress): void {
  writeFileDurably(join(nodeDirectory, 'runtime.json'), JSON.stringify(address), 0o600);
}

export function readAddress(nodeDirectory: string): RuntimeAddress | undefined {
  try {
    return JSON.parse(readFileSync(join(nodeDirectory, 'runtime.json'), 'utf8')) as RuntimeAddress;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function removeAddress(nodeDirectory: string, socketPath: string): void {
  rmSync(join(nodeDirectory, 'runtime.json'), { force: true });
  rmSync(socketPath, { force: true });
  if (dirname(socketPath) !== nodeDirectory) rmSync(dirname(socketPath), { recursive: true, force: true });
}
