import { isAscii } from 'node:buffer';
import type { ExcerptRule, Lines } from '../../block/block.ts';
import { type TextPattern, textPattern } from '../regex/platform-pattern.ts';
import type { LineFilterStage } from '../syntax/ast.ts';
import { lineAt } from './needle-scan.ts';

/** What a scan says of a line: 0 where it cannot tell. */
export const [fails, passes] = [1, 2];

/** Runs a filter by patterns over a whole text. */
export interface PatternScan {
  /** Undefined where it can tell of no line. */
  tell(lines: Lines, checkStop: () => void): Uint8Array | undefined;
  /** What of each line is enough for it, where that is less than the line. */
  excerpt?: ExcerptRule;
}

/** Text is made of so many bytes at a time: small enough to stay in the processor's cache. */
const chunkBytesMin = 64 * 1024;
const NEWLINE = 0x0a;

/** For a filter by patterns that the platform's engine may run on whole texts; a call into it for each line costs more than the search. */
export function patternScan({ op, terms }: LineFilterStage): PatternScan | undefined {
  if (!op.endsWith('~') || terms.some(({ isIp }) => isIp)) return undefined;
  const patterns = terms.map(({ text }) => textPattern(text));
  if (!patterns.every((pattern) => pattern !== undefined)) return undefined;
  const lineBytesMax = Math.min(...patterns.map(({ lineCharsMax }) => lineCharsMax));
  const needsSingleLines = patterns.some((pattern) => pattern.needsSingleLines);
  const [hit, miss] = op.startsWith('!') ? [fails, passes] : [passes, fails];
  const excerpt = excerptRule(patterns);
  const tell: PatternScan['tell'] = (lines, checkStop) => {
    if (needsSingleLines && !areSingle(lines)) return undefined;
    const { text, starts } = lines;
    const told = new Uint8Array(starts.length - 1);
    /** Halves until what is not in ASCII is in lines by themselves: those stay untold. */
    const scan = (from: number, to: number) => {
      const chunk = text.subarray(starts[from]!, starts[to]!);
      if (isAscii(chunk)) {
        told.fill(miss, from, to);
        const source = chunk.toString('latin1');
        for (const pattern of patterns) mark(pattern, source, starts, from, to, told, hit);
      } else if (to - from > 1) {
        const middle = (from + to) >> 1;
        scan(from, middle);
        scan(middle, to);
      }
    };
    for (let from = 0; from < told.length; ) {
      checkStop();
      const to = chunkEnd(starts, from, lineBytesMax);
      if (to > from) scan(from, to);
      // A line that is too long for this engine stays untold.
      from = Math.max(to, from + 1);
    }
    return told;
  };
  return { tell, ...(excerpt && { excerpt }) };
}

function excerptRule(patterns: readonly TextPattern[]): ExcerptRule | undefined {
  const runs = patterns.map((pattern) => pattern.runs);
  if (!runs.every((one) => one !== undefined)) return undefined;
  const alphabet = new Uint8Array(256).map((_, byte) => (runs.some((one) => one.alphabet[byte] === 1) ? 1 : 0));
  return { alphabet, patterns: runs.map(({ needed }) => needed) };
}

/** Behind the last line of a chunk that begins with line `from`; `from` itself where that line is too long. */
function chunkEnd(starts: Uint32Array, from: number, lineBytesMax: number): number {
  let to = from;
  while (to < starts.length - 1 && starts[to]! - starts[from]! < chunkBytesMin) {
    if (starts[to + 1]! - starts[to]! > lineBytesMax) break;
    to++;
  }
  return to;
}

function mark(
  { expression }: TextPattern,
  source: string,
  starts: Uint32Array,
  from: number,
  to: number,
  told: Uint8Array,
  hit: number,
): void {
  const base = starts[from]!;
  let line = from;
  expression.lastIndex = 0;
  for (let match = expression.exec(source); match !== null; match = expression.exec(source)) {
    line = lineAt(starts, line, base + match.index);
    told[line] = hit;
    if (line + 1 >= to) return;
    expression.lastIndex = starts[line + 1]! - base;
  }
}

/** Whether no line holds a newline. */
function areSingle({ text, starts }: Lines): boolean {
  for (let line = 0; line < starts.length - 1; line++) {
    if (text.indexOf(NEWLINE, starts[line]!) < starts[line + 1]! - 1) return false;
  }
  return true;
}
