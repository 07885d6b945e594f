import type { SampleColumns } from '../../store/store.ts';

const capacityMin = 64;
const markerBits = 0x7ff0000000000002n;
/** The NaN that says "this series ended"; copied only between Float64Arrays, since a JavaScript number may lose its bits. */
const marker = new Float64Array(new BigUint64Array([markerBits]).buffer);

/** Invariant: the first `length` places of every array are one call's samples. The arrays are used again for the next call. */
export class Columns implements SampleColumns {
  refs = new Float64Array(capacityMin);
  timestampsMs = new Float64Array(capacityMin);
  values = new Float64Array(capacityMin);
  startTimestampsMs = new Float64Array(capacityMin);
  /** Which series of the target each sample is of, as the caller numbers them. */
  entries = new Int32Array(capacityMin);
  length = 0;

  /** The place of the new sample. */
  push(entry: number, ref: number, timestampMs: number, value: number): number {
    if (this.length === this.refs.length) this.#grow();
    const at = this.length++;
    this.refs[at] = ref;
    this.timestampsMs[at] = timestampMs;
    this.values[at] = value;
    this.startTimestampsMs[at] = 0;
    this.entries[at] = entry;
    return at;
  }

  pushMarker(entry: number, ref: number, timestampMs: number): void {
    const at = this.push(entry, ref, timestampMs, 0);
    this.values.set(marker, at);
  }

  /** Keeps these places only; they must be in order. Bits are copied, so that markers stay markers. */
  keep(places: Iterable<number>): void {
    let kept = 0;
    for (const at of places) {
      for (const column of [this.refs, this.timestampsMs, this.values, this.startTimestampsMs, this.entries])
        column.copyWithin(kept, at, at + 1);
      kept++;
    }
    this.length = kept;
  }

  #grow(): void {
    const capacity = this.refs.length * 2;
    for (const name of ['refs', 'timestampsMs', 'values', 'startTimestampsMs'] as const) {
      const grown = new Float64Array(capacity);
      grown.set(this[name]);
      this[name] = grown;
    }
    const entries = new Int32Array(capacity);
    entries.set(this.entries);
    this.entries = entries;
  }
}
