import { type Manner, manners } from './alignments.ts';
import { isAt, lowerOf } from './needle.ts';
import { headBytes, timeBytes, timeUnit, writeTime } from './time-shapes.ts';

/** Which of a column's values fulfil a condition: a byte each, by value or, where the column has numbers, by occurrence. */
export type Fulfilled = Uint8Array;

/** Digits that a double holds. */
const EXACT_DIGITS = 15;

/** Decimal numbers whose digits hold those that are sought; undefined where none does. */
export function searchDecimals(numbers: Float64Array, manner: Manner, sought: Buffer): Fulfilled | undefined {
  const digits = sought.length;
  if (digits > EXACT_DIGITS) return undefined;
  const holds = decimalTest(manner, Number(sought.toString('latin1')), digits);
  let found: Fulfilled | undefined;
  for (let i = 0; i < numbers.length; i++) if (holds(numbers[i]!)) (found ??= new Uint8Array(numbers.length))[i] = 1;
  return found;
}

function decimalTest(manner: Manner, target: number, digits: number): (value: number) => boolean {
  const power = 10 ** digits;
  /** The least number of so many digits; 0 has one. */
  const least = digits === 1 ? 0 : power / 10;
  switch (manner) {
    case manners.equals:
      return (value) => value === target && value >= least;
    case manners.suffix:
      return (value) => value >= least && value % power === target;
    case manners.prefix:
      return (value) => {
        let rest = value;
        while (rest >= power) rest = Math.floor(rest / 10);
        return rest === target && rest >= least;
      };
    default:
      return (value) => {
        let rest = value;
        while (rest > 0x7fffffff) {
          if (rest % power === target) return true;
          rest = Math.floor(rest / 10);
        }
        if (rest === 0) return target === 0 && digits === 1;
        for (let small = rest | 0; small > 0 && small >= least; small = (small / 10) | 0)
          if (small % power === target) return true;
        return false;
      };
  }
}

const scratch = Buffer.alloc(64);

/** Times whose text holds what is sought. */
export function searchTimes(
  times: Float64Array,
  shape: number,
  manner: Manner,
  sought: Buffer,
  ignoreCase: boolean,
): Fulfilled | undefined {
  const head = headBytes(shape);
  const isSpread = sought.some((byte) => byte === 0x2e || byte === 0x2c);
  const isOfHead = manner === manners.contains ? !isSpread : manner === manners.prefix && sought.length <= head;
  const holds = isOfHead
    ? headTest(shape, manner, sought, ignoreCase)
    : (time: number) => fulfils(written(time, shape, ignoreCase), timeBytes(shape), manner, sought);
  let found: Fulfilled | undefined;
  for (let i = 0; i < times.length; i++) if (holds(times[i]!)) (found ??= new Uint8Array(times.length))[i] = 1;
  return found;
}

/** Where what is sought lies before the fraction or in it: times of one second, which follow each other, are written once. */
function headTest(shape: number, manner: Manner, sought: Buffer, ignoreCase: boolean): (time: number) => boolean {
  const head = headBytes(shape);
  const unit = timeUnit(shape);
  const inFraction = manner === manners.contains ? fractionTest(unit, sought) : () => false;
  let second = -1;
  let holds = false;
  return (time) => {
    const now = Math.floor(time / unit);
    if (now !== second) {
      second = now;
      holds = fulfils(written(time, shape, ignoreCase), head, manner, sought);
    }
    return holds || inFraction(time - now * unit);
  };
}

/** `unit` fractions are a second: they are printed with all their digits. */
function fractionTest(unit: number, sought: Buffer): (fraction: number) => boolean {
  const power = 10 ** sought.length;
  if (power > unit || !sought.every((byte) => byte >= 0x30 && byte <= 0x39)) return () => false;
  const target = Number(sought.toString('latin1'));
  return (fraction) => {
    let rest = fraction;
    for (let left = unit; left >= power; left /= 10) {
      if (rest % power === target) return true;
      rest = Math.floor(rest / 10);
    }
    return false;
  };
}

function written(time: number, shape: number, ignoreCase: boolean): Buffer {
  const end = writeTime(scratch, 0, time, shape);
  if (ignoreCase) for (let at = 0; at < end; at++) scratch[at] = lowerOf[scratch[at]!]!;
  return scratch;
}

function fulfils(bytes: Buffer, end: number, manner: Manner, sought: Buffer): boolean {
  const { length } = sought;
  if (length > end || (manner === manners.equals && length !== end)) return false;
  if (manner === manners.suffix) return isAt(bytes, end - length, sought, 0, length);
  if (manner !== manners.contains) return isAt(bytes, 0, sought, 0, length);
  for (let at = 0; at + length <= end; at++) if (isAt(bytes, at, sought, 0, length)) return true;
  return false;
}
