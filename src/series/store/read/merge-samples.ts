import type { ChunkColumns } from '../chunk/chunk.ts';

/**
 * Makes one run sorted by time, each time once, of several such runs that stand one after another in the columns, with `bounds` between
 * them. Of samples with the same time that of the first run stands. Gives the number of samples that are left, at the beginning.
 */
export function mergeSamples(columns: ChunkColumns, bounds: readonly number[]): number {
  const { times, values, starts } = columns;
  const end = bounds.at(-1)!;
  if (inOrder(times, end)) return end;
  const order = new Uint32Array(end);
  const run = new Uint32Array(end);
  for (let k = 0; k + 1 < bounds.length; k++) run.fill(k, bounds[k]!, bounds[k + 1]!);
  for (let i = 0; i < end; i++) order[i] = i;
  order.sort((a, b) => times[a]! - times[b]! || run[a]! - run[b]!);
  const oldTimes = times.slice(0, end);
  // Bit by bit: a staleness marker is a NaN like others to arithmetic.
  const oldWords = new Uint32Array(values.slice(0, end).buffer);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const oldStarts = starts?.slice(0, end);
  let count = 0;
  for (const i of order) {
    if (count > 0 && times[count - 1] === oldTimes[i]) continue;
    times[count] = oldTimes[i]!;
    words[2 * count] = oldWords[2 * i]!;
    words[2 * count + 1] = oldWords[2 * i + 1]!;
    if (starts) starts[count] = oldStarts![i]!;
    count++;
  }
  return count;
}

function inOrder(times: Float64Array, end: number): boolean {
  for (let i = 1; i < end; i++) if (times[i]! <= times[i - 1]!) return false;
  return true;
}
