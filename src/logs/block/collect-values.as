/*
 * Sorts the values of lines into columns: numbers as such, text as which of the column's different values it is.
 * AssemblyScript; `sh scripts/wasm.sh` makes collect-values-module.ts of it. All positions are addresses in the one memory; up to 16 bytes
 * behind the text, and 8 before it, may be read.
 */

const DASH: u32 = 0x2d;
const ZERO: u32 = 0x30;

const HOLE_BYTES: u32 = 4;
const HOLE_MASK: u32 = 0x1fff;

const ROW_BYTES: u32 = 32;
const HOLES: u32 = 16;
const COLUMNS_AT: u32 = 24;
const NUMBER: u32 = 28;

/** A column: u32 each. */
const COLUMN_ROW_BYTES: u32 = 20;
/** 0 text, 1 decimal numbers, else the shape of its times, from 2 on. */
const KIND: u32 = 0;
/** The next free place: of text u32 which value it is, of numbers i64. */
const NEXT_AT: u32 = 4;
/** Of text, where the different values begin: u32 from and u32 to of each; and how many there are. */
const PLACES_AT: u32 = 8;
const VALUES: u32 = 12;
/** Of text: bytes of all occurrences. */
const BYTES: u32 = 16;
const TEXT: u32 = 0;
const DECIMALS: u32 = 1;

/** Values that one is looked for among. */
const PROBES_MAX: u32 = 256;
const HASH_PRIME: u64 = 0x9e3779b97f4a7c15;
const ZEROS: u64 = 0x3030303030303030;

export let textAt: u32 = 0;
export let startsAt: u32 = 0;
export let linesAt: u32 = 0;
export let templatesAt: u32 = 0;
export let holesAt: u32 = 0;
export let columnsAt: u32 = 0;
/** Slots of values, all zero at first: u32 a hash, u32 where its place is. There are a power of two of them, more than there may be values. */
export let slotsAt: u32 = 0;
export let slotCount: u32 = 0;
/** The column and the template of lines that are kept whole. */
export let wholeColumn: u32 = 0;
export let wholeNumber: u32 = 0;
/** Of each line, u32 the number of its template: what is written. */
export let numbersAt: u32 = 0;

export function collect(lineCount: u32): void {
  let hole = holesAt;
  for (let line: u32 = 0; line < lineCount; line++) {
    const template = load<i32>(linesAt + (line << 2));
    const lineFrom = textAt + load<u32>(startsAt + (line << 2));
    if (template < 0) {
      store<u32>(numbersAt + (line << 2), wholeNumber);
      const lineTo = textAt + load<u32>(startsAt + (line << 2), 4) - 1;
      takeText(columnsAt + wholeColumn * COLUMN_ROW_BYTES, wholeColumn, lineFrom, lineTo);
      continue;
    }
    const row = templatesAt + template * ROW_BYTES;
    store<u32>(numbersAt + (line << 2), load<u32>(row, NUMBER));
    let columns = load<u32>(row, COLUMNS_AT);
    const end = hole + load<u32>(row, HOLES) * HOLE_BYTES;
    for (; hole < end; hole += HOLE_BYTES) {
      const column = load<i32>(columns);
      columns += 4;
      if (column < 0) continue;
      const bits = load<u32>(hole);
      const from = lineFrom + (bits & HOLE_MASK);
      const to = from + ((bits >> 13) & HOLE_MASK) + 1;
      const columnRow = columnsAt + column * COLUMN_ROW_BYTES;
      const kind = load<u32>(columnRow);
      if (kind == TEXT) takeText(columnRow, column, from, to);
      else {
        const next = load<u32>(columnRow, NEXT_AT);
        store<i64>(next, kind == DECIMALS ? decimalAt(from, to) : timeAt(from, kind));
        store<u32>(columnRow, next + 8, NEXT_AT);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function takeText(row: u32, column: u32, from: u32, to: u32): void {
  const next = load<u32>(row, NEXT_AT);
  store<u32>(next, valueOf(row, column, from, to));
  store<u32>(row, next + 4, NEXT_AT);
  store<u32>(row, load<u32>(row, BYTES) + (to - from), BYTES);
}

/** Which of the different values of the column it is. Of values that are made to collide, the same may be there twice. */
function valueOf(row: u32, column: u32, from: u32, to: u32): u32 {
  const hash = hashOf(column, from, to);
  const tag = <u32>hash;
  const placesAt = load<u32>(row, PLACES_AT);
  const values = load<u32>(row, VALUES);
  const added = placesAt + (values << 3);
  let slot = <u32>(hash >> 32) & (slotCount - 1);
  for (let probes: u32 = 0; probes < PROBES_MAX; probes++) {
    const at = slotsAt + (slot << 3);
    const place = load<u32>(at, 4);
    if (place == 0) {
      store<u32>(at, tag);
      store<u32>(at, added, 4);
      break;
    }
    // A place of another column lies before or behind those of this one.
    if (load<u32>(at) == tag && (place - placesAt) >> 3 < values && isSame(place, from, to)) return (place - placesAt) >> 3;
    slot = (slot + 1) & (slotCount - 1);
  }
  store<u32>(added, from);
  store<u32>(added, to, 4);
  store<u32>(row, values + 1, VALUES);
  return values;
}

function hashOf(column: u32, from: u32, to: u32): u64 {
  let hash: u64 = <u64>column + 1;
  let at = from;
  for (; at + 8 <= to; at += 8) hash = (rotl<u64>(hash, 29) ^ load<u64>(at)) * HASH_PRIME;
  const rest = load<u64>(at) & ((<u64>1 << ((to - at) << 3)) - 1);
  hash = (rotl<u64>(hash, 29) ^ rest ^ (<u64>(to - from) << 56)) * HASH_PRIME;
  return hash ^ (hash >> 32);
}

function isSame(place: u32, from: u32, to: u32): bool {
  let a = load<u32>(place);
  let b = from;
  let left = to - from;
  if (load<u32>(place, 4) - a != left) return false;
  while (left > 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) != 0xffff) return false;
    a += 16;
    b += 16;
    left -= 16;
  }
  const differ = i8x16.bitmask(i8x16.ne(v128.load(a), v128.load(b)));
  return (differ & ((1 << left) - 1)) == 0;
}

// --- numbers

/** Of up to 15 digits. */
// @ts-ignore: decorator
@inline
function decimalAt(from: u32, to: u32): i64 {
  const bytes = to - from;
  if (bytes <= 8) return <i64>digitsOf(load<u64>(to - 8), bytes);
  return <i64>(digitsOf(load<u64>(to - 16), bytes - 8) * 100_000_000 + digitsOf(load<u64>(to - 8), 8));
}

/** The number that the last so many of eight bytes are, one to eight. */
// @ts-ignore: decorator
@inline
function digitsOf(text: u64, bytes: u32): u64 {
  const shift = <u64>((8 - bytes) << 3);
  let value = ((text >> shift) - (ZEROS >> shift)) << shift;
  value = (value * 10 + (value >> 8)) & 0x00ff00ff00ff00ff;
  value = (value * 100 + (value >> 16)) & 0x0000ffff0000ffff;
  return (value * 10_000 + (value >> 32)) & 0xffffffff;
}

let dateHead: u64 = 0;
let dateTail: u32 = 0;
let dateSeconds: i64 = 0;

/** A time, in the unit of its last digit: since 1970, or since midnight. */
function timeAt(at: u32, kind: u32): i64 {
  // Below the date is what stands behind the second: nothing, three digits or six, or again these with a comma.
  const fraction = (kind - FIRST_SHAPE) % 5;
  let from = at;
  let seconds: i64 = 0;
  if (kind >= FIRST_SHAPE + 5) {
    const head = load<u64>(at);
    const tail: u32 = load<u16>(at, 8);
    if (head != dateHead || tail != dateTail) {
      dateHead = head;
      dateTail = tail;
      dateSeconds = <i64>daysAt(at) * 86_400;
    }
    seconds = dateSeconds;
    from += 11;
  }
  seconds += <i64>(twoAt(from) * 3600 + twoAt(from + 3) * 60 + twoAt(from + 6));
  if (fraction == 0) return seconds;
  const thousandths = <i64>(twoAt(from + 9) * 10 + <u32>load<u8>(from, 11) - ZERO);
  if ((fraction & 1) == 1) return seconds * 1000 + thousandths;
  return seconds * 1_000_000 + thousandths * 1000 + <i64>(twoAt(from + 12) * 10 + <u32>load<u8>(from, 14) - ZERO);
}

/** KIND of times of the first shape. */
const FIRST_SHAPE: u32 = 2;

/** Days since 1970 of a date from then on. */
function daysAt(at: u32): u32 {
  let year = twoAt(at) * 100 + twoAt(at + 2);
  let month = twoAt(at + 5);
  // Years begin in March here, so that the day that some lack is their last.
  if (month < 3) {
    month += 12;
    year--;
  }
  const days = (153 * (month - 3) + 2) / 5 + twoAt(at + 8) - 1;
  return year * 365 + year / 4 - year / 100 + year / 400 + days - 719_468;
}

// @ts-ignore: decorator
@inline
function twoAt(at: u32): u32 {
  return (<u32>load<u8>(at) - ZERO) * 10 + <u32>load<u8>(at, 1) - ZERO;
}
