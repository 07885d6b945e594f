import { parseRfc3339 } from '../../base/nanotime.ts';

const NEWLINE_LENGTH_MIN = 24;
const SPACE = 0x20;
const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const LETTER_F = 0x46;
const LETTER_P = 0x50;
const PLUS = 0x2b;
const MINUS = 0x2d;
const MINUTE_BYTES = 16;
const ZONED_TIME_BYTES_MAX = 64;

const POWERS_OF_TEN = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

/**
 * Reads one record of a CRI log file: `<RFC 3339 time> <stdout|stderr> <P|F>[:tag…] <content>`.
 * One parser is used again and again and holds its last result in its fields, so that nothing is allocated per line.
 * The minute of the last time is remembered as bytes: neighbouring records share it.
 */
export class CriParser {
  seconds = 0;
  nanos = 0;
  stderr = false;
  partial = false;
  /** Of the time, zone included. */
  timeBytes = 0;
  /** Where the content begins. */
  contentFrom = 0;
  readonly #minute = Buffer.alloc(MINUTE_BYTES);
  #minuteSeconds = 0;

  /** `end` is where the record's newline stands. False where the record is not in the format; the fields then mean nothing. */
  parse(bytes: Buffer, from: number, end: number): boolean {
    if (end - from < NEWLINE_LENGTH_MIN) return false;
    let at = this.#time(bytes, from, end);
    if (at < 0 || end - at < 9 || bytes[at] !== SPACE) return false;
    this.timeBytes = at - from;
    const fourth = bytes[at + 4];
    if (bytes[at + 1] !== 0x73 || bytes[at + 2] !== 0x74 || bytes[at + 3] !== 0x64) return false;
    if (fourth === 0x6f) {
      if (bytes[at + 5] !== 0x75 || bytes[at + 6] !== 0x74) return false;
      this.stderr = false;
    } else if (fourth === 0x65) {
      if (bytes[at + 5] !== 0x72 || bytes[at + 6] !== 0x72) return false;
      this.stderr = true;
    } else return false;
    if (bytes[at + 7] !== SPACE) return false;
    const tag = bytes[at + 8];
    if (tag !== LETTER_F && tag !== LETTER_P) return false;
    this.partial = tag === LETTER_P;
    at += 9;
    if (at >= end) return false;
    if (bytes[at] !== SPACE) {
      if (bytes[at] !== COLON) return false;
      while (at < end && bytes[at] !== SPACE) at++;
      if (at >= end) return false;
    }
    this.contentFrom = at + 1;
    return true;
  }

  /** Sets seconds and nanos; returns where the time ends, or -1. */
  #time(bytes: Buffer, from: number, end: number): number {
    const minute = this.#minute;
    for (let i = MINUTE_BYTES - 1; i >= 0; i--) {
      if (bytes[from + i] !== minute[i]) {
        if (!this.#learnMinute(bytes, from)) return -1;
        break;
      }
    }
    if (bytes[from + 16] !== COLON) return -1;
    const tens = bytes[from + 17]! - ZERO;
    const ones = bytes[from + 18]! - ZERO;
    if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return -1;
    let at = from + 19;
    let nanos = 0;
    if (bytes[at] === DOT) {
      let digits = 0;
      for (at++; at < end; at++) {
        const digit = bytes[at]! - ZERO;
        if (digit < 0 || digit > 9) break;
        if (digits < 9) {
          nanos = nanos * 10 + digit;
          digits++;
        }
      }
      if (digits === 0) return -1;
      nanos *= POWERS_OF_TEN[digits]!;
    }
    this.seconds = this.#minuteSeconds + tens * 10 + ones;
    this.nanos = nanos;
    const zone = bytes[at];
    if (zone === LETTER_Z) return at + 1;
    if (zone !== PLUS && zone !== MINUS) return -1;
    return this.#zoned(bytes, from, at + 6);
  }

  /** A time with an offset is rare enough to be read the slow way. */
  #zoned(bytes: Buffer, from: number, end: number): number {
    if (end - from > ZONED_TIME_BYTES_MAX || end > bytes.length) return -1;
    const time = parseRfc3339(bytes.toString('latin1', from, end));
    if (time === undefined) return -1;
    const seconds = time >= 0n ? time / 1_000_000_000n : (time - 999_999_999n) / 1_000_000_000n;
    this.seconds = Number(seconds);
    this.nanos = Number(time - seconds * 1_000_000_000n);
    return end;
  }

  #learnMinute(bytes: Buffer, from: number): boolean {
    if (bytes[from + 10] !== LETTER_T) return false;
    const time = parseRfc3339(`${bytes.toString('latin1', from, from + MINUTE_BYTES)}:00Z`);
    if (time === undefined) {
      this.#minute.fill(0);
      return false;
    }
    bytes.copy(this.#minute, 0, from, from + MINUTE_BYTES);
    this.#minuteSeconds = Number(time / 1_000_000_000n);
    return true;
  }
}
