import type { Row } from '../run/row.ts';

/**
 * Makes one column of the rows of a group, which come one by one. The last digit depends on their order. It begins with the first row, whose
 * columns it takes over, and only reads the others.
 */
export interface Reduction {
  /** 1 at the steps at which any row was there; null: at all. */
  readonly present: Uint8Array | null;
  add(row: Row): void;
  /** What it holds at steps without a row does not matter. Called once, at the end. */
  result(): Float64Array;
}
