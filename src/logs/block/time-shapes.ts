/*
 * Times as programs print them: `2026-11-22T10:00:00.123`, with a blank for the T, with a comma, three or six digits of a second or none,
 * or without the date. A time is a number in the unit of its last digit: since 1970, or since midnight. What follows (Z, +00:00) is not part of it.
 *
 * The shape is a number: bits 0-1 digits of the second (0, 3, 6), bits 2-3 what stands before them (0 nothing, 1 point, 2 comma),
 * bits 4-5 the date (0 none, 1 with T, 2 with a blank), bit 6 set.
 */
const [ZERO, DASH, COLON, POINT, COMMA, BLANK, LETTER_T] = [0x30, 0x2d, 0x3a, 0x2e, 0x2c, 0x20, 0x54];
const DAY_SECONDS = 86_400;
/** Microseconds of these years are whole numbers in a double. */
const [YEAR_MIN, YEAR_MAX] = [1970, 2199];
/** Not a time: a word. */
export const wordShape = 0;
const isShape = 64;
const unitsOf = [1, 1000, 1_000_000];
const digitsOf = [0, 3, 6];

export function isTimeShape(shape: number): boolean {
  const [digits, mark, date] = [shape & 3, (shape >> 2) & 3, (shape >> 4) & 3];
  return (shape & ~63) === isShape && digits < 3 && mark < 3 && date < 3 && (digits === 0) === (mark === 0);
}

export function timeBytes(shape: number): number {
  const digits = shape & 3;
  return headBytes(shape) + (digits ? 1 + digitsOf[digits]! : 0);
}

/** Up to the seconds. */
export function headBytes(shape: number): number {
  return (shape & 0x30 ? 11 : 0) + 8;
}

/** Whether it has a blank inside. */
export function hasBlank(shape: number): boolean {
  return (shape & 0x30) === 2 << 4;
}

/** How many of its numbers are a second. */
export function timeUnit(shape: number): number {
  return unitsOf[shape & 3]!;
}

/** What numbers of the shape lie below. */
export function timeEnd(shape: number): number {
  const seconds = shape & 0x30 ? Date.UTC(YEAR_MAX + 1, 0, 1) / 1000 : DAY_SECONDS;
  return seconds * unitsOf[shape & 3]!;
}

/** The shape of the time that begins at `at`, or 0 where there is none. */
export function shapeAt(text: Uint8Array, at: number, end: number): number {
  let shape = isShape;
  let from = at;
  if (end - at >= 19 && text[at + 4] === DASH) {
    if (text[at + 7] !== DASH || daysAt(text, at) < 0) return 0;
    const separator = text[at + 10];
    if (separator === LETTER_T) shape |= 1 << 4;
    else if (separator === BLANK) shape |= 2 << 4;
    else return 0;
    from += 11;
  }
  if (end - from < 8 || text[from + 2] !== COLON || text[from + 5] !== COLON) return 0;
  const hour = twoAt(text, from);
  const minute = twoAt(text, from + 3);
  const second = twoAt(text, from + 6);
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)) return 0;
  from += 8;
  const mark = text[from];
  if ((mark === POINT || mark === COMMA) && from < end) {
    let digits = 0;
    while (digits < 7 && from + 1 + digits < end && isDigit(text[from + 1 + digits]!)) digits++;
    if (digits === 3 || digits === 6) shape |= (digits / 3) | ((mark === POINT ? 1 : 2) << 2);
  }
  return shape;
}

/** The number of the time at `at`, which has that shape. */
export function timeAt(text: Uint8Array, at: number, shape: number): number {
  let from = at;
  let seconds = 0;
  if (shape & 0x30) {
    seconds = daysAt(text, at) * DAY_SECONDS;
    from += 11;
  }
  seconds += twoAt(text, from) * 3600 + twoAt(text, from + 3) * 60 + twoAt(text, from + 6);
  const digits = digitsOf[shape & 3]!;
  let fraction = 0;
  for (let i = 0; i < digits; i++) fraction = fraction * 10 + text[from + 9 + i]! - ZERO;
  return seconds * unitsOf[shape & 3]! + fraction;
}

/** Writes the time and says where it ends. */
export function writeTime(target: Uint8Array, into: number, value: number, shape: number): number {
  const unit = unitsOf[shape & 3]!;
  const second = Math.floor(value / unit);
  if (second !== writtenSecond) writeHead(second);
  const form = shape & 0x30;
  let at = into;
  for (let i = form === 0 ? TIME_AT : 0; i < written.length; i++) target[at++] = written[i]!;
  if (form === 0x20) target[into + TIME_AT - 1] = BLANK;
  if (unit === 1) return at;
  target[at++] = (shape & 0xc) === 4 ? POINT : COMMA;
  let fraction = value - second * unit;
  const digits = digitsOf[shape & 3]!;
  for (let i = digits - 1; i >= 0; i--) {
    const rest = (fraction / 10) | 0;
    target[at + i] = ZERO + fraction - rest * 10;
    fraction = rest;
  }
  return at + digits;
}

/** Times of one second follow each other: what was written last, as `2026-11-22T10:00:00`. */
const written = Buffer.alloc(19);
const TIME_AT = 11;
let writtenSecond = Number.NaN;
let writtenDay = Number.NaN;

function writeHead(second: number): void {
  const day = Math.floor(second / DAY_SECONDS);
  if (day !== writtenDay) written.write(new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 11), 'latin1');
  const rest = second - day * DAY_SECONDS;
  const minutes = (rest / 60) | 0;
  const hours = (minutes / 60) | 0;
  writeTwo(TIME_AT, hours);
  written[TIME_AT + 2] = COLON;
  writeTwo(TIME_AT + 3, minutes - hours * 60);
  written[TIME_AT + 5] = COLON;
  writeTwo(TIME_AT + 6, rest - minutes * 60);
  writtenSecond = second;
  writtenDay = day;
}

function writeTwo(at: number, value: number): void {
  const tens = (value / 10) | 0;
  written[at] = ZERO + tens;
  written[at + 1] = ZERO + value - tens * 10;
}

let readDate = -1;
let readDays = -1;

/** Days since 1970 of the date at `at`; -1 where it is none. */
function daysAt(text: Uint8Array, at: number): number {
  const century = twoAt(text, at);
  const year = twoAt(text, at + 2);
  const month = twoAt(text, at + 5);
  const day = twoAt(text, at + 8);
  if (century < 0 || year < 0 || month < 0 || day < 0) return -1;
  const date = (century * 100 + year) * 10_000 + month * 100 + day;
  if (date === readDate) return readDays;
  readDate = date;
  readDays = daysOf(century * 100 + year, month, day);
  return readDays;
}

function daysOf(year: number, month: number, day: number): number {
  if (year < YEAR_MIN || year > YEAR_MAX) return -1;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / (DAY_SECONDS * 1000) : -1;
}

/** -1 where two digits are not what is there. */
function twoAt(text: Uint8Array, at: number): number {
  const tens = text[at]! - ZERO;
  const ones = text[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}
