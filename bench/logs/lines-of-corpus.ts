/** Lines of one container of the corpus, in the order in which they were written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRfc3339 } from '../../src/base/nanotime.ts';

export interface CorpusLine {
  seconds: number;
  nanos: number;
  /** May lie in a buffer of the whole file: copy what is kept. */
  text: Buffer;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const PARTIAL = 0x50;
const tagOffset = 'stdout '.length;

/** `directory` holds `0.log` and what was rotated away from it. */
export function* linesOfContainer(directory: string): Generator<CorpusLine> {
  const names = readdirSync(directory).sort();
  const inOrder = [...names.filter((name) => name !== '0.log'), '0.log'];
  const parts: Buffer[] = [];
  for (const name of inOrder) {
    const file = readFileSync(join(directory, name));
    for (let at = 0; at < file.length; ) {
      const end = file.indexOf(NEWLINE, at);
      const space = file.indexOf(SPACE, at);
      const text = file.subarray(space + 'stdout F '.length + 1, end);
      parts.push(text);
      if (file[space + 1 + tagOffset] !== PARTIAL) {
        yield {
          ...secondAndNanos(file.toString('latin1', at, space)),
          text: parts.length > 1 ? Buffer.concat(parts) : text,
        };
        parts.length = 0;
      }
      at = end + 1;
    }
  }
}

let secondText = '';
let second = 0;

/** Neighbours are mostly of one second, so that is read once. */
function secondAndNanos(stamp: string): { seconds: number; nanos: number } {
  const whole = stamp.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  if (whole !== secondText) {
    secondText = whole;
    second = Number(parseRfc3339(`${whole}Z`)! / 1_000_000_000n);
  }
  const fraction = stamp.slice(whole.length + 1, -1);
  return { seconds: second, nanos: fraction === '' ? 0 : Number(fraction.padEnd(9, '0')) };
}
