const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const slotsMin = 64;
const bytesMin = 4096;
/** Dead series are cleared away when there are more of them than this and than half of the living. */
const deadSeriesMin = 1000;

/** Instead of a ref: relabelling drops the series. */
export const DROPPED = -1;
/** Instead of a ref: the store has to be asked. */
export const UNRESOLVED = 0;
/** Instead of a group: the series is of no metric with a start timestamp. */
const NO_GROUP = -1;

/**
 * The series of one target, found by the bytes of name and labels as they stand on its page, so that a page whose series are
 * known makes no string. Pages list their series in the same order mostly: the series after the last one found is tried first.
 *
 * Invariant: entry `i` has its bytes at `#starts[i]`..`#starts[i + 1]` of `#bytes`, and every entry is in the chain of its hash.
 */
export class SeriesCache {
  #bytes = Buffer.allocUnsafeSlow(bytesMin);
  #starts = new Uint32Array(slotsMin + 1);
  #hashes = new Int32Array(slotsMin);
  #next = new Int32Array(slotsMin);
  #heads = new Int32Array(slotsMin * 2).fill(-1);
  #expected = 0;
  /** By entry. */
  refs = new Float64Array(slotsMin);
  /** The number of the scrape that had it last. */
  seen = new Float64Array(slotsMin);
  /** TRACKED, SEEN_TRACKED: see TargetSeries. */
  tracked = new Uint8Array(slotsMin);
  /** Series of one group share a start timestamp: a histogram's buckets, sum and count. */
  groups = new Int32Array(slotsMin);
  /** The type that the page gave, as the caller numbers types: it decides how bounds are written. */
  types = new Uint8Array(slotsMin);
  size = 0;

  /** At the beginning of a page. */
  rewind(): void {
    this.#expected = 0;
  }

  /** The entry of these bytes, or -1. */
  find(page: Buffer, start: number, end: number): number {
    const expected = this.#expected;
    if (expected < this.size && this.#equals(expected, page, start, end)) {
      this.#expected = expected + 1;
      return expected;
    }
    const hash = hashOf(page, start, end);
    for (let entry = this.#heads[hash & (this.#heads.length - 1)]!; entry >= 0; entry = this.#next[entry]!) {
      if (this.#hashes[entry] === hash && this.#equals(entry, page, start, end)) {
        this.#expected = entry + 1;
        return entry;
      }
    }
    return -1;
  }

  /** For bytes that `find` does not know. */
  add(page: Buffer, start: number, end: number, ref: number): number {
    if (this.size === this.refs.length) this.#resize(this.size * 2);
    const entry = this.size++;
    const at = this.#starts[entry]!;
    const length = end - start;
    if (at + length > this.#bytes.length) this.#growBytes(at + length);
    page.copy(this.#bytes, at, start, end);
    this.#starts[entry + 1] = at + length;
    this.refs[entry] = ref;
    this.seen[entry] = -1;
    this.tracked[entry] = 0;
    this.types[entry] = 0;
    this.groups[entry] = NO_GROUP;
    this.#link(entry, hashOf(page, start, end));
    this.#expected = entry + 1;
    return entry;
  }

  /** Name and labels as the page had them. */
  bytesOf(entry: number): Buffer {
    return this.#bytes.subarray(this.#starts[entry]!, this.#starts[entry + 1]!);
  }

  /** After a page of `live` series: forgets those that the page did not have, once they are many. True: entries have new numbers. */
  sweep(scrape: number, live: number): boolean {
    const dead = this.size - live;
    if (dead <= deadSeriesMin || dead <= live / 2) return false;
    const kept = new SeriesCache();
    for (let entry = 0; entry < this.size; entry++) {
      if (this.seen[entry] !== scrape) continue;
      const bytes = this.bytesOf(entry);
      const added = kept.add(bytes, 0, bytes.length, this.refs[entry]!);
      kept.seen[added] = this.seen[entry]!;
      kept.tracked[added] = this.tracked[entry]!;
      kept.types[added] = this.types[entry]!;
      kept.groups[added] = this.groups[entry]!;
    }
    this.#bytes = kept.#bytes;
    this.#starts = kept.#starts;
    this.#hashes = kept.#hashes;
    this.#next = kept.#next;
    this.#heads = kept.#heads;
    this.refs = kept.refs;
    this.seen = kept.seen;
    this.tracked = kept.tracked;
    this.types = kept.types;
    this.groups = kept.groups;
    this.size = kept.size;
    this.rewind();
    return true;
  }

  #equals(entry: number, page: Buffer, start: number, end: number): boolean {
    const from = this.#starts[entry]!;
    const to = this.#starts[entry + 1]!;
    return to - from === end - start && page.compare(this.#bytes, from, to, start, end) === 0;
  }

  #link(entry: number, hash: number): void {
    const slot = hash & (this.#heads.length - 1);
    this.#hashes[entry] = hash;
    this.#next[entry] = this.#heads[slot]!;
    this.#heads[slot] = entry;
  }

  #growBytes(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, this.#bytes.length * 2));
    this.#bytes.copy(grown);
    this.#bytes = grown;
  }

  #resize(capacity: number): void {
    this.#starts = enlarged(this.#starts, new Uint32Array(capacity + 1));
    this.#hashes = enlarged(this.#hashes, new Int32Array(capacity));
    this.#next = new Int32Array(capacity);
    this.refs = enlarged(this.refs, new Float64Array(capacity));
    this.seen = enlarged(this.seen, new Float64Array(capacity));
    this.tracked = enlarged(this.tracked, new Uint8Array(capacity));
    this.types = enlarged(this.types, new Uint8Array(capacity));
    this.groups = enlarged(this.groups, new Int32Array(capacity));
    this.#heads = new Int32Array(capacity * 2).fill(-1);
    for (let entry = 0; entry < this.size; entry++) this.#link(entry, this.#hashes[entry]!);
  }
}

function enlarged<A extends Uint32Array | Int32Array | Float64Array | Uint8Array>(old: A, grown: A): A {
  grown.set(old);
  return grown;
}

/** FNV-1a. The bytes of a page that its target wrote to make chains long cost that target's scrapes alone. */
function hashOf(page: Buffer, start: number, end: number): number {
  let hash = FNV_OFFSET | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ page[at]!, FNV_PRIME);
  return hash ^ (hash >>> 15);
}
