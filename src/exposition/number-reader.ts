import { MINUS, NINE, PLUS, POINT, ZERO } from './bytes.ts';

/** Powers of ten that a double holds exactly. */
export const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const exactMax = 2 ** 53;
const LOWER_E = 0x65;

/**
 * Numbers as Prometheus 3 takes them: decimal, with an exponent or without, and infinity and NaN in any case. Hexadecimal digits,
 * underscores and what overflows a double are refused.
 *
 * A number whose digits fit 53 bits and whose power of ten is exact is computed by one correctly rounded operation; all others
 * go through the language's own conversion. Either way the result is the nearest double.
 */
export class NumberReader {
  /** Of the last call that returned true. */
  value = 0;

  read(page: Buffer, start: number, end: number): boolean {
    let at = start;
    let first = at < end ? page[at]! : 0;
    const negative = first === MINUS;
    if (negative || first === PLUS) first = ++at < end ? page[at]! : 0;
    if (first !== POINT && (first < ZERO || first > NINE)) return this.#readWord(page, start, at, end, negative);

    let mantissa = 0;
    let digits = 0;
    let scale = 0;
    let inFraction = false;
    for (; at < end; at++) {
      const byte = page[at]!;
      if (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        digits++;
        if (inFraction) scale--;
      } else if (byte === POINT && !inFraction) {
        inFraction = true;
      } else {
        break;
      }
    }
    if (digits === 0) return false;
    if (at < end) {
      if ((page[at]! | 0x20) !== LOWER_E) return false;
      const exponent = readExponent(page, at + 1, end);
      if (Number.isNaN(exponent)) return false;
      scale += exponent;
    }
    if (mantissa < exactMax && scale >= -22 && scale <= 22) {
      const magnitude = scale < 0 ? mantissa / powersOfTen[-scale]! : mantissa * powersOfTen[scale]!;
      this.value = negative ? -magnitude : magnitude;
      return true;
    }
    this.value = Number(page.toString('latin1', start, end));
    return Number.isFinite(this.value);
  }

  #readWord(page: Buffer, start: number, at: number, end: number, negative: boolean): boolean {
    if (end - at !== 3 && end - at !== 8) return false;
    const word = page.toString('latin1', at, end).toLowerCase();
    if (word === 'inf' || word === 'infinity') {
      this.value = negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      return true;
    }
    this.value = Number.NaN;
    return word === 'nan' && at === start;
  }
}

/** NaN where these are not an exponent's digits. What is beyond any double is cut, since its size no longer matters. */
function readExponent(page: Buffer, start: number, end: number): number {
  let at = start;
  const sign = at < end ? page[at] : 0;
  if (sign === MINUS || sign === PLUS) at++;
  if (at === end) return Number.NaN;
  let exponent = 0;
  for (; at < end; at++) {
    const byte = page[at]!;
    if (byte < ZERO || byte > NINE) return Number.NaN;
    if (exponent < 1e8) exponent = exponent * 10 + (byte - ZERO);
  }
  return sign === MINUS ? -exponent : exponent;
}
