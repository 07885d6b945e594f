import { isAscii } from 'node:buffer';
import { levelLabel } from '../../level/level.ts';
import { compileStage } from '../pipeline/compile-stages.ts';
import type { Line } from '../pipeline/line.ts';
import { patternLiterals } from '../pipeline/pattern-filter.ts';
import type { StageRun } from '../pipeline/stage.ts';
import { plainLiteral, requiredLiteral } from '../regex/required-literal.ts';
import type { Needle, SourceBlock } from '../source.ts';
import type { LineFilterStage, Stage } from '../syntax/ast.ts';
import { type ImpliedNeedle, impliedNeedles } from './implied-needles.ts';
import { type NeedleScan, needleScan } from './needle-scan.ts';

/** The filters at the front of a pipeline, over a whole block. */
export interface BlockFilter {
  /** How many stages it stands for. */
  stageCount: number;
  /** Indexes of the lines that pass, in order. */
  choose(block: SourceBlock, line: Line, checkStop: () => void): Uint32Array;
}

/** Lines between two looks at whether to stop. */
const linesPerLook = 256;
/** Of so few lines, each is tested by itself. */
const sparse = 1 / 8;

/** A filter as it runs over a block: lines that hold one of the needles, and then pass the test, if there is one. */
interface FrontFilter {
  /** Missing where no text can be sought. */
  scans?: NeedleScan[];
  /** Tells of one line whether it passes. */
  test: StageRun;
  isNegative: boolean;
  /** Whether to hold a needle is all. */
  isExact: boolean;
  /** The label that a filter further behind asks for; where the block has it, this one says nothing. */
  impliedBy?: string;
}

function impliedFilter({ label, text }: ImpliedNeedle): FrontFilter {
  const scans = [text, '\\u'].map((needle) => needleScan({ text: needle, ignoreCase: false }));
  // Of few lines, the filter itself does as well.
  return { scans, test: () => true, isNegative: false, isExact: true, impliedBy: label };
}

function mayHaveLabel({ labels, metadata, detectsLevel }: SourceBlock, name: string): boolean {
  if (detectsLevel && name === levelLabel) return true;
  return Object.hasOwn(labels, name) || (metadata?.sets.some((set) => Object.hasOwn(set, name)) ?? false);
}

export function createBlockFilter(stages: readonly Stage[]): BlockFilter {
  const front = stages.findIndex(({ kind }) => kind !== 'line_filter');
  const stageCount = front < 0 ? stages.length : front;
  const filters = [
    ...stages.slice(0, stageCount).map((stage) => frontFilter(stage as LineFilterStage)),
    ...impliedNeedles(stages.slice(stageCount)).map(impliedFilter),
  ];
  // What finds the fewest lines comes first: a long text that must be there.
  const ordered = filters.toSorted((a, b) => selectivity(b) - selectivity(a));
  return {
    stageCount,
    choose(block, line, checkStop) {
      const chosen = new ChosenLines(block, line, checkStop);
      for (const filter of ordered) {
        if (filter.impliedBy !== undefined && mayHaveLabel(block, filter.impliedBy)) continue;
        chosen.apply(filter);
        if (chosen.count === 0) break;
      }
      return chosen.indexes();
    },
  };
}

function selectivity({ scans, isNegative }: FrontFilter): number {
  if (scans === undefined) return -1;
  return isNegative ? 0 : Math.min(...scans.map(({ bytes }) => bytes));
}

function frontFilter(stage: LineFilterStage): FrontFilter {
  const test = compileStage(stage, { names: null, preserveErrors: false });
  const needles = stage.terms.map((term) => (term.isIp ? undefined : neededBy(stage.op, term.text)));
  const isNegative = stage.op.startsWith('!');
  const isExact = needles.every((needle) => needle?.isExact);
  // A negative filter's lines are those without a needle, where to hold it is all that counts.
  if (needles.some((needle) => needle === undefined) || (isNegative && !isExact))
    return { test, isNegative, isExact: false };
  return { scans: needles.map((needle) => needleScan(needle!)), test, isNegative, isExact };
}

function neededBy(op: LineFilterStage['op'], text: string): (Needle & { isExact: boolean }) | undefined {
  if (text === '' || text.includes('\ufffd')) return undefined;
  if (op === '|=' || op === '!=') return { text, ignoreCase: false, isExact: true };
  if (op === '|~' || op === '!~') {
    const plain = plainLiteral(text);
    if (plain) return { ...plain, isExact: true };
    const required = requiredLiteral(text);
    return required && { ...required, isExact: false };
  }
  const literals = patternLiterals(text).map((literal) => literal.toString());
  const longest = literals.reduce((best, literal) => (literal.length > best.length ? literal : best), '');
  return longest === '' ? undefined : { text: longest, ignoreCase: false, isExact: false };
}

/** Lines of a block that are still in. Invariant: `count` of `#marks` are 1; without marks all are in. */
class ChosenLines {
  readonly #block: SourceBlock;
  readonly #line: Line;
  readonly #checkStop: () => void;
  readonly #isAscii: boolean;
  #marks: Uint8Array | undefined;
  count: number;

  constructor(block: SourceBlock, line: Line, checkStop: () => void) {
    this.#block = block;
    this.#line = line;
    this.#checkStop = checkStop;
    this.#isAscii = line.isAscii || isAscii(block.text);
    this.count = block.times.length;
  }

  apply(filter: FrontFilter): void {
    const { scans, test, isNegative, isExact } = filter;
    const isWorthwhile =
      scans !== undefined && (this.#marks === undefined || this.count > this.#block.times.length * sparse);
    const canScan = isWorthwhile && scans.every((scan) => scan.canMark(this.#block, this.#isAscii));
    if (!canScan) {
      this.#keep((index) => this.#passes(test, index));
      return;
    }
    const hits = new Uint8Array(this.#block.times.length);
    let found = 0;
    for (const scan of scans) found += scan.mark(this.#block, hits);
    if (found === 0) {
      if (!isNegative) this.#none();
      return;
    }
    this.#combine(hits, isNegative);
    if (!isExact && this.count > 0) this.#keep((index) => this.#passes(test, index));
  }

  #passes(test: StageRun, index: number): boolean {
    const { starts } = this.#block;
    this.#line.reset(starts[index]!, starts[index + 1]! - 1);
    return test(this.#line);
  }

  #none(): void {
    this.#marks = new Uint8Array(this.#block.times.length);
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

  #keep(isKept: (index: number) => boolean): void {
    const marks = this.#marks ?? new Uint8Array(this.#block.times.length).fill(1);
    let count = 0;
    let looked = 0;
    for (let index = marks.indexOf(1); index >= 0; index = marks.indexOf(1, index + 1)) {
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
