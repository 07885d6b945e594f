/*
 * Which runs of four characters of words occur: a bit for a hash of each. Words are ASCII letters in any case, digits, all taken for the
 * same, and single `-`, `_`, `.` between them. Left out are runs that fixed text and a variable could share, so that every other run of
 * a line lies in one of them, and what is sought cannot be where one of its own runs is not. Borders of variables (scan-lines.as) are
 * beside what is no word; between a digit and a letter that is not hexadecimal (a unit); between a digit and `-`, `_`, `.` (behind a time).
 * filter-grams.as makes filters.
 */
const GRAM = 4;
const BITS_PER_GRAM = 8;
const BYTES_MIN = 512;
export const filterBytesMax = 32 * 1024;
/** Runs of a filter: one that is half full answers yes to most questions, which is not worth its bytes. */
export const gramsMax = (filterBytesMax * 8) / 2;

const [DIGIT, JOINER] = [27, 28];
/** Letters 1 to 26, of which 1 to 6 are hexadecimal; digits 27; joiners from 28 on; anything else 0. */
export const symbolOf = new Uint8Array(256).map((_, byte) => {
  const char = String.fromCharCode(byte).toLowerCase();
  if (/^[a-z]$/.test(char)) return char.charCodeAt(0) - 0x60;
  if (/^[0-9]$/.test(char)) return DIGIT;
  return /^[-_.]$/.test(char) ? JOINER + '-_.'.indexOf(char) : 0;
});
const HEX_LETTER_MAX = 6;

/** Every run, as a number, is below. */
const GRAMS = 32 ** GRAM;
const ALL_DIGITS = ((DIGIT * 32 + DIGIT) * 32 + DIGIT) * 32 + DIGIT;

/** The bytes of a filter of so many runs. */
export function filterBytes(grams: number): number {
  if (grams > gramsMax) return 0;
  let bytes = BYTES_MIN;
  while (bytes * 8 < grams * BITS_PER_GRAM && bytes < filterBytesMax) bytes *= 2;
  return bytes;
}

/** Whether two symbols may stand beside each other in a run. */
function goTogether(before: number, symbol: number): boolean {
  if (before === 0 || symbol === 0) return false;
  if (before >= JOINER) return symbol < JOINER;
  return before !== DIGIT || symbol <= HEX_LETTER_MAX || symbol === DIGIT;
}

/** Of each symbol, a bit for each that may follow it in a run. */
export const followersOf = Uint32Array.from({ length: 32 }, (_, before) => {
  let bits = 0;
  for (let symbol = 0; symbol < 32; symbol++) if (goTogether(before, symbol)) bits |= 1 << symbol;
  return bits;
});

/** A joiner at an end belongs to no word for certain; numbers are everywhere. */
function isTelling(gram: number): boolean {
  return (gram & 31) < JOINER && gram >>> 15 < JOINER && gram !== ALL_DIGITS;
}

/** The runs of a text that a filter says something of, as often as they occur. */
export function gramsOf(text: Uint8Array): number[] {
  const grams: number[] = [];
  let gram = 0;
  let length = 0;
  let before = 0;
  for (const byte of text) {
    const symbol = symbolOf[byte]!;
    gram = ((gram << 5) | symbol) & (GRAMS - 1);
    length = goTogether(before, symbol) ? length + 1 : 1;
    if (length >= GRAM && isTelling(gram)) grams.push(gram);
    before = symbol;
  }
  return grams;
}

/** False is certain. */
export function filterMayHold(filter: Uint8Array, sought: Uint8Array): boolean {
  return hasGrams(filter, gramsOf(sought));
}

/** What is asked of the filters of many texts: all runs of what is sought. */
export function gramsOfTexts(texts: readonly string[]): Uint32Array {
  return Uint32Array.from(new Set(texts.flatMap((text) => gramsOf(Buffer.from(text)))));
}

/** False, where one of them is not there, is certain. */
export function hasGrams(filter: Uint8Array, grams: ArrayLike<number>): boolean {
  if (filter.length === 0) return true;
  for (let i = 0; i < grams.length; i++) {
    const bit = (Math.imul(grams[i]!, 0x9e3779b1) >>> 8) & (filter.length * 8 - 1);
    if ((filter[bit >> 3]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}
