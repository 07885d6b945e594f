/*
 * Writes points as Prometheus's API has them, `[<seconds>,"<value>"]` with commas between them. A value has the fewest digits that read back as the same
 * double, of those the ones nearest to it (Schubfach: R. Giulietti, The Schubfach way to render doubles, 2020), written as Go's API of Prometheus does:
 * with an exponent below 1e-6 and from 1e21 on. json-number.ts says the same in TypeScript and is the measure for this. AssemblyScript;
 * `sh scripts/wasm.sh` makes points-text-module.ts of it. All positions are addresses in the one memory; up to 32 bytes behind what is written may be written.
 */

/** 10^k for k from POWER_MIN to 324 as 128 bits, of which the first is 1, rounded up: the high 64 bits, then the low ones. points-text.ts puts them there. */
const POWERS: usize = 0;
const POWER_MIN: i32 = -292;
/** Digits are put here before they are cut: three times eight. */
const DIGITS: usize = 10_240;

const ZERO: u8 = 0x30;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const COMMA: u8 = 0x2c;
const OPEN: u8 = 0x5b;
const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << 52) - 1;
const EXPONENT_BIAS: i32 = 1075;
const SMALLEST_PLAIN: f64 = 1e-6;
const SMALLEST_EXPONENTIAL: f64 = 1e21;
const INTEGERS_BELOW: f64 = 9007199254740992;

/** Where writing goes on. */
let to: usize = 0;
/** What `shortest` found: the value is decimal × 10^power. */
let decimal: u64 = 0;
let power: i32 = 0;

/** Gives the end of what was written at `out`: so many points, of times in milliseconds and of values, the first of them behind a byte of its own. */
export function points(first: u32, times: usize, values: usize, count: u32, out: usize): usize {
  to = out;
  for (let i: u32 = 0; i < count; i++) {
    byte(i == 0 ? (first as u8) : COMMA);
    byte(OPEN);
    seconds(load<f64>(times + ((i as usize) << 3)));
    // ,"
    store<u16>(to, 0x222c);
    to += 2;
    number(load<f64>(values + ((i as usize) << 3)));
    // "]
    store<u16>(to, 0x5d22);
    to += 2;
  }
  return to;
}

@inline
function byte(value: u8): void {
  store<u8>(to++, value);
}

/** With three decimals or none. */
function seconds(timeMs: f64): void {
  let whole = timeMs as i64;
  if (whole < 0) {
    byte(MINUS);
    whole = -whole;
  }
  const left = (whole as u64) % 1000;
  integer((whole as u64) / 1000);
  if (left == 0) return;
  byte(POINT);
  byte(ZERO + ((left / 100) as u8));
  byte(ZERO + (((left / 10) % 10) as u8));
  byte(ZERO + ((left % 10) as u8));
}

function number(value: f64): void {
  const bits = reinterpret<u64>(value);
  if (value != value) {
    // NaN
    store<u32>(to, 0x4e614e);
    to += 3;
    return;
  }
  const size = Math.abs(value);
  if (size == Infinity) {
    // +Inf, -Inf
    store<u32>(to, value > 0 ? 0x666e492b : 0x666e492d);
    to += 4;
    return;
  }
  if (bits >> 63 != 0) byte(MINUS);
  if (size < INTEGERS_BELOW && Math.floor(size) == size) {
    integer(size as u64);
    return;
  }
  shortest(bits & MANTISSA, ((bits >> MANTISSA_BITS) & 0x7ff) as i32);
  const isPlain = size >= SMALLEST_PLAIN && size < SMALLEST_EXPONENTIAL;
  const length = digits();
  const from = DIGITS + 24 - length;
  /** The value is 0.<digits> × 10^point. */
  const point = (length as i32) + power;
  if (!isPlain) exponential(from, length, point - 1);
  else if (point <= 0) {
    // 0.000000 and so many of it.
    store<u64>(to, 0x3030303030302e30);
    to += 2 - point;
    copy(from, length);
  } else if (point >= (length as i32)) {
    copy(from, length);
    for (let zeros = point - (length as i32); zeros > 0; zeros--) byte(ZERO);
  } else {
    copy(from, point);
    byte(POINT);
    copy(from + point, length - point);
  }
}

function exponential(from: usize, length: u32, exponent: i32): void {
  byte(load<u8>(from));
  if (length > 1) {
    byte(POINT);
    copy(from + 1, length - 1);
  }
  byte(0x65);
  byte(exponent < 0 ? MINUS : 0x2b);
  const size: u32 = exponent < 0 ? -exponent : exponent;
  if (size >= 100) byte(ZERO + ((size / 100) as u8));
  byte(ZERO + (((size / 10) % 10) as u8));
  byte(ZERO + ((size % 10) as u8));
}

/** Up to 24 bytes. */
@inline
function copy(from: usize, length: u32): void {
  v128.store(to, v128.load(from));
  store<u64>(to + 16, load<u64>(from + 16));
  to += length;
}

/** Writes `decimal` without the zeros at its end (which go into `power`) up to the end of DIGITS, and gives how many digits it has. */
function digits(): u32 {
  let value = decimal;
  let zeros: i32 = 0;
  if (value % 100_000_000 == 0) {
    value /= 100_000_000;
    zeros = 8;
  }
  if (value % 10_000 == 0) {
    value /= 10_000;
    zeros += 4;
  }
  if (value % 100 == 0) {
    value /= 100;
    zeros += 2;
  }
  if (value % 10 == 0) {
    value /= 10;
    zeros++;
  }
  power += zeros;
  const high = value / 100_000_000;
  const top = high / 100_000_000;
  const last = eight(value - high * 100_000_000);
  const middle = eight(high - top * 100_000_000);
  store<u64>(DIGITS + 16, last | ASCII_ZEROS);
  store<u64>(DIGITS + 8, middle | ASCII_ZEROS);
  store<u8>(DIGITS + 7, ZERO + (top as u8));
  if (top != 0) return 17;
  if (middle != 0) return 16 - leading(middle);
  return 8 - leading(last);
}

const ASCII_ZEROS: u64 = 0x3030303030303030;

/** Eight digits, the first one in the lowest byte. */
@inline
function eight(value: u64): u64 {
  const high = value / 10_000;
  const fours = high | ((value - high * 10_000) << 32);
  const hundreds = ((fours * 10_486) >> 20) & 0x0000007f0000007f;
  const twos = hundreds | ((fours - 100 * hundreds) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((twos - 10 * tens) << 8);
}

/** How many of eight digits, not all of which are zero, are zeros in front. */
@inline
function leading(eightDigits: u64): u32 {
  return (ctz(eightDigits) >> 3) as u32;
}

/** Below 10^16. */
function integer(value: u64): void {
  if (value < 10) {
    byte(ZERO + (value as u8));
    return;
  }
  if (value < 100_000_000) {
    shortInteger(value);
    return;
  }
  const high = value / 100_000_000;
  shortInteger(high);
  store<u64>(to, eight(value - high * 100_000_000) | ASCII_ZEROS);
  to += 8;
}

/** From 1 to below 10^8. */
function shortInteger(value: u64): void {
  const all = eight(value);
  const zeros = leading(all);
  store<u64>(to, (all | ASCII_ZEROS) >> ((zeros as u64) << 3));
  to += 8 - zeros;
}

/** The shortest decimal between the double's neighbours' midpoints; neither zero nor infinite. */
function shortest(mantissa: u64, biased: i32): void {
  const isNormal = biased != 0;
  const c = isNormal ? mantissa | (1 << MANTISSA_BITS) : mantissa;
  const q = isNormal ? biased - EXPONENT_BIAS : 1 - EXPONENT_BIAS;
  // Below a power of two the doubles lie closer.
  const isCloserBelow = mantissa == 0 && biased > 1;
  const odd: u64 = c & 1;
  const k = (q * 1_262_611 - (isCloserBelow ? 524_031 : 0)) >> 22;
  const shift = (q + ((-k * 1_741_647) >> 19) + 1) as u64;
  const at = POWERS + (((-k - POWER_MIN) as usize) << 4);
  const gHigh = load<u64>(at);
  const gLow = load<u64>(at + 8);
  // Four times the value, and the bounds, in units of 10^k.
  const middle = product(gHigh, gLow, (c << 2) << shift);
  const lower = product(gHigh, gLow, ((c << 2) - (isCloserBelow ? 1 : 2)) << shift) + odd;
  const upper = product(gHigh, gLow, ((c << 2) + 2) << shift) - odd;
  const s = middle >> 2;
  power = k;
  if (s >= 10) {
    const tens = s / 10;
    const isLowerIn = lower <= 40 * tens;
    const isUpperIn = 40 * tens + 40 <= upper;
    if (isLowerIn != isUpperIn) {
      decimal = tens + (isUpperIn ? 1 : 0);
      power = k + 1;
      return;
    }
  }
  const isLowerIn = lower <= s << 2;
  const isUpperIn = (s << 2) + 4 <= upper;
  if (isLowerIn != isUpperIn) {
    decimal = s + (isUpperIn ? 1 : 0);
    return;
  }
  const half = (s << 2) + 2;
  decimal = s + (middle > half || (middle == half && (s & 1) != 0) ? 1 : 0);
}

/** g × c / 2^128, whose last bit says, too, whether anything was cut off (which 128 bits of g tell up to one). */
@inline
function product(gHigh: u64, gLow: u64, c: u64): u64 {
  const high = multiplyHigh(gHigh, c);
  const low = gHigh * c;
  const sum = low + multiplyHigh(gLow, c);
  return (high + (sum < low ? 1 : 0)) | (sum > 1 ? 1 : 0);
}

@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const first = aHigh * bLow + (low >> 32);
  const second = aLow * bHigh + (first & 0xffffffff);
  return aHigh * bHigh + (first >> 32) + (second >> 32);
}
