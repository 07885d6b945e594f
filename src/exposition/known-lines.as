/*
 * Reads lines of an exposition page as long as they are plain: the line is the one that stood behind the line before on the page before, which is a comment, or
 * a series with a space, a number and perhaps a space and a time behind it. Known are its bytes, or name and labels, by a hash. What is anything else ends the
 * run; text-line.ts and openmetrics-line.ts read it, and their way is the measure for this one. AssemblyScript; `sh scripts/wasm.sh` makes
 * known-lines-module.ts of it. All positions are addresses in the one memory; up to 16 bytes behind what is read may be read.
 */

/** 10^0 to 10^22 as doubles, which hold them exactly. known-lines.ts writes this and the two tables behind it. */
const POWERS: usize = 0;
/** 10^0 to 10^8 as 64 bits. */
const TENS: usize = 256;
/** Of the hash: where it begins, and an odd number. Both are secret. */
const SEED: usize = 512;
const MULTIPLIER: usize = 520;
/** What `hash` gives, the row that was read last, how many samples there are. */
const HASHED: usize = 528;
const LAST: usize = 536;
const COUNT: usize = 540;
/** 10^-22 to 10^22 as 64 bits of which the first is 1, the rest cut off. The compiler takes what is added below 1024 for never more than is taken away. */
const LEADING: usize = 1024;
/** The samples of a run, in columns. */
const SAMPLES_MAX: u32 = 512;
const VALUES: usize = 2048;
const TIMES: usize = 6144;
const ENTRIES: usize = 10_240;
/** The known lines; what a row holds is in known-series.ts. */
const ROWS: usize = 163_840;
const ROW: usize = 20;
const ROW_HASH: usize = 0;
const ROW_ENTRY: usize = 8;
const ROW_NEXT: usize = 12;
const ROW_LENGTH: usize = 16;

/** An entry that is none: a comment. Others below 0 are series of which nobody is told. */
const COMMENT: i32 = -3;
const NEWLINE: u32 = 0x0a;
const SPACE: u32 = 0x20;
const PLUS: u32 = 0x2b;
const MINUS: u32 = 0x2d;
const POINT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const LOWER_E: u32 = 0x65;
/** Below it a double holds every whole number. */
const EXACT: u64 = 1 << 53;
/** So many digits are always fewer than 64 bits. */
const DIGITS_MAX: u32 = 19;
const SCALE_MAX: i32 = 22;

/** Of so many bytes; from there it can be read at HASHED. */
export function hash(at: usize, length: u32): void {
  store<u64>(HASHED, hashOf(at, length));
}

/**
 * A difference in one word never vanishes, for each step can be undone. What two words differ in has spread over 40 bits or more before the second comes, and
 * nobody knows how, who does not know the multiplier.
 */
@inline
function hashOf(at: usize, length: u32): u64 {
  const multiplier = load<u64>(MULTIPLIER);
  let hash = load<u64>(SEED) ^ (length as u64);
  const tail = at + (length & ~7);
  for (; at < tail; at += 8) {
    hash ^= load<u64>(at);
    hash = (hash ^ (hash >> 32)) * multiplier;
  }
  hash ^= load<u64>(at) & ((1 << (((length & 7) as u64) << 3)) - 1);
  hash = (hash ^ (hash >> 32)) * multiplier;
  hash = (hash ^ (hash >> 29)) * multiplier;
  return hash ^ (hash >> 32);
}

/** In each byte what its digit is worth. */
@inline
function worths(at: usize): u64 {
  return load<u64>(at) ^ 0x3030303030303030;
}

/** Marks the bytes that are no digits. Those behind the first of them may be marked or not. */
@inline
function others(worths: u64): u64 {
  return ((worths + 0x7676767676767676) | worths) & 0x8080808080808080;
}

/** The number with so many of the digits behind it: 1 to 7, for which zeros come before the digits. */
@inline
function append(number: u64, worths: u64, count: usize): u64 {
  return number * load<u64>(TENS + (count << 3)) + eight(worths << (64 - ((count as u64) << 3)));
}

/** The number that eight digits make, the first of them in the lowest byte. */
@inline
function eight(worths: u64): u64 {
  const twos = ((worths * 2561) >> 8) & 0x00ff00ff00ff00ff;
  const fours = ((twos * 6_553_601) >> 16) & 0x0000ffff0000ffff;
  return (fours * 42_949_672_960_001) >> 32;
}

@inline
function byte(at: usize): u32 {
  return load<u8>(at);
}

/** Of `number`; NaN: not plain. */
let value: f64 = 0;

/** Where the number ends that begins at `from`. */
@inline
function number(from: usize): usize {
  let at = from;
  let point: usize = 0;
  let mantissa: u64 = 0;
  value = NaN;
  for (;;) {
    const word = worths(at);
    const marks = others(word);
    if (marks == 0) {
      mantissa = mantissa * 100_000_000 + eight(word);
      at += 8;
      if (at - from > DIGITS_MAX + 1) return at;
      continue;
    }
    const more = (ctz(marks) >> 3) as usize;
    if (more != 0) mantissa = append(mantissa, word, more);
    at += more;
    if (point != 0 || byte(at) != POINT) break;
    point = at++;
  }
  const decimals: i32 = point == 0 ? 0 : ((at - point - 1) as i32);
  let scale = -decimals;
  const count = (at - from) as u32 - (point == 0 ? 0 : 1);
  if (count == 0) return at;
  if (count > DIGITS_MAX) return at;
  if ((byte(at) | 0x20) == LOWER_E) {
    at++;
    const sign = byte(at);
    if (sign == PLUS || sign == MINUS) at++;
    let exponent: i32 = (byte(at++) - ZERO) as i32;
    if ((exponent as u32) > 9) return at;
    const second = byte(at) - ZERO;
    if (second <= 9) {
      exponent = exponent * 10 + (second as i32);
      at++;
    }
    scale += sign == MINUS ? -exponent : exponent;
  }
  if (scale < -SCALE_MAX || scale > SCALE_MAX) return at;
  if (mantissa < EXACT) {
    const whole = mantissa as f64;
    value = scale < 0 ? whole / load<f64>(POWERS + ((-scale as usize) << 3)) : whole * load<f64>(POWERS + ((scale as usize) << 3));
  } else value = nearest(mantissa, scale);
  return at;
}

/**
 * The double nearest to mantissa × 10^scale; NaN where it is too close between two of them to be told from the power's first 64 bits (Lemire, Number parsing at
 * a gigabyte per second, 2021). What was cut off the power and the product amounts to less than two of the product's last unit.
 */
@inline
function nearest(mantissa: u64, scale: i32): f64 {
  const zeros = clz(mantissa) as i32;
  const product = multiplyHigh(mantissa << (zeros as u64), load<u64>(LEADING + ((scale + SCALE_MAX) << 3)));
  const cut = 10 + (product >> 63);
  const half: u64 = 1 << (cut - 1);
  const rest = product & (half + half - 1);
  if (rest == half || rest == half - 1) return NaN;
  const rounded = (product >> cut) + (rest > half ? 1 : 0);
  const exponent = (cut as i32) + 1 - zeros + ((scale * 217_706) >> 16);
  return (rounded as f64) * reinterpret<f64>(((1023 + exponent) as u64) << 52);
}

@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const first = aHigh * bLow + ((aLow * bLow) >> 32);
  const second = aLow * bHigh + (first & 0xffffffff);
  return aHigh * bHigh + (first >> 32) + (second >> 32);
}

/** Where it stopped: at a line that is not plain, at the end, or because there are SAMPLES_MAX samples. With times only where the format's are whole milliseconds. */
export function read(from: usize, end: usize, lineBytesMax: u32, hasTimes: bool): usize {
  let at = from;
  let row: usize = ROWS + (load<u32>(LAST) as usize) * ROW;
  let count: u32 = 0;
  while (count < SAMPLES_MAX) {
    const next: usize = ROWS + (load<u32>(row, ROW_NEXT) as usize) * ROW;
    const length = load<u32>(next, ROW_LENGTH);
    let to = at + length;
    if (length == 0 || to >= end) break;
    const entry = load<i32>(next, ROW_ENTRY);
    if (byte(to) != (entry == COMMENT ? NEWLINE : SPACE)) break;
    if (hashOf(at, length) != load<u64>(next, ROW_HASH)) break;
    if (entry != COMMENT) {
      to = number(to + 1);
      if (value != value) break;
      let time: f64 = NaN;
      if (byte(to) == SPACE && hasTimes) {
        // Eight digits and up to seven more.
        let word = worths(++to);
        let marks = others(word);
        let millis: u64 = 0;
        if (marks == 0) {
          millis = eight(word);
          to += 8;
          word = worths(to);
          marks = others(word);
          if (marks == 0) break;
        }
        const more = (ctz(marks) >> 3) as usize;
        if (more != 0) millis = append(millis, word, more);
        else if (byte(to - 1) == SPACE) break;
        to += more;
        time = millis as f64;
      }
      if (to >= end || byte(to) != NEWLINE) break;
      if (entry >= 0) {
        store<f64>(VALUES + (count << 3), value);
        store<f64>(TIMES + (count << 3), time);
        store<i32>(ENTRIES + (count << 2), entry);
        count++;
      }
    }
    if (to - at > lineBytesMax) {
      // Its sample stays behind the others, where nobody looks.
      if (entry >= 0) count--;
      break;
    }
    at = to + 1;
    row = next;
  }
  store<u32>(LAST, ((row - ROWS) / ROW) as u32);
  store<u32>(COUNT, count);
  return at;
}
