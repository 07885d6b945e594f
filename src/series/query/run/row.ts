import { Labels } from '../labels/labels.ts';

/** One series over all steps of an evaluation: the unit that operators work on. Its columns belong to whoever holds the row. */
export interface Row {
  labels: Labels;
  /** The metric's name is to go when the query is done (with delayed name removal), or has gone already. */
  dropName: boolean;
  values: Float64Array;
  /** 1 where the row has a value at the step; null: everywhere. What `values` holds elsewhere means nothing. */
  present: Uint8Array | null;
}

export function isPresent(row: Row, step: number): boolean {
  return row.present === null || row.present[step] === 1;
}

/** A row that is filled step by step; `null` presence is restored when it turns out to be full. */
export function emptyRow(labels: Labels, count: number, dropName = false): Row {
  return { labels, dropName, values: new Float64Array(count), present: new Uint8Array(count) };
}

/** Settles the presence of a row that was filled step by step; undefined where nothing was. */
export function settled(row: Row): Row | undefined {
  if (row.present === null) return row;
  if (!row.present.includes(0)) return { ...row, present: null };
  return row.present.includes(1) ? row : undefined;
}

export function pointCount(row: Row): number {
  if (row.present === null) return row.values.length;
  let points = 0;
  for (const flag of row.present) points += flag;
  return points;
}

/** Slots of a row that count as one sample: a row takes room for the steps at which its series is missing, too. */
const SLOTS_PER_SAMPLE = 4;

/** What a row counts against the limit on samples. */
export function heldBy(row: Row): number {
  return Math.max(pointCount(row), Math.ceil(row.values.length / SLOTS_PER_SAMPLE));
}

export function scalarRow(values: Float64Array): Row {
  return { labels: Labels.empty, dropName: false, values, present: null };
}
