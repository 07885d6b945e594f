import { isAscii } from 'node:buffer';
import type { CompactText, ExcerptRule, Occurrences } from '../../block/block.ts';
import type { SourceBlock } from '../source.ts';
import type { FrontFilter } from './front-filter.ts';
import type { HeldLines } from './held-lines.ts';
import { lettersAgainst, type NeedleScan } from './needle-scan.ts';
import { fails, type PatternScan, passes } from './pattern-scan.ts';

/** Lines between two looks at whether to stop. */
const linesPerLook = 32;
const noLines = new Uint32Array();
/** Of so few lines, each is tested by itself. */
const sparse = 1 / 8;

/**
 * Lines of a block that are still in, `count` of them. Invariant: at most one of `#only`, `#few` and `#marks` is there, and tells which; without
 * one, all are in.
 */
export class ChosenLines {
  readonly #block: SourceBlock;
  readonly #held: HeldLines;
  readonly #checkStop: () => void;
  #marks: Uint8Array | undefined;
  /** The one filter so far, of which it is known how many lines it lets pass, and not yet which. */
  #only: { found: Occurrences; isNegative: boolean } | undefined;
  /** By their numbers, rising. */
  #few: Uint32Array | undefined;
  count: number;

  constructor(block: SourceBlock, held: HeldLines, checkStop: () => void) {
    this.#block = block;
    this.#held = held;
    this.#checkStop = checkStop;
    this.count = block.lineCount;
  }

  apply(filter: FrontFilter): void {
    const { scans, isNegative, isExact } = filter;
    if (this.#isCounted(filter)) return;
    this.#mark();
    const hits = scans === undefined ? undefined : this.#scanned(scans);
    if (hits === undefined) {
      this.#keepTested(filter);
      return;
    }
    this.#combine(hits, isNegative);
    if (!isExact && this.count > 0) this.#keepTested(filter);
  }

  /** Whether a filter at the front was only counted. */
  #isCounted({ scans, isNegative, isExact }: FrontFilter): boolean {
    if (
      this.#marks !== undefined ||
      this.#few !== undefined ||
      this.#only !== undefined ||
      !isExact ||
      scans?.length !== 1
    )
      return false;
    const compact = this.#searchable(scans);
    if (compact === undefined) return false;
    const found = compact.seek(scans[0]!.needle);
    this.#only = { found, isNegative };
    this.count = isNegative ? this.count - found.count() : found.count();
    return true;
  }

  #mark(): void {
    if (this.#few !== undefined) {
      this.#marks = new Uint8Array(this.#block.lineCount);
      for (const index of this.#few) this.#marks[index] = 1;
      this.#few = undefined;
    }
    if (this.#only === undefined) return;
    const { found, isNegative } = this.#only;
    this.#only = undefined;
    this.#combine(found.marks(), isNegative);
  }

  /** The compact text, where seeking in it tells which lines hold the needles. */
  #searchable(scans: readonly NeedleScan[]): CompactText | undefined {
    const { compact } = this.#block.text;
    if (compact === undefined || this.#held.whole !== undefined) return undefined;
    const tells = ({ needle }: NeedleScan) =>
      lettersAgainst(needle).every((letter) => !compact.seek({ text: letter, ignoreCase: false }).isPossible);
    return scans.every(tells) ? compact : undefined;
  }

  /** Which lines of the block hold one of the needles; undefined where it is not worth seeking, or seeking does not tell. */
  #scanned(scans: readonly NeedleScan[]): Uint8Array | undefined {
    if (this.#block.text.compact !== undefined && this.#held.whole === undefined) {
      const compact = this.#searchable(scans);
      return compact && joined(scans.map(({ needle }) => compact.seek(needle).marks()));
    }
    if (this.#marks !== undefined && this.count <= this.#block.lineCount * sparse) return undefined;
    const lines = this.#held.holdAll();
    const tells = ({ needle }: NeedleScan) => {
      const letters = lettersAgainst(needle);
      return letters.length === 0 || isAscii(lines.text) || !letters.some((letter) => lines.text.includes(letter));
    };
    if (!scans.every(tells)) return undefined;
    const marks = new Uint8Array(this.#block.lineCount);
    for (const scan of scans) scan.mark(lines, marks);
    return marks;
  }

  #keepTested(filter: FrontFilter): void {
    const { compact } = this.#block.text;
    if (compact !== undefined && this.#held.whole === undefined && filter.scan?.excerpt !== undefined)
      this.#keepExcerpted(filter, compact, filter.scan, filter.scan.excerpt);
    else this.#keepHeld(filter);
  }

  /** Lines are looked at where an excerpt does not tell. */
  #keepExcerpted({ test }: FrontFilter, compact: CompactText, scan: PatternScan, excerpt: ExcerptRule): void {
    const indexes = this.indexes();
    const told = scan.tell(compact.excerpts(indexes, excerpt), this.#checkStop) ?? new Uint8Array(indexes.length);
    const untold = told.includes(0) ? indexes.filter((_, at) => told[at] === 0) : noLines;
    if (untold.length > 0) this.#held.hold(untold);
    let at = 0;
    this.keep((index) => {
      const row = told[at++];
      if (row === passes || row === fails) return row === passes;
      this.#held.turnTo(index);
      return test(this.#held.line);
    });
  }

  #keepHeld({ test, scan }: FrontFilter): void {
    this.#held.hold(this.indexes());
    const { lines } = this.#held;
    const isWorthwhile = this.count > (lines.starts.length - 1) * sparse;
    const passing = isWorthwhile ? scan?.tell(lines, this.#checkStop) : undefined;
    this.keep((index) => {
      const row = passing?.[this.#held.rowOf(index)];
      if (row === passes || row === fails) return row === passes;
      this.#held.turnTo(index);
      return test(this.#held.line);
    });
  }

  /** Keeps the lines that were hit, or those that were not. */
  #combine(hits: Uint8Array, isNegative: boolean): void {
    const [before, marks] = [this.#marks, new Uint8Array(hits.length)];
    const wanted = isNegative ? 0 : 1;
    let count = 0;
    for (let index = 0; index < hits.length; index++) {
      if (hits[index] !== wanted || (before !== undefined && before[index] === 0)) continue;
      marks[index] = 1;
      count++;
    }
    this.#marks = marks;
    this.count = count;
  }

  keep(isKept: (index: number) => boolean): void {
    let looked = 0;
    const isStillKept = (index: number) => {
      if (looked++ % linesPerLook === 0) this.#checkStop();
      return isKept(index);
    };
    const few = this.#fewLines();
    if (few !== undefined) {
      this.#few = few.filter(isStillKept);
      this.#only = undefined;
      this.count = this.#few.length;
    } else this.#keepMarked(isStillKept);
  }

  #fewLines(): Uint32Array | undefined {
    if (this.#few !== undefined) return this.#few;
    const isFew = this.#only?.isNegative === false && this.count <= this.#block.lineCount * sparse;
    return isFew ? this.#only!.found.lines() : undefined;
  }

  #keepMarked(isKept: (index: number) => boolean): void {
    this.#mark();
    const marks = this.#marks ?? new Uint8Array(this.#block.lineCount).fill(1);
    let count = 0;
    for (let index = 0; index < marks.length; index++) {
      if (marks[index] === 0) continue;
      if (isKept(index)) count++;
      else marks[index] = 0;
    }
    this.#marks = marks;
    this.count = count;
  }

  /** The caller's own. */
  indexes(): Uint32Array {
    const listed = this.#few ?? (this.#only?.isNegative === false ? this.#only.found.lines() : undefined);
    if (listed !== undefined) return listed.slice();
    this.#mark();
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

/** Lines that one of several hit. */
function joined(all: readonly Uint8Array[]): Uint8Array {
  if (all.length === 1) return all[0]!;
  const marks = Uint8Array.from(all[0]!);
  for (const one of all.slice(1)) for (let at = 0; at < marks.length; at++) marks[at]! |= one[at]!;
  return marks;
}
