/**
 * A set of byte offsets, as half-open ranges. Invariant: `#bounds` is from, to, from, to, … strictly ascending, so
 * ranges neither touch nor overlap.
 */
export class RangeSet {
  #bounds: number[] = [];

  static of(...ranges: [from: number, to: number][]): RangeSet {
    const set = new RangeSet();
    for (const [from, to] of ranges) set.add(from, to);
    return set;
  }

  get ranges(): [from: number, to: number][] {
    const ranges: [number, number][] = [];
    for (let i = 0; i < this.#bounds.length; i += 2) ranges.push([this.#bounds[i]!, this.#bounds[i + 1]!]);
    return ranges;
  }

  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  /** One past the highest offset, 0 where there is none. */
  get end(): number {
    return this.#bounds.at(-1) ?? 0;
  }

  get size(): number {
    let sum = 0;
    for (let i = 0; i < this.#bounds.length; i += 2) sum += this.#bounds[i + 1]! - this.#bounds[i]!;
    return sum;
  }

  clear(): void {
    this.#bounds = [];
  }

  add(from: number, to: number): void {
    if (from >= to) return;
    const bounds = this.#bounds;
    let first = bounds.length;
    while (first > 0 && bounds[first - 1]! >= from) first -= 2;
    // Ranges from index `first` on end at or behind `from`; those that begin at or before `to` are swallowed.
    let last = first;
    while (last < bounds.length && bounds[last]! <= to) last += 2;
    if (last > first) {
      from = Math.min(from, bounds[first]!);
      to = Math.max(to, bounds[last - 1]!);
    }
    bounds.splice(first, last - first, from, to);
  }

  /** The first offset at or behind `at` that is not in the set. */
  firstMissing(at: number): number {
    for (let i = 0; i < this.#bounds.length; i += 2) {
      if (at < this.#bounds[i]!) return at;
      if (at < this.#bounds[i + 1]!) return this.#bounds[i + 1]!;
    }
    return at;
  }

  /** Where the next range begins behind `at`, which is not in the set. */
  nextFrom(at: number): number {
    for (let i = 0; i < this.#bounds.length; i += 2) if (this.#bounds[i]! > at) return this.#bounds[i]!;
    return Number.POSITIVE_INFINITY;
  }

  /** How many offsets below `end` are not in the set. */
  missingBelow(end: number): number {
    let missing = 0;
    let at = 0;
    for (let i = 0; i < this.#bounds.length && at < end; i += 2) {
      missing += Math.max(0, Math.min(this.#bounds[i]!, end) - at);
      at = this.#bounds[i + 1]!;
    }
    return missing + Math.max(0, end - at);
  }
}
