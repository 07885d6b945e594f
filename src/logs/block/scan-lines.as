/*
 * Finds what is variable in lines, and which lines are of one template. docs/formats/compact-text.md says what a hole is. One is kept as
 * u32: bits 0-12 where it begins in its line, 13-25 its length less one, 26-29 its shape (0 a word; else 1, and 5 for a date with T or 10 for one with
 * a blank, and 1 to 4 for a second's digits `.000`, `.000000`, `,000`, `,000000`); of the first line of a template also 30: all lines
 * have the same value, 31: all values are decimal numbers. AssemblyScript; `sh scripts/wasm.sh` makes scan-lines-module.ts of it. All positions are addresses in the one memory; up to 64 bytes
 * behind the text, and 8 before it, may be read.
 */

const NEWLINE: u32 = 0x0a;
const BLANK: u32 = 0x20;
const COMMA: u32 = 0x2c;
const DASH: u32 = 0x2d;
const POINT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const LETTER_T: u32 = 0x54;
const LETTER_Z: u32 = 0x5a;

const HOLE_BYTES: u32 = 4;
const HOLE_MASK: u32 = 0x1fff;
const SHAPE_SHIFT: u32 = 26;
const CONSTANT: u32 = 1 << 30;
const DECIMAL: u32 = 1 << 31;
const DECIMAL_DIGITS_MAX: u32 = 15;
const UNIT_LETTERS_MAX: u32 = 2;
const SLOTS: u32 = 1 << 17;
/** Templates that one line is looked for among: lines that are made to collide are kept whole. */
const PROBES_MAX: u32 = 64;

const HASH_PRIME: u64 = 0x9e3779b97f4a7c15;
const PRIME_A: u64 = 0xa0761d6478bd642f;
const PRIME_B: u64 = 0xe7037ed1a0b428db;
/** Of eight bytes, what each has more than a digit of a clock `00:00:00`. */
const CLOCK: u64 = 0x30303a30303a3030;
const CLOCK_COLONS: u64 = 0x0000ff0000ff0000;
/** With a byte from 0 to 9 this stays below 0x80. */
const NINES: u64 = 0x7676767676767676;
const HIGH_BITS: u64 = 0x8080808080808080;
const ZEROS: u64 = 0x3030303030303030;

// A row of a template: u32 each. draft-templates.as and collect-values.as have the others.
const ROW_BYTES: u32 = 32;
const HASH: u32 = 0;
const LINE_FROM: u32 = 4;
const LINE_TO: u32 = 8;
const HOLES_AT: u32 = 12;
const HOLES: u32 = 16;
const LINES: u32 = 20;

/** A multiple of 64. */
export let textAt: u32 = 0;
/** As mask-words.as makes them. */
export let masksAt: u32 = 0;
/** u32 of each line, and one more: where it starts in the text. */
export let startsAt: u32 = 0;
/** i32 of each line: its template; -1 where it is kept whole. */
export let linesAt: u32 = 0;
/** Of each template that there may be a row. */
export let templatesAt: u32 = 0;
export let templateCount: u32 = 0;
export let templatesMax: u32 = 0;
/** u16 of each slot, all zero at first: the template, counted from 1. */
export let slotsAt: u32 = 0;
/** The next free place for a hole, and where there is none any more. */
export let holesAt: u32 = 0;
export let holesEnd: u32 = 0;
/** Holes that a line may have, and bytes that it may have if it has any. */
export let lineHolesMax: u32 = 0;
export let lineBytesMax: u32 = 0;
export let wholeLines: u32 = 0;

// --- bytes

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - ZERO < 10;
}

// @ts-ignore: decorator
@inline
function isLetter(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26;
}

// --- times

let timeTo: u32 = 0;
let knownDateHead: u64 = 0;
let knownDateTail: u32 = 0;

/** The shape of the time at `at`, which ends at `timeTo`; 0 where there is none. */
function timeShapeAt(at: u32): u32 {
  let from = at;
  let shape: u32 = 1;
  if (<u32>load<u8>(at, 4) == DASH) {
    if (!isDateAt(at)) return 0;
    const separator: u32 = load<u8>(at, 10);
    if (separator == LETTER_T) shape += 5;
    else if (separator == BLANK) shape += 10;
    else return 0;
    from += 11;
  }
  const clock = load<u64>(from) ^ CLOCK;
  if ((clock & CLOCK_COLONS) != 0 || (((clock + NINES) | clock) & HIGH_BITS) != 0) return 0;
  if (twoOf(clock) > 23 || twoOf(clock >> 24) > 59 || twoOf(clock >> 48) > 59) return 0;
  from += 8;
  const mark: u32 = load<u8>(from);
  if (mark == POINT || mark == COMMA) {
    const fraction = load<u64>(from, 1) ^ ZEROS;
    const digits = <u32>(ctz<u64>(((fraction + NINES) | fraction) & HIGH_BITS) >> 3);
    if (digits == 3 || digits == 6) {
      shape += (mark == COMMA ? 2 : 0) + digits / 3;
      from += 1 + digits;
    }
  }
  timeTo = from;
  // A time is not the beginning of a longer word.
  let next: u32 = load<u8>(from);
  if (next == LETTER_Z) next = load<u8>(from, 1);
  return isDigit(next) || isLetter(next) ? 0 : shape;
}

/** Two digits, the first in the lowest byte, as a number. */
// @ts-ignore: decorator
@inline
function twoOf(digits: u64): u32 {
  return <u32>(digits & 0xff) * 10 + <u32>((digits >> 8) & 0xff);
}

/** Digits of text as a number; more than 99 where they are none. */
function twoAt(at: u32): u32 {
  const tens: u32 = <u32>load<u8>(at) - ZERO;
  const ones: u32 = <u32>load<u8>(at, 1) - ZERO;
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/** Whether there is a date of the years 1970 to 2199. */
function isDateAt(at: u32): bool {
  const head = load<u64>(at);
  const tail: u32 = load<u16>(at, 8);
  if (head == knownDateHead && tail == knownDateTail) return true;
  const century = twoAt(at);
  const yearOfCentury = twoAt(at + 2);
  const month = twoAt(at + 5);
  const day = twoAt(at + 8);
  if (century > 99 || yearOfCentury > 99 || month > 12 || month < 1 || day < 1 || day > 31) return false;
  if (<u32>load<u8>(at, 7) != DASH) return false;
  const year = century * 100 + yearOfCentury;
  if (year < 1970 || year > 2199) return false;
  const isLeap = year % 4 == 0 && (yearOfCentury != 0 || century % 4 == 0);
  // A bit for each month of 31 days.
  const days: u32 = month == 2 ? (isLeap ? 29 : 28) : 30 + ((0b1010110101010 >> month) & 1);
  if (day > days) return false;
  knownDateHead = head;
  knownDateTail = tail;
  return true;
}

// --- lines

/** Of the line that was scanned: its holes, and what tells most templates apart. */
let lineHoles: u32 = 0;
let lineHash: u64 = 0;

/**
 * Lines from `first` to `count`. Returns the first that was not taken: there is no room for its holes, or no newline behind it, or
 * it does not lie behind the one before and in the text of `length`.
 */
export function scan(first: u32, count: u32, length: u32): u32 {
  for (let line = first; line < count; line++) {
    const start = load<u32>(startsAt + (line << 2));
    const end = load<u32>(startsAt + (line << 2), 4);
    if (start >= end || end > length || <u32>load<u8>(textAt + end - 1) != NEWLINE) return line;
    if (holesAt + (lineHolesMax + 1) * HOLE_BYTES > holesEnd) return line;
    const from = textAt + start;
    const to = textAt + end - 1;
    let template: i32 = -1;
    if (to - from <= lineBytesMax && scanLine(from, to)) template = templateOf(from, to);
    store<i32>(linesAt + (line << 2), template);
    if (template < 0) wholeLines++;
    else holesAt += lineHoles * HOLE_BYTES;
  }
  return count;
}

/** Writes the holes of a line behind those of the lines before; false where there are too many. */
function scanLine(lineFrom: u32, lineTo: u32): bool {
  const masks = masksAt - ((textAt >> 6) << 4);
  const max = holesAt + lineHolesMax * HOLE_BYTES;
  let hole = holesAt;
  let hash: u64 = HASH_PRIME;
  /** What is before was seen. */
  let at = lineFrom;
  while (true) {
    let base = at & ~63;
    let cell = masks + ((at >> 6) << 4);
    let bits = load<u64>(cell, 8) & (~(<u64>0) << (at & 63));
    while (bits == 0) {
      base += 64;
      if (base >= lineTo) break;
      cell += 16;
      bits = load<u64>(cell, 8);
    }
    if (bits == 0) break;
    const bit = ctz<u64>(bits);
    const digit = base + <u32>bit;
    if (digit >= lineTo) break;

    const words = load<u64>(cell);
    const outside = ~words & ((<u64>1 << bit) - 1);
    let from = outside != 0 ? base + 64 - <u32>clz<u64>(outside) : wordStart(cell, base, at);
    if (from <= at) {
      from = at;
      // Behind a time.
      if (!isLetter(load<u8>(at)) && !isDigit(load<u8>(at))) from++;
    }
    let shape: u32 = 0;
    if (from == digit && ((<u32>load<u8>(from, 2) ^ 0x3a) == 0 || (<u32>load<u8>(from, 4) ^ DASH) == 0) && isDigit(load<u8>(from, 1)))
      shape = timeShapeAt(from);
    let to = timeTo;
    if (shape == 0) {
      const behind = ~words >> bit;
      to = behind != 0 ? digit + <u32>ctz<u64>(behind) : wordEnd(cell, base);
      if (from == digit && isLetter(load<u8>(to - 1))) to = unitStart(from, to);
    }
    if (hole == max) return false;
    store<u32>(hole, (from - lineFrom) | ((to - from - 1) << 13) | (shape << SHAPE_SHIFT));
    hole += HOLE_BYTES;
    hash = hashed(hash, at, from) ^ <u64>shape;
    at = to;
  }
  hash = hashed(hash, at, lineTo);
  lineHash = hash ^ (hash >> 32);
  lineHoles = (hole - holesAt) / HOLE_BYTES;
  return true;
}

/** Where the word begins that goes on from before `base`; no earlier than `at`, or just before it. */
function wordStart(cellOf: u32, base: u32, at: u32): u32 {
  let cell = cellOf;
  let start = base;
  while (start >= at + 1) {
    cell -= 16;
    const outside = ~load<u64>(cell);
    if (outside != 0) return start - <u32>clz<u64>(outside);
    start -= 64;
  }
  return start;
}

/** Where the word ends that goes on behind the piece at `base`. */
function wordEnd(cellOf: u32, base: u32): u32 {
  let cell = cellOf;
  let end = base;
  let outside: u64 = 0;
  while (outside == 0) {
    cell += 16;
    end += 64;
    outside = ~load<u64>(cell);
  }
  return end + <u32>ctz<u64>(outside);
}

/** Where the digits of a word end that are all of it but a unit; else its end. */
function unitStart(from: u32, to: u32): u32 {
  let at = from + 1;
  while (isDigit(load<u8>(at))) at++;
  const first: u32 = load<u8>(at);
  // With a digit before them, a to f are a hexadecimal number rather than a unit.
  return to - at <= UNIT_LETTERS_MAX && isLetter(first) && (first | 0x20) > 0x66 ? at : to;
}

// @ts-ignore: decorator
@inline
function hashed(hash: u64, from: u32, to: u32): u64 {
  const bytes = to - from;
  let mixed = hash ^ bytes;
  if (bytes < 8) return mix(mixed, load<u64>(from) & ((<u64>1 << (bytes << 3)) - 1), 0);
  for (let at = from; at + 16 < to; at += 16) mixed = mix(mixed, load<u64>(at), load<u64>(at, 8));
  // The last ones, perhaps some of them again.
  return bytes < 16 ? mix(mixed, load<u64>(from), load<u64>(to - 8)) : mix(mixed, load<u64>(to - 16), load<u64>(to - 8));
}

// @ts-ignore: decorator
@inline
function mix(hash: u64, a: u64, b: u64): u64 {
  return (rotl<u64>(hash, 29) ^ (a * PRIME_A) ^ rotl<u64>(b * PRIME_B, 32)) * HASH_PRIME;
}

// --- templates

/** The template of the line just scanned; -1 where there is no room for another one. */
function templateOf(lineFrom: u32, lineTo: u32): i32 {
  const hash = <u32>lineHash;
  let slot = <u32>(lineHash >> 47);
  for (let probes: u32 = 0; probes < PROBES_MAX; probes++) {
    const at = slotsAt + (slot << 1);
    const number: u32 = load<u16>(at);
    if (number == 0) {
      if (templateCount == templatesMax) return -1;
      make(templatesAt + templateCount * ROW_BYTES, hash, lineFrom, lineTo);
      store<u16>(at, <u16>(++templateCount));
      return templateCount - 1;
    }
    const row = templatesAt + (number - 1) * ROW_BYTES;
    if (load<u32>(row, HASH) == hash && load<u32>(row, HOLES) == lineHoles && joins(row, lineFrom, lineTo)) {
      store<u32>(row, load<u32>(row, LINES) + 1, LINES);
      return number - 1;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
  return -1;
}

function make(row: u32, hash: u32, lineFrom: u32, lineTo: u32): void {
  store<u32>(row, hash, HASH);
  store<u32>(row, lineFrom, LINE_FROM);
  store<u32>(row, lineTo, LINE_TO);
  store<u32>(row, holesAt, HOLES_AT);
  store<u32>(row, lineHoles, HOLES);
  store<u32>(row, 1, LINES);
  const end = holesAt + lineHoles * HOLE_BYTES;
  for (let at = holesAt; at < end; at += HOLE_BYTES) {
    const hole = load<u32>(at);
    const isPlain = hole >> SHAPE_SHIFT == 0 && isDecimal(lineFrom + (hole & HOLE_MASK), ((hole >> 13) & HOLE_MASK) + 1);
    store<u32>(at, hole | CONSTANT | (isPlain ? DECIMAL : 0));
  }
}

/**
 * Whether the line just scanned has the fixed text of the first line of the template, and holes of the same shapes. Takes down which holes have more
 * values than that of the first line, and such as are no decimal numbers; to do so for a line that differs further on does no harm.
 */
function joins(row: u32, lineFrom: u32, lineTo: u32): bool {
  const firstFrom = load<u32>(row, LINE_FROM);
  let known = load<u32>(row, HOLES_AT);
  let from = lineFrom;
  let other = firstFrom;
  const end = holesAt + lineHoles * HOLE_BYTES;
  for (let at = holesAt; at < end; at += HOLE_BYTES, known += HOLE_BYTES) {
    const hole = load<u32>(at);
    const first = load<u32>(known);
    const holeFrom = lineFrom + (hole & HOLE_MASK);
    const firstHoleFrom = firstFrom + (first & HOLE_MASK);
    const bytes = holeFrom - from;
    if ((((hole ^ first) >> SHAPE_SHIFT) & 15) != 0 || bytes != firstHoleFrom - other) return false;
    if (!isSame(from, other, bytes)) return false;
    const holeBytes = ((hole >> 13) & HOLE_MASK) + 1;
    const firstBytes = ((first >> 13) & HOLE_MASK) + 1;
    if (first >= CONSTANT) observe(known, first, holeFrom, holeBytes, firstHoleFrom, firstBytes);
    from = holeFrom + holeBytes;
    other = firstHoleFrom + firstBytes;
  }
  return lineTo - from == load<u32>(row, LINE_TO) - other && isSame(from, other, lineTo - from);
}

// @ts-ignore: decorator
@inline
function observe(known: u32, first: u32, at: u32, bytes: u32, firstAt: u32, firstBytes: u32): void {
  let seen = first;
  if ((seen & CONSTANT) != 0 && (bytes != firstBytes || !isSame(at, firstAt, bytes))) seen &= ~CONSTANT;
  if ((seen & (CONSTANT | DECIMAL)) == DECIMAL && !isDecimal(at, bytes)) seen &= ~DECIMAL;
  if (seen != first) store<u32>(known, seen);
}

// @ts-ignore: decorator
@inline
function isSame(a: u32, b: u32, bytes: u32): bool {
  if (bytes <= 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
    return (~same & ((1 << bytes) - 1)) == 0;
  }
  for (let done: u32 = 0; done + 16 < bytes; done += 16)
    if (v128.any_true(v128.xor(v128.load(a + done), v128.load(b + done)))) return false;
  // The last ones, perhaps some of them again.
  return !v128.any_true(v128.xor(v128.load(a + bytes - 16), v128.load(b + bytes - 16)));
}

/** Digits alone, without zeros before them, few enough for a double. */
// @ts-ignore: decorator
@inline
function isDecimal(at: u32, bytes: u32): bool {
  if (bytes > DECIMAL_DIGITS_MAX || (<u32>load<u8>(at) == ZERO && bytes > 1)) return false;
  const digits = i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(10)));
  return (~digits & ((1 << bytes) - 1)) == 0;
}
