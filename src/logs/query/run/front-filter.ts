import { compileStage } from '../pipeline/compile-stages.ts';
import { patternLiterals } from '../pipeline/pattern-filter.ts';
import type { StageRun } from '../pipeline/stage.ts';
import { plainLiteral, requiredLiteral } from '../regex/required-literal.ts';
import type { Needle } from '../source.ts';
import type { LineFilterStage } from '../syntax/ast.ts';
import type { ImpliedNeedle } from './implied-needles.ts';
import { type NeedleScan, needleScan } from './needle-scan.ts';
import { type PatternScan, patternScan } from './pattern-scan.ts';

/** A filter as it runs over a block: lines that hold one of the needles, and then pass the test, if there is one. */
export interface FrontFilter {
  /** Missing where no text can be sought. */
  scans?: NeedleScan[];
  /** Tells of one line whether it passes. */
  test: StageRun;
  /** The same over a whole text, where that can be: which lines pass. */
  scan?: PatternScan;
  isNegative: boolean;
  /** Whether to hold a needle is all. */
  isExact: boolean;
  /** The label that a filter further behind asks for; where the block has it, this one says nothing. */
  impliedBy?: string;
}

export function impliedFilter({ label, text }: ImpliedNeedle): FrontFilter {
  const scans = [text, '\\u'].map((needle) => needleScan({ text: needle, ignoreCase: false }));
  // Of few lines, the filter itself does as well.
  return { scans, test: () => true, isNegative: false, isExact: true, impliedBy: label };
}

/** What finds the fewest lines is greatest: a long text that must be there. */
export function selectivity({ scans, isNegative }: FrontFilter): number {
  if (scans === undefined) return -1;
  return isNegative ? 0 : Math.min(...scans.map(({ needle }) => needle.text.length));
}

export function frontFilter(stage: LineFilterStage): FrontFilter {
  const test = compileStage(stage, { names: null, preserveErrors: false });
  const needles = stage.terms.map((term) => (term.isIp ? undefined : neededBy(stage.op, term.text)));
  const isNegative = stage.op.startsWith('!');
  const isExact = needles.every((needle) => needle?.isExact);
  // A negative filter's lines are those without a needle, where to hold it is all that counts.
  const scan = isExact ? undefined : patternScan(stage);
  const common = { test, isNegative, ...(scan && { scan }) };
  if (needles.some((needle) => needle === undefined) || (isNegative && !isExact)) return { ...common, isExact: false };
  return { ...common, scans: needles.map((needle) => needleScan(needle!)), isExact };
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
