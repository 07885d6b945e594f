import type { LogFile } from './log-file.ts';
import { type RecordClock, timestampBytesMax } from './timestamp.ts';

/** A line longer than this is split into `P` records of exactly this many bytes, as containerd does by default. */
export const recordBytesMax = 16_384;

export type StreamName = 'stdout' | 'stderr';

const prefixBytesMax = timestampBytesMax + ' stdout P '.length;
/** Records are gathered here between two writes. All logs of a process share it: nothing stays in it after a call. */
const gathered = Buffer.allocUnsafe(256 * 1024);
const newline = 0x0a;

const tags = {
  stdout: { P: Buffer.from(' stdout P '), F: Buffer.from(' stdout F ') },
  stderr: { P: Buffer.from(' stderr P '), F: Buffer.from(' stderr F ') },
} as const;

/**
 * Turns the output of one container instance into CRI records. Invariant: the bytes of the records of a stream, with a
 * newline after each `F`, are the bytes that the container wrote to it, less an unfinished line still held in `#held`.
 */
export class CriLog {
  readonly file: LogFile;
  #clock: RecordClock;
  #held = { stdout: new HeldLine(), stderr: new HeldLine() };
  #gatheredBytes = 0;
  #blocked: Buffer[] = [];

  constructor(file: LogFile, clock: RecordClock) {
    this.file = file;
    this.#clock = clock;
  }

  /**
   * Takes what a stream wrote; the chunk may be reused afterwards. False: the disk is full, stop reading until
   * `retry` says true (what was taken is kept).
   */
  push(stream: StreamName, chunk: Buffer): boolean {
    const held = this.#held[stream];
    this.#clock.follow();
    for (let at = 0; at < chunk.length; ) {
      const found = chunk.indexOf(newline, at);
      const end = found < 0 ? chunk.length : found;
      while (held.length + end - at > recordBytesMax) {
        const cut = at + recordBytesMax - held.length;
        this.#record(tags[stream].P, held, chunk, at, cut);
        at = cut;
      }
      if (found < 0) held.add(chunk, at, end);
      else this.#record(tags[stream].F, held, chunk, at, end);
      at = end + 1;
    }
    return this.#flush();
  }

  /** The stream has ended: an unfinished line becomes a `P` that never gets its `F`, as with containerd. */
  end(stream: StreamName): boolean {
    const held = this.#held[stream];
    this.#clock.follow();
    if (held.length > 0) this.#record(tags[stream].P, held, held.bytes, 0, 0);
    return this.#flush();
  }

  /** True when everything taken so far is in the file. */
  retry(): boolean {
    while (this.file.retry()) {
      const next = this.#blocked.shift();
      if (!next) return true;
      this.file.write(next);
    }
    return false;
  }

  /** Bytes that a full disk has kept out of the file so far. */
  get pendingBytes(): number {
    return this.file.pendingBytes + this.#blocked.reduce((sum, records) => sum + records.length, 0);
  }

  #record(tag: Buffer, held: HeldLine, chunk: Buffer, start: number, end: number): void {
    const length = prefixBytesMax + held.length + (end - start) + 1;
    const crowded = this.#gatheredBytes + length > gathered.length || this.file.wouldFill(this.#gatheredBytes);
    if (this.#gatheredBytes > 0 && crowded) this.#flush();
    // The first record after the limit goes to a new file. While bytes wait for room, the file stays the one that they belong to.
    if (this.file.full && this.pendingBytes === 0) this.file.rotate();
    let at = this.#clock.write(gathered, this.#gatheredBytes);
    gathered.set(tag, at);
    at += tag.length;
    if (held.length > 0) at = held.takeInto(gathered, at);
    at += chunk.copy(gathered, at, start, end);
    gathered[at] = newline;
    this.#gatheredBytes = at + 1;
  }

  #flush(): boolean {
    if (this.#gatheredBytes > 0) {
      const records = gathered.subarray(0, this.#gatheredBytes);
      this.#gatheredBytes = 0;
      if (this.pendingBytes > 0) this.#blocked.push(Buffer.from(records));
      else this.file.write(records);
    }
    return this.pendingBytes === 0;
  }
}

/** The beginning of a line whose end has not come; its buffer exists only once it is needed. */
class HeldLine {
  bytes: Buffer = Buffer.alloc(0);
  length = 0;

  add(chunk: Buffer, start: number, end: number): void {
    if (this.bytes.length === 0 && end > start) this.bytes = Buffer.allocUnsafeSlow(recordBytesMax);
    this.length += chunk.copy(this.bytes, this.length, start, end);
  }

  takeInto(target: Buffer, at: number): number {
    this.bytes.copy(target, at, 0, this.length);
    const end = at + this.length;
    this.length = 0;
    return end;
  }
}
