import { isPresent, type Row } from '../run/row.ts';

/** A row and its value at one step. */
export interface Entry {
  row: Row;
  value: number;
}
/** Whether the first is to be nearer to the top of the heap than the second. NaN is nearest. */
export type LeavesBefore = (a: number, b: number) => boolean;

const smallestFirst: LeavesBefore = (a, b) => Number.isNaN(a) || a < b;

/** The order in which rows come to lie when they are put on a heap one by one, smallest first: that of Prometheus's limitk and limit_ratio. */
export function heapOrder(rows: readonly Row[], step: number): Row[] {
  const heap: Entry[] = [];
  for (const row of rows) {
    if (!isPresent(row, step)) continue;
    heap.push({ row, value: row.values[step]! });
    rise(heap, smallestFirst);
  }
  return heap.map(({ row }) => row);
}

/** Puts the last entry in its place. */
export function rise(heap: Entry[], leavesBefore: LeavesBefore): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!leavesBefore(heap[at]!.value, heap[parent]!.value)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

/** Puts the first entry in its place. */
export function sink(heap: Entry[], leavesBefore: LeavesBefore): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) return;
    if (child + 1 < heap.length && leavesBefore(heap[child + 1]!.value, heap[child]!.value)) child++;
    if (!leavesBefore(heap[child]!.value, heap[at]!.value)) return;
    [heap[at], heap[child]] = [heap[child]!, heap[at]!];
    at = child;
  }
}
