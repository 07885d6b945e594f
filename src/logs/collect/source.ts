import {
  type BigIntStats,
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync, constants as zlibConstants } from 'node:zlib';
import { type SegmentName, segmentName } from '../batch/batch.ts';

/** Longer first records are known by their beginning. */
export const fingerprintBytesMax = 64 * 1024;
const GZ_HEAD_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** A log file as a directory scan found it. */
export interface FoundFile {
  path: string;
  attempt: number;
  stamp: string | null;
  gz: boolean;
  /** `device:inode`. */
  id: string;
  size: number;
  mtimeMs: number;
  birthtimeMs: number;
}

/** Between a scan and the opening, the name has been given to another file, or is gone: the next scan tells where it is now. */
export class FileMoved extends Error {}

export function fileId({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`;
}

/** Opens the file with this id by the name that it had. Throws FileMoved, or what opening throws. */
export function openFound(path: string, id: string): number {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new FileMoved(path, { cause: error });
    throw error;
  }
  // Some file systems number an open file otherwise than a name, so only where both differ it is another one.
  if (fileId(fstatSync(fd, { bigint: true })) === id) return fd;
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (named && fileId(named) === id) return fd;
  closeSync(fd);
  throw new FileMoved(path);
}

export function readAt(fd: number, into: Buffer, bytes: number, position: number): number {
  let read = 0;
  while (read < bytes) {
    const n = readSync(fd, into, read, bytes - read, position + read);
    if (n === 0) break;
    read += n;
  }
  return read;
}

/** The beginning of the file, uncompressed, long enough to know it by; empty where nothing is in it. */
export function readHead(fd: number, gz: boolean): Buffer {
  if (!gz) {
    const small = Buffer.allocUnsafe(1024);
    const n = readAt(fd, small, small.length, 0);
    if (n < small.length || small.indexOf(NEWLINE) >= 0) return small.subarray(0, n);
    const large = Buffer.allocUnsafe(fingerprintBytesMax);
    return large.subarray(0, readAt(fd, large, large.length, 0));
  }
  const compressed = Buffer.allocUnsafe(GZ_HEAD_BYTES);
  const n = readAt(fd, compressed, compressed.length, 0);
  if (n === 0) return Buffer.alloc(0);
  const head = gunzipSync(compressed.subarray(0, n), { finishFlush: zlibConstants.Z_SYNC_FLUSH });
  return head.subarray(0, fingerprintBytesMax);
}

/** Undefined as long as the first record is not complete. `final`: what is there is all that will come. */
export function nameOfHead(head: Buffer, final: boolean): SegmentName | undefined {
  const newline = head.indexOf(NEWLINE);
  if (newline >= 0) return segmentName(head.subarray(0, newline));
  if (head.length >= fingerprintBytesMax) return segmentName(head.subarray(0, fingerprintBytesMax));
  return final && head.length > 0 ? segmentName(head) : undefined;
}

/** The uncompressed size that a gzip file's trailer tells, modulo 4 GiB. */
export function gzipTrailerSize(fd: number): number {
  const { size } = fstatSync(fd);
  const trailer = Buffer.alloc(4);
  return size < 18 || readAt(fd, trailer, 4, size - 4) < 4 ? 0 : trailer.readUInt32LE(0);
}

let inflatedCount = 0;

/**
 * Inflates a gzip file into a file without a name in `directory`, so that it can be read like any other; the space
 * is free again when the descriptor is closed. Rejects where the file is damaged.
 */
export async function inflate(compressed: number, directory: string): Promise<number> {
  const target = join(directory, `inflate-${process.pid}-${inflatedCount++}`);
  const fd = openSync(target, 'w+', 0o600);
  unlinkSync(target);
  try {
    const source = createReadStream('', { fd: compressed, autoClose: false, start: 0 });
    await pipeline(source, createGunzip(), createWriteStream('', { fd, autoClose: false, start: 0 }));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
