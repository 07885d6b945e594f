import { createMemory, type Memory, PAGE_BYTES } from './webassembly.ts';

/** Bytes at an address. */
export interface Stretch {
  at: number;
  bytes: number;
}

/** So many bytes before and behind what is asked for may be read, and behind it written. */
const SLACK_BYTES = 64;
const bytesMax = 1024 * 1024 * 1024;
const pagesMin = 16;

/**
 * The memory of WebAssembly modules, handed out from the bottom up. Invariant: below `#used` everything has been handed out since `reset`. Views are
 * good until more is asked for.
 */
export class Arena {
  readonly memory: Memory;
  #used = SLACK_BYTES;

  constructor() {
    this.memory = createMemory(pagesMin, bytesMax / PAGE_BYTES);
  }

  get byteLength(): number {
    return this.memory.buffer.byteLength;
  }

  reset(): void {
    this.#used = SLACK_BYTES;
  }

  /** The address of so many bytes, at a multiple of 64. They hold anything. Throws RangeError where there is no room. */
  room(bytes: number): number {
    const at = (this.#used + SLACK_BYTES - 1) & -SLACK_BYTES;
    this.#used = at + bytes + SLACK_BYTES;
    const missing = this.#used - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return at;
  }

  zeros(bytes: number): number {
    const at = this.room(bytes);
    this.bytes(at, bytes).fill(0);
    return at;
  }

  /** What was handed out last ends here. */
  shorten(end: number): void {
    this.#used = end + SLACK_BYTES;
  }

  /** A view, as is `u32`. */
  bytes(at: number, length: number): Buffer {
    return Buffer.from(this.memory.buffer, at, length);
  }

  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, length);
  }
}

/**
 * Something that works over an arena of its own, made when it is first used. Invariant: between two uses the arena is empty and takes no more
 * than `keptBytesMax`; what has grown beyond is made anew. Uses do not nest.
 */
export class Reused<T extends { readonly arena: Arena }> {
  readonly #make: () => T;
  readonly #keptBytesMax: number;
  #made: T | undefined;

  constructor(make: () => T, keptBytesMax: number) {
    this.#make = make;
    this.#keptBytesMax = keptBytesMax;
  }

  /** What it gives may hold no views of the arena. */
  use<R>(work: (made: T) => R): R {
    const made = (this.#made ??= this.#make());
    try {
      return work(made);
    } finally {
      made.arena.reset();
      if (made.arena.byteLength > this.#keptBytesMax) this.#made = undefined;
    }
  }
}
