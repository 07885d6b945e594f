/** The newest samples of a series, up to so many, are held as they came. */
export const tailLength = 32;
/** Series of one slab. */
const SLAB_SERIES = 2048;

export interface TailSlab {
  offsets: Uint32Array;
  values: Float64Array;
  /** The values' bits. */
  words: Uint32Array;
  /** Only once a sample came with one. */
  starts: Float64Array | null;
}

/**
 * For each series of a window its newest samples, sorted by time. Invariant: `count` of them are valid, each time once. A time is
 * in milliseconds from the beginning of the window. Shared memory, as the arena is.
 */
export class Tails {
  readonly slabs: TailSlab[];
  counts: Uint8Array<SharedArrayBuffer>;

  constructor(slabs: TailSlab[] = [], counts = new Uint8Array(new SharedArrayBuffer(SLAB_SERIES))) {
    this.slabs = slabs;
    this.counts = counts;
  }

  /** Makes room for one more series. */
  addSeries(local: number): void {
    if (local < this.slabs.length * SLAB_SERIES) return;
    const length = SLAB_SERIES * tailLength;
    const values = new Float64Array(new SharedArrayBuffer(length * 8));
    this.slabs.push({
      offsets: new Uint32Array(new SharedArrayBuffer(length * 4)),
      values,
      words: new Uint32Array(values.buffer),
      starts: null,
    });
    const needed = this.slabs.length * SLAB_SERIES;
    if (needed <= this.counts.length) return;
    const counts = new Uint8Array(new SharedArrayBuffer(Math.max(needed, this.counts.length * 2)));
    counts.set(this.counts);
    this.counts = counts;
  }

  slabOf(local: number): TailSlab {
    return this.slabs[(local / SLAB_SERIES) | 0]!;
  }

  baseOf(local: number): number {
    return (local % SLAB_SERIES) * tailLength;
  }

  /** Puts a sample at a place of the tail, which is not full, and moves up what is there. */
  insert(local: number, place: number, offset: number, value: number, start: number): void {
    const slab = this.slabOf(local);
    const base = this.baseOf(local);
    const count = this.counts[local]!;
    const at = base + place;
    if (place < count) {
      slab.offsets.copyWithin(at + 1, at, base + count);
      slab.words.copyWithin(2 * (at + 1), 2 * at, 2 * (base + count));
      slab.starts?.copyWithin(at + 1, at, base + count);
    }
    slab.offsets[at] = offset;
    slab.values[at] = value;
    if (start !== 0) slab.starts ??= new Float64Array(new SharedArrayBuffer(SLAB_SERIES * tailLength * 8));
    if (slab.starts) slab.starts[at] = start;
    this.counts[local] = count + 1;
  }
}
