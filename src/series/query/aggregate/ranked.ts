import type { AggregationNode } from '../plan/plan.ts';
import { vectorRows } from '../run/evaluate.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { giveBack, heldBy, isPresent, type Row } from '../run/row.ts';
import { choosesAny } from './check-count.ts';
import { ChosenRows } from './chosen-rows.ts';
import { Grouping } from './group.ts';
import { type Entry, type LeavesBefore, rise, sink } from './heap.ts';

/** topk and bottomk: at each step the k rows of largest or smallest value, best first. Rows that are never among them are let go as they come. */
export function ranked(evaluation: Evaluation, node: AggregationNode, k: Float64Array): Row[] {
  const { rows, areOwn } = vectorRows(evaluation, node.expr);
  const choice = choiceOf(k);
  const grouping = new Grouping(node);
  const groups: Best[] = [];
  let held = 0;
  for (const row of rows) {
    if (choice === 'some' && (groups[grouping.numberOf(row.labels)] ??= new Best(node.op === 'topk', k)).offer(row)) {
      held += heldBy(row);
      continue;
    }
    evaluation.release(heldBy(row));
    if (areOwn) giveBack(row);
  }
  // What is wrong with the rows is told before what is wrong with their number.
  if (choice instanceof Error) throw choice;
  const chosen = new ChosenRows();
  for (let step = 0; step < k.length; step++) {
    for (const group of groups) for (const { row } of group.at(step)) chosen.choose(row, step);
  }
  const results = chosen.rows();
  for (const row of results) evaluation.hold(heldBy(row));
  evaluation.release(held);
  return results;
}

function choiceOf(k: Float64Array): 'some' | 'none' | Error {
  try {
    return choosesAny(k) ? 'some' : 'none';
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/**
 * The best rows of one group, step by step. Invariant: each step has a heap of at most k entries with the worst of them at its top; of equal
 * values those that came first are in it.
 */
class Best {
  readonly #isTop: boolean;
  readonly #leavesBefore: LeavesBefore;
  readonly #sizes: Float64Array;
  readonly #heaps: Entry[][];
  /** A value that is no better than this changes nothing; NaN where anything may. */
  readonly #bars: Float64Array;

  constructor(isTop: boolean, k: Float64Array) {
    this.#isTop = isTop;
    this.#leavesBefore = isTop ? (a, b) => Number.isNaN(a) || a < b : (a, b) => Number.isNaN(a) || a > b;
    this.#sizes = k.map(Math.trunc);
    this.#heaps = Array.from(k, () => []);
    this.#bars = new Float64Array(k.length).fill(Number.NaN);
  }

  /** Whether the row is among the best at any step, by now. */
  offer(row: Row): boolean {
    const { values } = row;
    const bars = this.#bars;
    const isTop = this.#isTop;
    let isKept = false;
    for (let step = 0; step < bars.length; step++) {
      const value = values[step]!;
      if (isTop ? value <= bars[step]! : value >= bars[step]!) continue;
      if (isPresent(row, step) && this.#put(row, step, value)) isKept = true;
    }
    return isKept;
  }

  #put(row: Row, step: number, value: number): boolean {
    const heap = this.#heaps[step]!;
    const size = this.#sizes[step]!;
    if (size < 1) return false;
    if (heap.length < size) {
      heap.push({ row, value });
      rise(heap, this.#leavesBefore);
    } else {
      const top = heap[0]!.value;
      if (Number.isNaN(value) || (!Number.isNaN(top) && (value === top || !this.#leavesBefore(top, value))))
        return false;
      heap[0] = { row, value };
      sink(heap, this.#leavesBefore);
    }
    if (heap.length === size) this.#bars[step] = heap[0]!.value;
    return true;
  }

  /** The best of a step, the very best first. Once, at the end. */
  at(step: number): Entry[] {
    const leavesBefore = this.#leavesBefore;
    return this.#heaps[step]!.sort((a, b) =>
      leavesBefore(b.value, a.value) ? -1 : leavesBefore(a.value, b.value) ? 1 : 0,
    );
  }
}
