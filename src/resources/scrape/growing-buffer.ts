const sizeAtFirst = 32 * 1024;
/** Buffers kept for later: as many as there are answers at one time in a calm cluster. */
const idleMax = 16;
/** A buffer that grew beyond it is not kept. */
const idleBytesMax = 256 * 1024;
const idle: Buffer[] = [];

/** Bytes put together piece by piece. Invariant: the first `length` bytes of `#bytes` are what was put in. */
export class GrowingBuffer {
  #bytes = idle.pop() ?? Buffer.allocUnsafeSlow(sizeAtFirst);
  length = 0;

  append(source: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    source.copy(this.#bytes, this.length, start, end);
    this.length = needed;
  }

  /** Valid until `release`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** The memory goes to the next one; nothing may be asked of this one any more. */
  release(): void {
    if (this.#bytes.length <= idleBytesMax && idle.length < idleMax) idle.push(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    this.length = 0;
  }
}
