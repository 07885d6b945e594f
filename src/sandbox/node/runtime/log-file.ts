import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../../base/fault.ts';
import { type RotatedFiles, rotationStamp } from './rotated-files.ts';

export interface LogFileOptions {
  path: string;
  /** A file that has reached this size is rotated before the next record. */
  sizeBytesMax: number;
  rotated: RotatedFiles;
  nowMs: () => number;
  onTrouble?: (message: string) => void;
}

/** How long a file that could not be opened or renamed is left alone before the next try. */
const retryRotationMs = 1000;

/**
 * The current file of one container instance. Invariant: records are written whole and in order; what a full disk
 * refused stays in `#rest` and goes first when there is room again, so that a record is never torn for good.
 */
export class LogFile {
  #options: LogFileOptions;
  #file: number | undefined;
  #sizeBytes = 0;
  #rest: Buffer | undefined;
  #rotateAfterMs = 0;

  /** Throws when the directory or the file cannot be made. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o755 });
    this.#open();
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get full(): boolean {
    return this.#sizeBytes > 0 && this.#sizeBytes >= this.#options.sizeBytesMax;
  }

  /** Whether these bytes on top would reach the limit. */
  wouldFill(bytes: number): boolean {
    return this.#sizeBytes + bytes >= this.#options.sizeBytesMax;
  }

  /** False when the disk refused something: call `retry` later, and write nothing before it says true. */
  write(records: Buffer): boolean {
    if (this.#rest) throw new Error('write before the refused bytes were written');
    const written = this.#writeWhatFits(records);
    if (written === records.length) return true;
    this.#rest = Buffer.from(records.subarray(written));
    return false;
  }

  retry(): boolean {
    if (!this.#rest) return true;
    const written = this.#writeWhatFits(this.#rest);
    this.#rest = written === this.#rest.length ? undefined : Buffer.from(this.#rest.subarray(written));
    return !this.#rest;
  }

  get pendingBytes(): number {
    return this.#rest?.length ?? 0;
  }

  /** Renames the current file as the kubelet does and opens a new one; on failure goes on with the old one. */
  rotate(): void {
    const { path, rotated, nowMs } = this.#options;
    if (nowMs() < this.#rotateAfterMs) return;
    const target = rotated.nextName(rotationStamp(new Date(nowMs())));
    try {
      renameSync(path, target);
    } catch (error) {
      this.#postpone(`cannot rename ${path}: ${messageOf(error)}`);
      return;
    }
    const old = this.#file;
    try {
      this.#open();
    } catch (error) {
      // As the kubelet does when the reopening fails: the file gets its name back and goes on.
      renameSync(target, path);
      this.#postpone(`cannot open a new ${path}: ${messageOf(error)}`);
      return;
    }
    if (old !== undefined) closeSync(old);
    rotated.settle();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    const file = openSync(this.#options.path, 'a', 0o640);
    this.#sizeBytes = fstatSync(file).size;
    this.#file = file;
  }

  #postpone(message: string): void {
    this.#rotateAfterMs = this.#options.nowMs() + retryRotationMs;
    this.#options.onTrouble?.(message);
  }

  #writeWhatFits(bytes: Buffer): number {
    let written = 0;
    try {
      while (written < bytes.length) {
        const count = writeSync(this.#file as number, bytes, written);
        written += count;
        this.#sizeBytes += count;
      }
    } catch (error) {
      this.#options.onTrouble?.(`cannot write ${this.#options.path}: ${messageOf(error)}`);
    }
    return written;
  }
}
