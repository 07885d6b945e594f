import { mkdirSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises';
import { syncDirectory } from './files.ts';

/**
 * The file system's edge of a store. Tests put a recording layer here that forgets what was not synced.
 * A file's content is durable after `sync`, its name after `syncDirectory`.
 */
export interface FileLayer {
  makeDirectory(path: string): void;
  /** Names in the directory, in no order. */
  list(directory: string): Promise<string[]>;
  /** Opens for reading and writing; `create` makes a new, empty file and fails where there is one. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<LayerFile>;
  unlink(path: string): Promise<void>;
  /** Gives a file another name in its directory, taking the place of what has that name. Durable after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  sizeBytes(path: string): Promise<number>;
  /** What an ordinary user may still write on this file system, and how large it is. */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

export interface LayerFile {
  /** Writes all buffers one after another from `position` on, or rejects; then any part of it may have been written. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills as much of `target` as there is; gives the number of bytes. */
  read(target: Uint8Array, position: number): Promise<number>;
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

const FLAGS = { create: 'wx+', write: 'r+', read: 'r' } as const;
/** Linux takes this many buffers in one writev. */
const buffersPerWriteMax = 1024;

export const realFiles: FileLayer = {
  makeDirectory: (path) => void mkdirSync(path, { recursive: true }),
  list: (directory) => readdir(directory),
  open: async (path, mode) => realFile(await open(path, FLAGS[mode])),
  unlink: (path) => unlink(path),
  rename: (from, to) => rename(from, to),
  syncDirectory: async (path) => syncDirectory(path),
  sizeBytes: async (path) => (await stat(path)).size,
  async space(path) {
    const { bavail, bsize, blocks } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

function realFile(handle: FileHandle): LayerFile {
  return {
    async write(buffers, position) {
      for (let at = 0; at < buffers.length; at += buffersPerWriteMax) {
        position += await writeAll(handle, buffers.slice(at, at + buffersPerWriteMax), position);
      }
    },
    async read(target, position) {
      let filled = 0;
      while (filled < target.length) {
        const { bytesRead } = await handle.read(target, filled, target.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    close: () => handle.close(),
  };
}

/** A write may be short (a nearly full disk): the rest is written again, so that the reason comes out as an error. */
async function writeAll(handle: FileHandle, buffers: readonly Uint8Array[], position: number): Promise<number> {
  const { bytesWritten } = await handle.writev(buffers as Uint8Array[], position);
  let skip = bytesWritten;
  let total = 0;
  for (const buffer of buffers) {
    let from = Math.min(skip, buffer.length);
    skip -= from;
    while (from < buffer.length) {
      from += (await handle.write(buffer, from, buffer.length - from, position + total + from)).bytesWritten;
    }
    total += buffer.length;
  }
  return total;
}
