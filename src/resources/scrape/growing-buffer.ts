import { releaseOwn } from '../../base/release.ts';

/** Packed bodies are of one or two of these; hundreds of them may wait for their turn to be unpacked where cores are few. */
const stepBytes = 8 * 1024;
/** Buffers kept for later: few are being read at a time, and others wait for their turn to be unpacked. */
const idleMax = 64;
/** A buffer that grew beyond it is not kept. */
const idleBytesMax = 256 * 1024;
const idle: Buffer[] = [];
const nothing: Buffer = Buffer.alloc(0);

/**
 * Bytes put together piece by piece. Room is taken with the first of them: of a thousand kubelets that have been asked, few are
 * answering. Invariant: the first `length` bytes of `#bytes` are what was put in.
 */
export class GrowingBuffer {
  #bytes: Buffer = nothing;
  length = 0;

  append(source: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.#bytes.length) this.#grow(needed);
    source.copy(this.#bytes, this.length, start, end);
    this.length = needed;
  }

  /** Bytes that nobody else has become what was put in. */
  adopt(bytes: Buffer): void {
    giveBack(this.#bytes);
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  /** Valid until `release`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** The memory goes to the next one; nothing may be asked of this one any more. */
  release(): void {
    giveBack(this.#bytes);
    this.#bytes = nothing;
    this.length = 0;
  }

  #grow(needed: number): void {
    const pooled = this.#bytes === nothing ? idle.pop() : undefined;
    const before = this.#bytes;
    this.#bytes =
      pooled && pooled.length >= needed
        ? pooled
        : Buffer.allocUnsafeSlow(stepBytes * Math.ceil(Math.max(needed, 2 * this.#bytes.length) / stepBytes));
    before.copy(this.#bytes, 0, 0, this.length);
    giveBack(before);
    if (pooled && pooled !== this.#bytes) giveBack(pooled);
  }
}

function giveBack(bytes: Buffer): void {
  if (bytes === nothing) return;
  if (bytes.length <= idleBytesMax && idle.length < idleMax) idle.push(bytes);
  else releaseOwn(bytes);
}
