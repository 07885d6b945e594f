import { type Lines, needleFinder } from '../../block/block.ts';
import type { Needle } from '../source.ts';

/** Seeks a text in a whole block before any line is looked at. */
export interface NeedleScan {
  /** What is sought. */
  needle: Needle;
  /** Sets to 1 the lines that hold it, and says how many it set that were 0. */
  mark(lines: Lines, hits: Uint8Array): number;
}

/** Letters outside ASCII that are an `s` or a `k` where case is ignored: ſ and the Kelvin sign. */
const foreignLetters = ['\u017f', '\u212a'];

/** Letters that must not be in a text, or the needle does not tell its lines. */
export function lettersAgainst({ text, ignoreCase }: Needle): readonly string[] {
  return ignoreCase && /[ks]/.test(text) ? foreignLetters : [];
}

export function needleScan(needle: Needle): NeedleScan {
  return { needle, mark: needle.ignoreCase ? anyCaseMark(needle.text) : exactMark(needle.text) };
}

function exactMark(text: string): NeedleScan['mark'] {
  const needle = Buffer.from(text);
  const find = needleFinder(needle);
  return ({ text: block, starts }, hits) => {
    let line = 0;
    let found = 0;
    for (let at = find(block, 0); at >= 0; ) {
      line = lineAt(starts, line, at);
      const next = starts[line + 1]!;
      // A needle with a newline in it may reach into the next line.
      const isWithin = at + needle.length < next;
      if (isWithin && hits[line] === 0) {
        hits[line] = 1;
        found++;
      }
      at = find(block, isWithin ? next : at + 1);
    }
    return found;
  };
}

/** Text is made of so many bytes at a time: small enough to stay in the processor's cache. */
const chunkBytes = 64 * 1024;

/** Letters in any case, in bytes taken for characters: the platform's engine does that faster than a loop over bytes. */
function anyCaseMark(text: string): NeedleScan['mark'] {
  const expression = new RegExp(
    text.replace(/[^A-Za-z0-9]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
    'gi',
  );
  return ({ starts, text: bytes }, hits) => {
    let line = 0;
    let found = 0;
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      // Chunks overlap by a needle, less one byte.
      const chunk = bytes.toString('latin1', from, from + chunkBytes + text.length - 1);
      expression.lastIndex = 0;
      while (expression.test(chunk)) {
        const end = from + expression.lastIndex;
        line = lineAt(starts, line, end - text.length);
        const next = starts[line + 1]!;
        const isWithin = end < next;
        if (isWithin && hits[line] === 0) {
          hits[line] = 1;
          found++;
        }
        expression.lastIndex = (isWithin ? next : end - text.length + 1) - from;
        if (expression.lastIndex >= chunk.length) break;
      }
    }
    return found;
  };
}

/** The line that a byte belongs to, from a line on that is not behind it: steps that double, then halves. */
export function lineAt(starts: Uint32Array, from: number, at: number): number {
  if (starts[from + 1]! > at) return from;
  let step = 1;
  let low = from + 1;
  while (low + step < starts.length - 1 && starts[low + step]! <= at) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, starts.length - 1);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle;
  }
  return low;
}
