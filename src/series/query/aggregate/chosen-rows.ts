import { emptyRow, type Row, settled } from '../run/row.ts';

/** Rows of which only some steps are kept, in the order in which they were first chosen. */
export class ChosenRows {
  readonly #chosen = new Map<Row, Row>();

  choose(row: Row, step: number): void {
    let chosen = this.#chosen.get(row);
    if (chosen === undefined) {
      chosen = emptyRow(row.labels, row.values.length, row.dropName);
      this.#chosen.set(row, chosen);
    }
    chosen.values[step] = row.values[step]!;
    chosen.present![step] = 1;
  }

  rows(): Row[] {
    return [...this.#chosen.values()].map((row) => settled(row)!);
  }
}
