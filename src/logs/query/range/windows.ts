import type { Buckets } from '../plan/buckets.ts';
import type { SampleKind } from '../plan/plan.ts';
import type { SeriesCells } from '../run/block-result.ts';
import { joinCells } from '../run/cells.ts';

/** What the buckets of one window come to; `values` and `times` of points alone. */
export interface WindowState {
  a: number;
  b: number;
  c: number;
  values: readonly number[];
  times: readonly number[];
}

/**
 * Calls `found` for each step whose window holds a sample. Windows slide: each bucket is joined a constant number of times however many
 * windows hold it, by two stacks, so that nothing is ever subtracted from a sum.
 */
export function eachWindow(
  kind: SampleKind,
  cells: SeriesCells,
  buckets: Buckets,
  steps: number,
  found: (step: number, state: WindowState) => void,
): void {
  const sorted = sortedCells(cells);
  const fold = kind === 'points' ? new PointWindow(sorted) : new FoldWindow(kind, sorted);
  let from = 0;
  let to = 0;
  for (let step = 0; step < steps; step++) {
    const [first, last] = buckets.window(step);
    while (to < sorted.buckets.length && sorted.buckets[to]! <= last) fold.push(to++);
    while (from < to && sorted.buckets[from]! < first) {
      fold.shift(from++);
    }
    if (from < to) found(step, fold.state(from, to));
  }
}

function sortedCells(cells: SeriesCells): SeriesCells {
  const isSorted = cells.buckets.every((bucket, at) => at === 0 || cells.buckets[at - 1]! < bucket);
  if (isSorted) return cells;
  const order = cells.buckets.map((_, at) => at).sort((x, y) => cells.buckets[x]! - cells.buckets[y]!);
  const pick = <T>(column: T[]) => (column.length === 0 ? column : order.map((at) => column[at]!));
  return {
    ...cells,
    buckets: pick(cells.buckets),
    a: pick(cells.a),
    b: pick(cells.b),
    c: pick(cells.c),
    values: pick(cells.values),
    times: pick(cells.times),
  };
}

interface SlidingWindow {
  push(row: number): void;
  shift(row: number): void;
  state(from: number, to: number): WindowState;
}

/** Points are kept as they are: a window's are those of its buckets, in the order of time. */
class PointWindow implements SlidingWindow {
  readonly #cells: SeriesCells;

  constructor(cells: SeriesCells) {
    this.#cells = cells;
  }

  push(): void {}

  shift(): void {}

  state(from: number, to: number): WindowState {
    const values = this.#cells.values.slice(from, to).flat();
    const times = this.#cells.times.slice(from, to).flat();
    const order = times.map((_, at) => at).sort((x, y) => times[x]! - times[y]!);
    return { a: 0, b: 0, c: 0, values: order.map((at) => values[at]!), times: order.map((at) => times[at]!) };
  }
}

/**
 * Invariant: rows [front, middle) have their joins with all rows up to `middle` in `#fronts`, rows from `middle` on are joined in `#back`.
 */
class FoldWindow implements SlidingWindow {
  readonly #kind: SampleKind;
  readonly #cells: SeriesCells;
  #fronts: SeriesCells[] = [];
  #middle = 0;
  #end = 0;
  #back: SeriesCells | undefined;

  constructor(kind: SampleKind, cells: SeriesCells) {
    this.#kind = kind;
    this.#cells = cells;
  }

  #single(row: number): SeriesCells {
    const { a, b, c } = this.#cells;
    return { ...this.#cells, a: [a[row]!], b: [b[row] ?? 0], c: [c[row] ?? 0] };
  }

  push(row: number): void {
    if (this.#back === undefined) this.#back = this.#single(row);
    else joinCells(this.#kind, this.#back, 0, this.#cells, row);
    this.#end = row + 1;
  }

  shift(row: number): void {
    if (row >= this.#middle) this.#turn(row);
    this.#fronts.pop();
  }

  /** The rows of the back become the front, joined from the last to the first. */
  #turn(first: number): void {
    this.#fronts = [];
    let joined: SeriesCells | undefined;
    for (let row = this.#end - 1; row >= first; row--) {
      const single = this.#single(row);
      if (joined !== undefined) joinCells(this.#kind, single, 0, joined, 0);
      joined = single;
      this.#fronts.push(single);
    }
    this.#middle = this.#end;
    this.#back = undefined;
  }

  state(): WindowState {
    const front = this.#fronts.at(-1);
    const back = this.#back;
    let whole = front ?? back!;
    if (front && back) {
      whole = { ...front, a: [front.a[0]!], b: [front.b[0]!], c: [front.c[0]!] };
      joinCells(this.#kind, whole, 0, back, 0);
    }
    return { a: whole.a[0]!, b: whole.b[0]!, c: whole.c[0]!, values: [], times: [] };
  }
}
