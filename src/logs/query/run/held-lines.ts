import type { Lines } from '../../block/block.ts';
import type { Line } from '../pipeline/line.ts';
import type { SourceBlock } from '../source.ts';

/** Where so many of a block's lines are wanted, all of them are put together: that is cheaper line by line. */
const wholeShareMin = 1 / 2;

/**
 * The lines of a block as far as they have been put together. Invariant: with `#rows`, row `r` of `#lines` is line `#rows[r]`, and these
 * rise; without, all lines are there, or none.
 */
export class HeldLines {
  readonly #block: SourceBlock;
  readonly #line: Line;
  #lines: Lines | undefined;
  #rows: Uint32Array | undefined;
  /** The row that was asked for last. */
  #row = 0;

  constructor(block: SourceBlock, line: Line) {
    this.#block = block;
    this.#line = line;
  }

  get line(): Line {
    return this.#line;
  }

  /** All lines, if they are there. */
  get whole(): Lines | undefined {
    return this.#rows === undefined ? this.#lines : undefined;
  }

  holdAll(): Lines {
    if (this.whole === undefined) this.#take(this.#block.text.all(), undefined);
    return this.whole!;
  }

  /** Puts these lines together, unless they are there. Others may no longer be. */
  hold(indexes: Uint32Array): void {
    if (this.whole !== undefined || indexes.every((index) => this.holds(index))) return;
    const { text, lineCount } = this.#block;
    if (text.compact === undefined || indexes.length >= lineCount * wholeShareMin) {
      this.holdAll();
      return;
    }
    // Those of the latest line first are asked for as well.
    const rising = indexes.length > 1 && indexes[0]! > indexes[1]! ? indexes.toReversed() : indexes;
    // A caller may still turn round what it gave.
    this.#take(text.compact.lines(rising), rising.slice());
  }

  /** What is there, row by row. */
  get lines(): Lines {
    return this.#lines!;
  }

  /** Of a line that is held, among `lines`. */
  rowOf(index: number): number {
    if (this.#rows === undefined) return index;
    // Lines are asked for one after the other, in either direction.
    const [rows, row] = [this.#rows, this.#row];
    if (rows[row] === index) return row;
    if (rows[row + 1] === index) return ++this.#row;
    if (rows[row - 1] === index) return --this.#row;
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return (this.#row = low);
  }

  holds(index: number): boolean {
    return this.#lines !== undefined && (this.#rows === undefined || this.#rows[this.rowOf(index)] === index);
  }

  /** Makes a line that is held the one at hand. */
  turnTo(index: number): void {
    const { starts } = this.#lines!;
    const row = this.rowOf(index);
    this.#line.reset(starts[row]!, starts[row + 1]! - 1);
  }

  #take(lines: Lines, rows: Uint32Array | undefined): void {
    this.#lines = lines;
    this.#rows = rows;
    this.#row = 0;
    this.#line.open(lines.text);
  }
}
