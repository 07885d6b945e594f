import type { PodMetrics } from '../resources.ts';

/** A power of two. */
const chunkBytes = 256 * 1024;
/** Pods with more labels than that are few. */
const headBytesMax = 4096;
/** Fifty thousand pods and more. */
const chunksMax = 64;
const placesAtFirst = 256;

/**
 * The beginnings of pods' texts, up to their figures. They are two thirds of a list, the same each time but for two times, and to copy one costs
 * a tenth of writing it.
 * Invariant: a place whose revision is not 0 has the `#lengths` bytes from `#starts` on, all of one chunk; `#staleBytes` is what nobody has any more.
 */
export class PodHeads {
  #chunks: Buffer[] = [];
  #used = 0;
  #staleBytes = 0;
  #revisions = new Float64Array(placesAtFirst);
  #starts = new Uint32Array(placesAtFirst);
  #lengths = new Uint16Array(placesAtFirst);
  #createdBacks = new Uint16Array(placesAtFirst);
  /** Of the head that was found last: where it is, and how far before its end the time of creation begins. */
  chunk: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  createdBack = 0;

  find({ place, revision }: PodMetrics): boolean {
    if (place === undefined || this.#revisions[place] !== revision) return false;
    const start = this.#starts[place]!;
    this.chunk = this.#chunks[Math.trunc(start / chunkBytes)]!;
    this.start = start & (chunkBytes - 1);
    this.end = this.start + this.#lengths[place]!;
    this.createdBack = this.#createdBacks[place]!;
    return true;
  }

  /** Nothing where there is no room. */
  keep({ place, revision }: PodMetrics, head: Buffer, createdBack: number): void {
    if (place === undefined || revision === undefined || head.length > headBytesMax) return;
    if (place >= this.#revisions.length) this.#grow(place);
    const start = this.#roomFor(place, head.length);
    if (start < 0) return;
    head.copy(this.#chunks[Math.trunc(start / chunkBytes)]!, start & (chunkBytes - 1));
    this.#revisions[place] = revision;
    this.#starts[place] = start;
    this.#lengths[place] = head.length;
    this.#createdBacks[place] = createdBack;
  }

  /** A pod that has changed has its head where it was before, if that is as long. */
  #roomFor(place: number, length: number): number {
    if (this.#revisions[place] !== 0) {
      const before = this.#lengths[place]!;
      if (before === length) return this.#starts[place]!;
      this.#staleBytes += before;
      this.#revisions[place] = 0;
    }
    // A head is of one chunk.
    if (this.#used + length > this.#chunks.length * chunkBytes) {
      if (this.#chunks.length === chunksMax && !this.#forgetStale()) return -1;
      this.#used = this.#chunks.length * chunkBytes;
      this.#chunks.push(Buffer.allocUnsafeSlow(chunkBytes));
    }
    const start = this.#used;
    this.#used += length;
    return start;
  }

  /** Everything goes when half of it is stale; what is still asked for comes again. */
  #forgetStale(): boolean {
    if (this.#staleBytes < (chunksMax * chunkBytes) / 2) return false;
    this.#chunks = [];
    this.#staleBytes = 0;
    this.#revisions.fill(0);
    return true;
  }

  #grow(place: number): void {
    const size = Math.max(place + 1, Math.ceil(this.#revisions.length * 1.5));
    this.#revisions = grown(new Float64Array(size), this.#revisions);
    this.#starts = grown(new Uint32Array(size), this.#starts);
    this.#lengths = grown(new Uint16Array(size), this.#lengths);
    this.#createdBacks = grown(new Uint16Array(size), this.#createdBacks);
  }
}

function grown<T extends Float64Array | Uint32Array | Uint16Array>(larger: T, column: T): T {
  larger.set(column);
  return larger;
}
