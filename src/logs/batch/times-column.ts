import { endianness } from 'node:os';
import type { Nanos } from '../../base/nanotime.ts';
import { corruptColumns } from './column-reader.ts';
import { DELTA_NANOS_MAX, TIME_JUMP } from './columns.ts';

const WORD = 2 ** 32;
const [lowWord, highWord] = endianness() === 'LE' ? [0, 1] : [1, 0];

/** Times are written as two words each: a bigint for every line would take several times longer. Throws Fault `corrupt`. */
export function timesFrom(column: Buffer, lineCount: number, base: Nanos): BigInt64Array {
  const times = new BigInt64Array(lineCount);
  const words = new Int32Array(times.buffer);
  const reader = new DeltaReader(column);
  // Sums of deltas stay exact in a double up to 104 days; past that they are carried over.
  let baseLow = Number(BigInt.asUintN(32, base));
  let baseHigh = Number(base >> 32n);
  let sum = 0;
  for (let line = 0; line < lineCount; line++) {
    const number = reader.next();
    if (number === TIME_JUMP) {
      const time = BigInt(zigzag(reader.next())) * 1_000_000_000n + BigInt(reader.next());
      baseLow = Number(BigInt.asUintN(32, time));
      baseHigh = Number(time >> 32n);
      sum = 0;
    } else sum += zigzag(number);
    const low = baseLow + sum;
    const carry = Math.floor(low / WORD);
    words[2 * line + lowWord] = low - carry * WORD;
    words[2 * line + highWord] = baseHigh + carry;
    if (sum > DELTA_NANOS_MAX || sum < -DELTA_NANOS_MAX) {
      baseLow = low - carry * WORD;
      baseHigh += carry;
      sum = 0;
    }
  }
  return times;
}

function zigzag(number: number): number {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}

/** Varints, most of which have five bytes at most. */
class DeltaReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let value = 0;
    let scale = 1;
    for (;;) {
      if (at >= bytes.length) throw corruptColumns('a column ends early');
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
      if (scale > 2 ** 53) throw corruptColumns('a number in a column is too large');
    }
    this.#at = at;
    return value;
  }
}
