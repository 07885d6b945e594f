import type { Lines } from '../../block/block.ts';
import type { Line } from '../pipeline/line.ts';
import type { SourceBlock } from '../source.ts';

/** Where so many of a block's lines are wanted, all of them are put together: that is cheaper line by line. */
const wholeShareMin = 1 / 2;

/**
 * The lines of a block as far as they have been put together. Invariant: with `#rows`, row `#rows[i] - 1` of `#lines` is line `i`, and
 * 0 means that it is not there; without, all lines are there, or none.
 */
export class HeldLines {
  readonly #block: SourceBlock;
  readonly #line: Line;
  #lines: Lines | undefined;
  #rows: Uint32Array | undefined;

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
    const rows = new Uint32Array(lineCount);
    for (let row = 0; row < rising.length; row++) rows[rising[row]!] = row + 1;
    this.#take(text.compact.lines(rising), rows);
  }

  /** What is there, row by row. */
  get lines(): Lines {
    return this.#lines!;
  }

  /** Of a line that is held, among `lines`. */
  rowOf(index: number): number {
    return this.#rows === undefined ? index : this.#rows[index]! - 1;
  }

  holds(index: number): boolean {
    return this.#lines !== undefined && (this.#rows === undefined || this.#rows[index]! > 0);
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
    this.#line.open(lines.text);
  }
}
