import { needleFinder } from '../regex/needle-finder.ts';
import type { Needle, SourceBlock } from '../source.ts';

/** Seeks a text in a whole block before any line is looked at. */
export interface NeedleScan {
  /** Length of what is sought. */
  bytes: number;
  /** Whether it tells the lines of this block. */
  canMark(block: SourceBlock, isAscii: boolean): boolean;
  /** Sets to 1 the lines that hold it, and says how many. */
  mark(block: SourceBlock, hits: Uint8Array): number;
}

export function needleScan({ text, ignoreCase }: Needle): NeedleScan {
  return ignoreCase ? anyCaseScan(text) : exactScan(text);
}

function exactScan(text: string): NeedleScan {
  const needle = Buffer.from(text);
  const find = needleFinder(needle);
  const mark: NeedleScan['mark'] = ({ text: block, starts }, hits) => {
    let line = 0;
    let found = 0;
    for (let at = find(block, 0); at >= 0; ) {
      line = lineAt(starts, line, at);
      const next = starts[line + 1]!;
      // A needle with a newline in it may reach into the next line.
      const isWithin = at + needle.length < next;
      if (isWithin) {
        hits[line] = 1;
        found++;
      }
      at = find(block, isWithin ? next : at + 1);
    }
    return found;
  };
  return { bytes: needle.length, canMark: () => true, mark };
}

/** Text is made of so many bytes at a time: small enough to stay in the processor's cache. */
const chunkBytes = 64 * 1024;

/** Letters outside ASCII that are an `s` or a `k` where case is ignored: ſ and the Kelvin sign. */
const foreignLetters = [Buffer.from('\u017f'), Buffer.from('\u212a')];

/** Letters in any case, in bytes taken for characters: the platform's engine does that faster than a loop over bytes. */
function anyCaseScan(text: string): NeedleScan {
  const expression = new RegExp(
    text.replace(/[^A-Za-z0-9]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
    'gi',
  );
  const mark: NeedleScan['mark'] = ({ starts, text: bytes }, hits) => {
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
  const canMark: NeedleScan['canMark'] = (block, isAscii) => {
    return isAscii || !/[ks]/.test(text) || !foreignLetters.some((letter) => block.text.includes(letter));
  };
  return { bytes: text.length, canMark, mark };
}

/** The line that a byte belongs to, from a line on that is not behind it: steps that double, then halves. */
function lineAt(starts: Uint32Array, from: number, at: number): number {
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
