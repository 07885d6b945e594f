import { valueText } from './json-number.ts';

const [zero, minus, point, quote, backslash] = [0x30, 0x2d, 0x2e, 0x22, 0x5c];
/** The two characters of each number below 100, as a word of two bytes. */
const pairs = Uint16Array.from({ length: 100 }, (_, at) => ((zero + (at % 10)) << 8) | (zero + Math.floor(at / 10)));
/** Numbers below this are written by their digits; a double tells any two decimals of 15 digits apart. */
const digitsBelow = 1e15;
const half = 1e7;
const smallestPlain = 1e-6;
/** More than any number or any character takes, or a word that is written whole. */
const slackBytes = 64;

/** JSON as bytes, gathered piece by piece. Invariant: what is between the beginning and `length` is written. */
export class JsonBytes {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  length = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes + slackBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written, in memory of its own; the next piece begins. */
  take(): Buffer<ArrayBuffer> {
    const piece = Buffer.from(new ArrayBuffer(this.length));
    piece.set(this.#bytes.subarray(0, this.length));
    this.length = 0;
    return piece;
  }

  /** Text as it is. */
  text(text: string): void {
    this.#reserve(3 * text.length);
    const bytes = this.#bytes;
    const from = this.length;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7e) {
        this.#encoded(text);
        return;
      }
      bytes[from + at] = unit;
    }
    this.length = from + text.length;
  }

  #encoded(text: string): void {
    this.length += new TextEncoder().encodeInto(text, this.#bytes.subarray(this.length)).written;
  }

  /** Text as a JSON string. */
  quoted(text: string): void {
    this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    let at = this.length;
    bytes[at++] = quote;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x20 || unit > 0x7e || unit === quote || unit === backslash) {
        this.text(JSON.stringify(text));
        return;
      }
      bytes[at++] = unit;
    }
    bytes[at++] = quote;
    this.length = at;
  }

  /** So many bytes that stand in words, the lowest byte of each first, from one of them on. */
  words(words: Uint32Array, from: number, bytes: number): void {
    this.#reserve(bytes);
    const view = this.#view;
    for (let at = this.length, word = from; at < this.length + bytes; at += 4, word++) {
      view.setUint32(at, words[word]!, true);
    }
    this.length += bytes;
  }

  /** A sample's value as `valueText` has it, without quotes. */
  value(value: number): void {
    this.#reserve(0);
    if (!this.#asDecimal(value)) this.text(valueText(value));
  }

  /**
   * Digits behind the point that are tried before a number's shortest text is asked for: where they give the number again, and are no more than
   * what tells doubles apart, they are the shortest.
   */
  #asDecimal(value: number): boolean {
    const size = Math.abs(value);
    if (!(size >= smallestPlain && size < digitsBelow)) return false;
    const integer = Math.floor(size);
    const fraction = size - integer;
    if (fraction === 0) {
      this.#decimal(value < 0, integer, 0, 0);
      return true;
    }
    const thousandths = Math.round(fraction * 1e3);
    if (isExactly(size, integer * 1e3 + thousandths, 1e3)) {
      this.#decimal(value < 0, integer, thousandths, 3);
      return true;
    }
    const millionths = Math.round(fraction * 1e6);
    if (!isExactly(size, integer * 1e6 + millionths, 1e6)) return false;
    this.#decimal(value < 0, integer, millionths, 6);
    return true;
  }

  /** `fraction` has so many places, and no zeroes are written at its end. */
  #decimal(isNegative: boolean, integer: number, fraction: number, places: number): void {
    if (isNegative) this.#bytes[this.length++] = minus;
    this.#digits(integer);
    if (fraction === 0) return;
    this.#bytes[this.length++] = point;
    let rest = fraction | 0;
    let left = places | 0;
    for (let shorter = (rest / 10) | 0; shorter * 10 === rest; shorter = (rest / 10) | 0) {
      rest = shorter;
      left--;
    }
    this.#small(rest, left);
  }

  #digits(number: number): void {
    if (number < half) {
      this.#small(number, 1);
      return;
    }
    const high = Math.floor(number / half);
    this.#digits(high);
    this.#small(number - high * half, 7);
  }

  /** A number below `half`, with at least so many digits. */
  #small(number: number, least: number): void {
    let rest = number | 0;
    let count =
      rest < 10 ? 1 : rest < 100 ? 2 : rest < 1000 ? 3 : rest < 10_000 ? 4 : rest < 1e5 ? 5 : rest < 1e6 ? 6 : 7;
    if (count < least) count = least;
    const view = this.#view;
    const from = this.length;
    let at = from + count - 2;
    for (; at >= from; at -= 2) {
      const next = (rest / 100) | 0;
      view.setUint16(at, pairs[rest - next * 100]!, true);
      rest = next;
    }
    if (at === from - 1) this.#bytes[from] = zero + rest;
    this.length = from + count;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes + slackBytes <= this.#bytes.length) return;
    const longer = new Uint8Array(2 * (this.length + bytes + slackBytes));
    longer.set(this.#bytes.subarray(0, this.length));
    this.#bytes = longer;
    this.#view = new DataView(longer.buffer);
  }
}

function isExactly(size: number, scaled: number, scale: number): boolean {
  return scaled < digitsBelow && scaled / scale === size;
}
