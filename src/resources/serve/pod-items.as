/*
 * Writes the items of a list of pods as JSON, each with a comma before it: the kept head with the two times of now, the window, the containers' names and
 * quantities. json-item.ts says the same in TypeScript and is the measure for this; it also says what is plain enough to come here. AssemblyScript;
 * `sh scripts/wasm.sh` makes pod-items-module.ts of it. All positions are addresses in the one memory; up to 32 bytes behind what is written may be written.
 */

/** The day that was written last is kept here: `2026-11-23`, and bytes that may be anything. */
const DAY: usize = 0;
/** What is kept begins with its length; a head then says how far before its end the time of creation begins. */
const PHRASE_TEXT: usize = 2;
const HEAD_TEXT: usize = 4;
/** From the time of the point to the end of its head: the time, then `","window":"`. */
const TIME_BACK: usize = 32;
/** A pod's numbers: its head, the time of its point, its window, how many containers; then of each container its phrase, nanocores, bytes. */
const POD_NUMBERS: usize = 32;
const CONTAINER_NUMBERS: usize = 24;

const ZERO: u8 = 0x30;
const ASCII_ZEROS: u64 = 0x3030303030303030;
const MS: u32 = 1000;
const DAY_SECONDS: u32 = 86_400;

/** Where writing goes on. */
let to: usize = 0;
let dayWritten: u32 = 0xffffffff;

/** Gives the end of what was written at `out`: pods whose numbers lie from `numbers` to `end`, at a time in whole seconds since 1970. */
export function items(numbers: usize, end: usize, createdSeconds: u32, out: usize): usize {
  to = out;
  while (numbers < end) {
    const head = load<f64>(numbers) as usize;
    const length = load<u16>(head) as usize;
    // ,{
    store<u16>(to, 0x7b2c);
    memory.copy(to + 2, head + HEAD_TEXT, length);
    to += 2 + length;
    time(to - (load<u16>(head, 2) as usize), createdSeconds);
    time(to - TIME_BACK, (load<f64>(numbers, 8) / 1000) as u32);
    window(load<f64>(numbers, 16) as u32);
    // ","containers":[
    store<u64>(to, 0x61746e6f63222c22);
    store<u64>(to, 0x5b3a227372656e69, 8);
    to += 16;
    const last = numbers + POD_NUMBERS + CONTAINER_NUMBERS * (load<f64>(numbers, 24) as usize);
    for (numbers += POD_NUMBERS; numbers < last; numbers += CONTAINER_NUMBERS) {
      phrase(load<f64>(numbers) as usize);
      decimal(load<f64>(numbers, 8) as u64, DECIMAL_NANO);
      // ","memory":"
      store<u64>(to, 0x726f6d656d222c22);
      store<u32>(to, 0x223a2279, 8);
      to += 12;
      binary(load<f64>(numbers, 16) as u64);
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

function phrase(from: usize): void {
  const length = load<u16>(from) as usize;
  const end = to + length;
  for (from += PHRASE_TEXT; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  to = end;
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
function window(windowMs: u32): void {
  let seconds = windowMs / MS;
  const rest = windowMs - MS * seconds;
  if (seconds >= 60) {
    const minutes = seconds / 60;
    seconds -= 60 * minutes;
    integer(minutes);
    store<u8>(to++, 0x6d);
  }
  integer(seconds);
  if (rest > 0) {
    const hundreds = rest / 100;
    const left = rest - 100 * hundreds;
    store<u16>(to, (0x302e + (hundreds << 8)) as u16);
    store<u16>(to, two(left), 2);
    to += left == 0 ? 2 : left % 10 == 0 ? 3 : 4;
  }
  store<u8>(to++, 0x73);
}

/** Suffixes of powers of a thousand from nano on, the first one in the lowest byte; those from 1 on; and those of 1024, without their i. */
const DECIMAL_NANO: u64 = 0x4d6b006d756e;
const DECIMAL: u64 = 0x4d6b00;
const BINARY: u64 = 0x5054474d4b00;

/** As a quantity with the largest suffix that leaves it whole. Below 2^53, as is `binary`. */
function decimal(value: u64, suffixes: u64): void {
  if (value == 0) {
    store<u8>(to++, ZERO);
    return;
  }
  for (;;) {
    const next = value / 1000;
    if (next * 1000 != value) break;
    value = next;
    suffixes >>= 8;
  }
  integer(value);
  suffix(suffixes as u8);
}

/** What is less than 1024 is decimal. */
function binary(value: u64): void {
  if (value < 1024) {
    decimal(value, DECIMAL);
    return;
  }
  const power = (ctz(value) as u32) / 10;
  integer(value >> ((10 * power) as u64));
  if (power == 0) return;
  suffix((BINARY >> ((8 * power) as u64)) as u8);
  store<u8>(to++, 0x69);
}

@inline
function suffix(letter: u8): void {
  if (letter != 0) store<u8>(to++, letter);
}

/** Below 10^16. */
function integer(value: u64): void {
  if (value < 10) {
    store<u8>(to++, ZERO + (value as u8));
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
  const digits = eight(value);
  const zeros = ctz(digits) >> 3;
  store<u64>(to, (digits | ASCII_ZEROS) >> (zeros << 3));
  to += 8 - (zeros as usize);
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
