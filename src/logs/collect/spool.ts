import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { syncDirectory, writeFileDurably } from '../../base/files.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { SegmentName } from '../batch/batch.ts';
import type { TailOrigin } from './origin.ts';
import { Segment } from './segment.ts';
import { readAt } from './source.ts';

const VERSION = 1;

/** What is written beside a copy. */
interface CopyDescription {
  version: number;
  origin: TailOrigin;
  segment: SegmentName;
  /** The copy holds these bytes of the segment, at the same offsets; the rest of it is a hole. */
  from: number;
  to: number;
  /** SHA-256 of them. */
  hash: string;
}

export interface KeptCopy {
  origin: TailOrigin;
  segment: Segment;
}

const COPY_BYTES = 256 * 1024;

/**
 * Copies of log files that have no name any more while the server lacks a part of them. Everything else is still on disk
 * where the runtime wrote it, so only these are copied. A copy is a sparse file with the bytes at their offsets; it is valid
 * once its description is beside it. Invariant: `usedBytes` is the sum over valid copies and never above the limit.
 */
export class Spool {
  readonly #directory: string;
  readonly #bytesMax: number;
  readonly #log: Logger;
  readonly #bytes = new Map<string, number>();
  #count = 0;

  constructor(directory: string, bytesMax: number, log: Logger) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
    this.#log = log;
  }

  get usedBytes(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Copies what the server lacks of the segment, durably, and makes the copy its file. False where there is no room. */
  keep(origin: TailOrigin, segment: Segment): boolean {
    const [from, to] = [segment.held.firstMissing(segment.availableFrom), segment.size];
    if (this.usedBytes + (to - from) > this.#bytesMax) return false;
    const path = join(this.#directory, `${process.pid}-${Date.now()}-${this.#count++}.copy`);
    const copy = openSync(path, 'wx+', 0o600);
    try {
      const hash = copyRange(segment.open(), copy, from, to);
      // The beginning is how the file is known again.
      writeSync(copy, segment.prefix, 0, segment.prefix.length, 0);
      fsyncSync(copy);
      const description: CopyDescription = { version: VERSION, origin, segment: segment.name!, from, to, hash };
      writeFileDurably(`${path}.json`, JSON.stringify(description), 0o600);
    } catch (error) {
      closeSync(copy);
      unlinkSync(path);
      this.#log.error('a log file that was deleted cannot be copied to the spool', { error: String(error) });
      return false;
    }
    segment.close();
    segment.fd = copy;
    segment.copyPath = path;
    segment.availableFrom = from;
    this.#bytes.set(path, to - from);
    return true;
  }

  /** The copy is of no use any more. */
  drop(segment: Segment): void {
    const path = segment.copyPath;
    if (path === null) return;
    segment.copyPath = null;
    this.#bytes.delete(path);
    for (const name of [`${path}.json`, path]) unlinkIfThere(name);
  }

  /** What an agent before us kept. Copies that are damaged or were not finished are removed, and that is said. */
  load(): KeptCopy[] {
    const copies: KeptCopy[] = [];
    const names = readdirSync(this.#directory);
    for (const name of names) {
      const path = join(this.#directory, name);
      if (name.endsWith('.copy') && !names.includes(`${name}.json`)) unlinkIfThere(path);
      if (!name.endsWith('.copy.json')) continue;
      const copy = this.#open(path.slice(0, -'.json'.length));
      if (copy) copies.push(copy);
    }
    return copies;
  }

  #open(path: string): KeptCopy | undefined {
    let fd: number | undefined;
    try {
      const {
        origin,
        segment: name,
        from,
        to,
        hash,
        version,
      } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as CopyDescription;
      if (version > VERSION) throw new Fault('newer-format', `${path}.json has version ${version}, not ${VERSION}`);
      fd = openSync(path, 'r');
      if (statSync(path).size < to || hashOf(fd, from, to) !== hash) throw new Error('its checksum does not match');
      const segment = new Segment(null, path);
      Object.assign(segment, { name, fd, size: to, availableFrom: from, copyPath: path });
      segment.finalSinceMs = Number.NEGATIVE_INFINITY;
      this.#bytes.set(path, to - from);
      return { origin, segment };
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (fd !== undefined) closeSync(fd);
      this.#log.error('a copy in the spool is damaged and is left aside', { path, error: String(error) });
      renameSync(`${path}.json`, `${path}.json.damaged`);
      syncDirectory(this.#directory);
      return undefined;
    }
  }
}

function copyRange(source: number, target: number, from: number, to: number): string {
  const piece = Buffer.allocUnsafe(COPY_BYTES);
  const hash = createHash('sha256');
  for (let at = from; at < to; ) {
    const bytes = readAt(source, piece, Math.min(piece.length, to - at), at);
    if (bytes === 0) throw new Error('the file ends early');
    writeSync(target, piece, 0, bytes, at);
    hash.update(piece.subarray(0, bytes));
    at += bytes;
  }
  return hash.digest('hex');
}

function hashOf(fd: number, from: number, to: number): string {
  const piece = Buffer.allocUnsafe(COPY_BYTES);
  const hash = createHash('sha256');
  for (let at = from; at < to; ) {
    const bytes = readAt(fd, piece, Math.min(piece.length, to - at), at);
    if (bytes === 0) break;
    hash.update(piece.subarray(0, bytes));
    at += bytes;
  }
  return hash.digest('hex');
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
