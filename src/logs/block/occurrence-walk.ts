import type { Templates } from './templates.ts';

/** Of so many lines for each template it pays to count templates first, and then the columns of those that occur. */
const linesPerTemplateMin = 2;

/**
 * Counts occurrences of columns from line to line. Invariant: `next` says of each column which occurrence the next hole of it has, in line
 * `#line`.
 */
export class OccurrenceWalk {
  readonly next: Uint32Array;
  readonly #numbers: Uint16Array;
  readonly #templates: Templates;
  #line = 0;
  /** Lines of each template; all zero between two calls. */
  #linesOf: Uint32Array | undefined;

  constructor(numbers: Uint16Array, templates: Templates, columnCount: number) {
    this.#numbers = numbers;
    this.#templates = templates;
    this.next = new Uint32Array(columnCount);
  }

  /** Starts at a line; each column occurs `counts` times in all. */
  start(line: number, counts: (column: number) => number): void {
    const fromEnd = this.#numbers.length - line;
    if (fromEnd < line) {
      for (let column = 0; column < this.next.length; column++) this.next[column] = counts(column);
      this.#add(line, this.#numbers.length, -1);
    } else this.#add(0, line, 1);
    this.#line = line;
  }

  /** Goes on to a line that is not before. */
  goTo(line: number): void {
    this.#add(this.#line, line, 1);
    this.#line = line;
  }

  /** Goes on behind the line, and says which occurrences its holes have, written from `at` on. Returns where they end. */
  take(occurrences: Uint32Array, at: number): number {
    const { firstPiece, columnOf } = this.#templates;
    const template = this.#numbers[this.#line++]!;
    const end = firstPiece[template + 1]! - 1;
    let hole = at;
    for (let piece = firstPiece[template]!; piece < end; piece++) occurrences[hole++] = this.next[columnOf[piece]!]!++;
    return hole;
  }

  #add(from: number, to: number, sign: 1 | -1): void {
    if (to - from > linesPerTemplateMin * this.#templates.count) this.#addByTemplate(from, to, sign);
    else for (let line = from; line < to; line++) this.#addLines(this.#numbers[line]!, sign);
  }

  #addByTemplate(from: number, to: number, sign: 1 | -1): void {
    const [numbers, { count }] = [this.#numbers, this.#templates];
    const linesOf = (this.#linesOf ??= new Uint32Array(count));
    for (let line = from; line < to; line++) linesOf[numbers[line]!]!++;
    for (let template = 0; template < count; template++) {
      if (linesOf[template] === 0) continue;
      this.#addLines(template, sign * linesOf[template]!);
      linesOf[template] = 0;
    }
  }

  #addLines(template: number, lines: number): void {
    const { firstPiece, columnOf } = this.#templates;
    const next = this.next;
    const end = firstPiece[template + 1]! - 1;
    for (let piece = firstPiece[template]!; piece < end; piece++) next[columnOf[piece]!]! += lines;
  }
}
