/** The characters that have a meaning in an exposition page, as bytes. */
export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const NINE = 0x39;
export const EQUAL = 0x3d;
export const BACKSLASH = 0x5c;
export const BRACE_OPEN = 0x7b;
export const BRACE_CLOSE = 0x7d;

const LETTER = 1;
const COLON = 2;
const DIGIT = 4;

const classes = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte);
  if (/[a-zA-Z_]/.test(character)) classes[byte] = LETTER;
  else if (character === ':') classes[byte] = COLON;
  else if (/[0-9]/.test(character)) classes[byte] = DIGIT;
}

/** The end of the metric name that begins at `at`; `at` itself where none does. */
export function metricNameEnd(page: Uint8Array, at: number, end: number): number {
  return nameEnd(page, at, end, LETTER | COLON);
}

/** The same for a label's name, which has no colon. */
export function labelNameEnd(page: Uint8Array, at: number, end: number): number {
  return nameEnd(page, at, end, LETTER);
}

function nameEnd(page: Uint8Array, at: number, end: number, first: number): number {
  if (at >= end || (classes[page[at]!]! & first) === 0) return at;
  const further = first | DIGIT;
  let position = at + 1;
  while (position < end && (classes[page[position]!]! & further) !== 0) position++;
  return position;
}
