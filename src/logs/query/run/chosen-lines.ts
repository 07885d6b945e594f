import { isAscii } from 'node:buffer';
import type { SourceBlock } from '../source.ts';
import type { FrontFilter } from './front-filter.ts';
import type { HeldLines } from './held-lines.ts';
import { lettersAgainst, type NeedleScan } from './needle-scan.ts';
import { fails, passes } from './pattern-scan.ts';

/** Lines between two looks at whether to stop. */
const linesPerLook = 32;
/** Of so few lines, each is tested by itself. */
const sparse = 1 / 8;

/** Lines of a block that are still in. Invariant: `count` of `#marks` are 1; without marks all are in. */
export class ChosenLines {
  readonly #block: SourceBlock;
  readonly #held: HeldLines;
  readonly #checkStop: () => void;
  #marks: Uint8Array | undefined;
  count: number;

  constructor(block: SourceBlock, held: HeldLines, checkStop: () => void) {
    this.#block = block;
    this.#held = held;
    this.#checkStop = checkStop;
    this.count = block.lineCount;
  }

  apply(filter: FrontFilter): void {
    const { scans, isNegative, isExact } = filter;
    const hits = scans === undefined ? undefined : this.#scanned(scans);
    if (hits === undefined) {
      this.#keepTested(filter);
      return;
    }
    if (hits.found === 0) {
      if (!isNegative) this.#none();
      return;
    }
    this.#combine(hits.marks, isNegative);
    if (!isExact && this.count > 0) this.#keepTested(filter);
  }

  /** Which lines of the block hold one of the needles; undefined where it is not worth seeking, or seeking does not tell. */
  #scanned(scans: readonly NeedleScan[]): { marks: Uint8Array; found: number } | undefined {
    const { compact } = this.#block.text;
    const marks = new Uint8Array(this.#block.lineCount);
    let found = 0;
    if (compact !== undefined && this.#held.whole === undefined) {
      const tells = ({ needle }: NeedleScan) =>
        lettersAgainst(needle).every((letter) => !compact.mayHold({ text: letter, ignoreCase: false }));
      if (!scans.every(tells)) return undefined;
      for (const { needle } of scans) found += compact.mark(needle, marks);
      return { marks, found };
    }
    if (this.#marks !== undefined && this.count <= this.#block.lineCount * sparse) return undefined;
    const lines = this.#held.holdAll();
    const tells = ({ needle }: NeedleScan) => {
      const letters = lettersAgainst(needle);
      return letters.length === 0 || isAscii(lines.text) || !letters.some((letter) => lines.text.includes(letter));
    };
    if (!scans.every(tells)) return undefined;
    for (const scan of scans) found += scan.mark(lines, marks);
    return { marks, found };
  }

  #keepTested({ test, scan }: FrontFilter): void {
    this.#held.hold(this.indexes());
    const { lines } = this.#held;
    const isWorthwhile = this.count > (lines.starts.length - 1) * sparse;
    const passing = isWorthwhile ? scan?.(lines, this.#checkStop) : undefined;
    this.keep((index) => {
      const row = passing?.[this.#held.rowOf(index)];
      if (row === passes || row === fails) return row === passes;
      this.#held.turnTo(index);
      return test(this.#held.line);
    });
  }

  #none(): void {
    this.#marks = new Uint8Array(this.#block.lineCount);
    this.count = 0;
  }

  /** Keeps the lines that were hit, or those that were not. */
  #combine(hits: Uint8Array, isNegative: boolean): void {
    const marks = this.#marks;
    let count = 0;
    for (let index = 0; index < hits.length; index++) {
      const isIn = (hits[index] === 1) !== isNegative && (marks === undefined || marks[index] === 1);
      hits[index] = isIn ? 1 : 0;
      if (isIn) count++;
    }
    this.#marks = hits;
    this.count = count;
  }

  keep(isKept: (index: number) => boolean): void {
    const marks = this.#marks ?? new Uint8Array(this.#block.lineCount).fill(1);
    let count = 0;
    let looked = 0;
    for (let index = 0; index < marks.length; index++) {
      if (marks[index] === 0) continue;
      if (looked++ % linesPerLook === 0) this.#checkStop();
      if (isKept(index)) count++;
      else marks[index] = 0;
    }
    this.#marks = marks;
    this.count = count;
  }

  indexes(): Uint32Array {
    const marks = this.#marks;
    const all = new Uint32Array(this.count);
    if (marks === undefined) {
      for (let index = 0; index < all.length; index++) all[index] = index;
      return all;
    }
    let at = 0;
    for (let index = 0; at < this.count; index++) if (marks[index] === 1) all[at++] = index;
    return all;
  }
}
