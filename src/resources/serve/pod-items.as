/*
 * Writes the items of a list of pods as JSON, each with a comma before it: the kept head with the two times of now, the window, the containers' names and
 * quantities. json-item.ts says the same in TypeScript and is the measure for this; it also says what is plain enough to come here. AssemblyScript;
 * `sh scripts/wasm.sh` makes pod-items-module.ts of it. All positions are addresses in the one memory; up to 32 bytes behind what is written may be written.
 */

/** The day that was written last is kept here: `2026-11-23`. */
const DAY: usize = 0;
/** The time of now. */
const CREATED: usize = 16;
/** What is kept begins with its length; a head then says how far before its end the time of creation begins. */
const PHRASE_TEXT: usize = 2;
const HEAD_TEXT: usize = 4;
/** From the time of the point to the end of its head: the time, then `","window":"`. */
const TIME_BACK: usize = 32;
/** A pod's figures: its head, the second of its point, its window, how many containers; then of each container its phrase, and 64 bits each for nanocores and bytes. */
const POD_BYTES: usize = 16;
const CONTAINER_BYTES: usize = 24;

const ZERO: u8 = 0x30;
const ASCII_ZEROS: u64 = 0x3030303030303030;
const MS: u32 = 1000;
const DAY_SECONDS: u32 = 86_400;

let dayWritten: u32 = 0xffffffff;

/** Gives the end of what was written at `to`: pods whose figures lie from `from` to `end`, at a time in whole seconds since 1970. */
export function items(from: usize, end: usize, createdSeconds: u32, to: usize): usize {
  time(CREATED, createdSeconds);
  while (from < end) {
    const head = load<u32>(from) as usize;
    // ,{
    store<u16>(to, 0x7b2c);
    to = copy(head + HEAD_TEXT, load<u16>(head), to + 2);
    const created = to - (load<u16>(head, 2) as usize);
    v128.store(created, v128.load(CREATED));
    store<u32>(created, load<u32>(CREATED, 16), 16);
    time(to - TIME_BACK, load<u32>(from, 4));
    to = window(load<u32>(from, 8), to);
    // ","containers":[
    store<u64>(to, 0x61746e6f63222c22);
    store<u64>(to, 0x5b3a227372656e69, 8);
    to += 16;
    const last = from + POD_BYTES + CONTAINER_BYTES * (load<u32>(from, 12) as usize);
    for (from += POD_BYTES; from < last; from += CONTAINER_BYTES) {
      const phrase = load<u32>(from) as usize;
      to = copy(phrase + PHRASE_TEXT, load<u16>(phrase), to);
      to = decimal(load<f64>(from, 8) as i64 as u64, DECIMAL_NANO, to);
      // ","memory":"
      store<u64>(to, 0x726f6d656d222c22);
      store<u32>(to, 0x223a2279, 8);
      to = binary(load<f64>(from, 16) as i64 as u64, to + 12);
      // "}},
      store<u32>(to, 0x2c7d7d22);
      to += 4;
    }
    // Over the last comma: ]}
    store<u16>(to - 1, 0x7d5d);
    to += 1;
  }
  return to;
}

/** What is copied too much is written over. */
@inline
function copy(from: usize, length: u32, to: usize): usize {
  const end = to + length;
  for (; to < end; to += 32, from += 32) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  }
  return end;
}

/** `2026-11-23T01:02:03Z`, at `at`. */
function time(at: usize, seconds: u32): void {
  const day = seconds / DAY_SECONDS;
  if (day != dayWritten) writeDay(day);
  const ofDay = seconds - day * DAY_SECONDS;
  const minutes = ofDay / 60;
  const hours = minutes / 60;
  store<u64>(at, load<u64>(DAY));
  store<u16>(at, load<u16>(DAY, 8), 8);
  store<u8>(at, 0x54, 10);
  store<u16>(at, two(hours), 11);
  store<u8>(at, 0x3a, 13);
  store<u16>(at, two(minutes - 60 * hours), 14);
  store<u8>(at, 0x3a, 16);
  store<u16>(at, two(ofDay - 60 * minutes), 17);
  store<u8>(at, 0x5a, 19);
}

/** Of days since 1970, in years that begin in March: H. Hinnant, chrono-compatible low-level date algorithms, 2021. */
function writeDay(day: u32): void {
  dayWritten = day;
  const days = day + 719_468;
  const era = days / 146_097;
  const ofEra = days - era * 146_097;
  const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
  const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const fromMarch = (5 * ofYear + 2) / 153;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = 400 * era + yearOfEra + (month <= 2 ? 1 : 0);
  store<u16>(DAY, two(year / 100));
  store<u16>(DAY, two(year % 100), 2);
  store<u8>(DAY, 0x2d, 4);
  store<u16>(DAY, two(month), 5);
  store<u8>(DAY, 0x2d, 7);
  store<u16>(DAY, two(ofYear - (153 * fromMarch + 2) / 5 + 1), 8);
}

/** Two digits, the first one in the lower byte. */
@inline
function two(value: u32): u16 {
  const tens = value / 10;
  return (0x3030 + tens + ((value - 10 * tens) << 8)) as u16;
}

/** From a second to below an hour, as Go prints durations: 15s, 15.02s, 1m0.5s. */
@inline
function window(windowMs: u32, to: usize): usize {
  let seconds = windowMs / MS;
  const rest = windowMs - MS * seconds;
  if (seconds >= 60) {
    const minutes = seconds / 60;
    seconds -= 60 * minutes;
    to = belowHundred(minutes, to);
    store<u8>(to++, 0x6d);
  }
  to = belowHundred(seconds, to);
  if (rest > 0) {
    const hundreds = rest / 100;
    const left = rest - 100 * hundreds;
    store<u16>(to, (0x302e + (hundreds << 8)) as u16);
    store<u16>(to, two(left), 2);
    to += left == 0 ? 2 : left % 10 == 0 ? 3 : 4;
  }
  store<u8>(to, 0x73);
  return to + 1;
}

@inline
function belowHundred(value: u32, to: usize): usize {
  const isShort: u32 = value < 10 ? 1 : 0;
  store<u16>(to, two(value) >> ((isShort << 3) as u16));
  return to + 2 - isShort;
}

/** Suffixes of powers of a thousand from nano on, the first one in the lowest byte; those from 1 on; and those of 1024, without their i. */
const DECIMAL_NANO: u64 = 0x4d6b006d756e;
const DECIMAL: u64 = 0x4d6b00;
const BINARY: u64 = 0x5054474d4b00;

/** As a quantity with the largest suffix that leaves it whole. Below 2^53, as is `binary`. */
function decimal(value: u64, suffixes: u64, to: usize): usize {
  if (value == 0) {
    store<u8>(to, ZERO);
    return to + 1;
  }
  for (;;) {
    const next = value / 1000;
    if (next * 1000 != value) break;
    value = next;
    suffixes >>= 8;
  }
  to = integer(value, to);
  store<u8>(to, suffixes as u8);
  return to + ((suffixes & 0xff) != 0 ? 1 : 0);
}

/** What is less than 1024 is decimal. */
function binary(value: u64, to: usize): usize {
  if (value < 1024) return decimal(value, DECIMAL, to);
  const power = (ctz(value) as u32) / 10;
  to = integer(value >> ((10 * power) as u64), to);
  if (power == 0) return to;
  // The letter, and an i.
  store<u16>(to, 0x6900 | ((BINARY >> ((8 * power) as u64)) & 0xff) as u16);
  return to + 2;
}

/** From 1 to below 10^16. */
@inline
function integer(value: u64, to: usize): usize {
  let low: u64 = 0;
  const isLong = value >= 100_000_000;
  if (isLong) {
    const high = value / 100_000_000;
    low = value - high * 100_000_000;
    value = high;
  }
  const digits = eight(value);
  const zeros = ctz(digits) >> 3;
  store<u64>(to, (digits | ASCII_ZEROS) >> (zeros << 3));
  to += 8 - (zeros as usize);
  if (!isLong) return to;
  store<u64>(to, eight(low) | ASCII_ZEROS);
  return to + 8;
}

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
