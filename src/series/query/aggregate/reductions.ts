import { isPresent, type Row } from '../run/row.ts';
import type { Aggregator } from '../syntax/token.ts';

/** One column of the rows of a group. `present`: the steps at which any row is there. */
export type Reduction = (rows: readonly Row[], count: number) => { values: Float64Array; present: Uint8Array };

/** Aggregations that need no parameter. The rows are added in their order, as the last digit depends on it. */
export const reductions: Partial<Record<Aggregator, Reduction>> = {
  sum,
  avg,
  count: (rows, count) => {
    const { counts, present } = counted(rows, count);
    return { values: counts, present };
  },
  group: (rows, count) => ({ values: new Float64Array(count).fill(1), present: counted(rows, count).present }),
  min: (rows, count) => extreme(rows, count, (next, best) => next < best),
  max: (rows, count) => extreme(rows, count, (next, best) => next > best),
  stdvar: variance,
  stddev: (rows, count) => {
    const { values, present } = variance(rows, count);
    for (let step = 0; step < count; step++) values[step] = Math.sqrt(values[step]!);
    return { values, present };
  },
};

function counted(rows: readonly Row[], count: number): { counts: Float64Array; present: Uint8Array } {
  const counts = new Float64Array(count);
  const present = new Uint8Array(count);
  for (const row of rows) {
    for (let step = 0; step < count; step++) {
      if (!isPresent(row, step)) continue;
      counts[step] = counts[step]! + 1;
      present[step] = 1;
    }
  }
  return { counts, present };
}

/** Compensated; `rests` holds what the sums have lost. The first value is taken as it is. */
function sum(rows: readonly Row[], count: number): { values: Float64Array; present: Uint8Array } {
  const sums = new Float64Array(count);
  const rests = new Float64Array(count);
  const present = new Uint8Array(count);
  for (const row of rows) addRow(row, sums, rests, present);
  for (let step = 0; step < count; step++) sums[step] = sums[step]! + rests[step]!;
  return { values: sums, present };
}

function addRow(row: Row, sums: Float64Array, rests: Float64Array, present: Uint8Array): void {
  const { values } = row;
  for (let step = 0; step < values.length; step++) {
    if (row.present !== null && row.present[step] === 0) continue;
    const value = values[step]!;
    if (present[step] === 0) {
      present[step] = 1;
      sums[step] = value;
      continue;
    }
    const before = sums[step]!;
    const total = before + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) rests[step] = 0;
    else if (Math.abs(before) >= Math.abs(value)) rests[step] = rests[step]! + (before - total + value);
    else rests[step] = rests[step]! + (value - total + before);
    sums[step] = total;
  }
}

/** Sum by count; from where the sum would overflow on, the mean itself is carried along. */
function avg(rows: readonly Row[], count: number): { values: Float64Array; present: Uint8Array } {
  const sums = new Float64Array(count);
  const rests = new Float64Array(count);
  const seen = new Float64Array(count);
  const present = new Uint8Array(count);
  const isMean = new Uint8Array(count);
  for (const row of rows) {
    for (let step = 0; step < count; step++) {
      if (!isPresent(row, step)) continue;
      const value = row.values[step]!;
      const members = (seen[step] = seen[step]! + 1);
      if (members === 1) {
        present[step] = 1;
        sums[step] = value;
        continue;
      }
      if (isMean[step] === 0) {
        const total = sums[step]! + value;
        if (total !== Number.POSITIVE_INFINITY && total !== Number.NEGATIVE_INFINITY) {
          addTo(sums, rests, step, value);
          continue;
        }
        isMean[step] = 1;
        sums[step] = sums[step]! / (members - 1);
        rests[step] = rests[step]! / (members - 1);
      }
      const weight = (members - 1) / members;
      sums[step] = weight * sums[step]!;
      rests[step] = weight * rests[step]!;
      addTo(sums, rests, step, value / members);
    }
  }
  for (let step = 0; step < count; step++) {
    const divisor = isMean[step] === 1 ? 1 : seen[step]!;
    sums[step] = sums[step]! / divisor + rests[step]! / divisor;
  }
  return { values: sums, present };
}

function addTo(sums: Float64Array, rests: Float64Array, step: number, value: number): void {
  const before = sums[step]!;
  const total = before + value;
  if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) rests[step] = 0;
  else if (Math.abs(before) >= Math.abs(value)) rests[step] = rests[step]! + (before - total + value);
  else rests[step] = rests[step]! + (value - total + before);
  sums[step] = total;
}

/** NaN gives way to any number. */
function extreme(rows: readonly Row[], count: number, isBetter: (next: number, best: number) => boolean) {
  const values = new Float64Array(count);
  const present = new Uint8Array(count);
  for (const row of rows) {
    for (let step = 0; step < count; step++) {
      if (!isPresent(row, step)) continue;
      const best = values[step]!;
      if (present[step] === 0 || Number.isNaN(best) || isBetter(row.values[step]!, best))
        values[step] = row.values[step]!;
      present[step] = 1;
    }
  }
  return { values, present };
}

/** Welford's method. */
function variance(rows: readonly Row[], count: number): { values: Float64Array; present: Uint8Array } {
  const squares = new Float64Array(count);
  const means = new Float64Array(count);
  const { counts, present } = { counts: new Float64Array(count), present: new Uint8Array(count) };
  for (const row of rows) {
    for (let step = 0; step < count; step++) {
      if (!isPresent(row, step)) continue;
      const value = row.values[step]!;
      const members = (counts[step] = counts[step]! + 1);
      if (members === 1) {
        present[step] = 1;
        means[step] = value;
        squares[step] = Number.isFinite(value) ? 0 : Number.NaN;
        continue;
      }
      const delta = value - means[step]!;
      means[step] = means[step]! + delta / members;
      squares[step] = squares[step]! + delta * (value - means[step]!);
    }
  }
  for (let step = 0; step < count; step++) squares[step] = squares[step]! / counts[step]!;
  return { values: squares, present };
}
