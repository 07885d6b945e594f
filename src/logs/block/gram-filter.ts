/*
 * Which runs of four characters of words occur: a bit for a hash of each. Words are ASCII letters in any case, digits, all taken for the
 * same, and single `-`, `_`, `.` between them. Left out are runs that fixed text and a variable could share, so that every other run of
 * a line lies in one of them, and what is sought cannot be where one of its own runs is not. Borders of variables (line-scanner.ts) are
 * beside what is no word; between a digit and a letter that is not hexadecimal (a unit); between a digit and `-`, `_`, `.` (behind a time).
 */
const GRAM = 4;
const BITS_PER_GRAM = 8;
const [BYTES_MIN, BYTES_MAX] = [512, 32 * 1024];
/** What answers yes to most questions is not worth its bytes. */
const fillMax = 0.5;

const [DIGIT, JOINER] = [27, 28];
/** Letters 1 to 26, of which 1 to 6 are hexadecimal; digits 27; joiners from 28 on; anything else 0. */
const symbolOf = new Uint8Array(256).map((_, byte) => {
  const char = String.fromCharCode(byte).toLowerCase();
  if (/^[a-z]$/.test(char)) return char.charCodeAt(0) - 0x60;
  if (/^[0-9]$/.test(char)) return DIGIT;
  return /^[-_.]$/.test(char) ? JOINER + '-_.'.indexOf(char) : 0;
});
const HEX_LETTER_MAX = 6;

/** Every run, as a number, is below. */
const GRAMS = 32 ** GRAM;
const ALL_DIGITS = ((DIGIT * 32 + DIGIT) * 32 + DIGIT) * 32 + DIGIT;

/** Whether two symbols may stand beside each other in a run. */
function goTogether(before: number, symbol: number): boolean {
  if (before >= JOINER) return symbol < JOINER;
  return before !== DIGIT || symbol <= HEX_LETTER_MAX || symbol === DIGIT;
}

/** A joiner at an end belongs to no word for certain; numbers are everywhere. */
function isTelling(gram: number): boolean {
  return (gram & 31) < JOINER && gram >>> 15 < JOINER && gram !== ALL_DIGITS;
}

/** Which runs the filter that is being made has seen; a megabyte that is made once, and left as it was found. */
const seenGrams = new Uint8Array(GRAMS);

/** A filter of parts of texts: `places` are from and to of each, in turn. Empty where it would not tell much. */
export function gramFilter(parts: readonly { text: Uint8Array; places: Uint32Array }[]): Buffer {
  const grams: number[] = [];
  try {
    for (const { text, places } of parts)
      for (let i = 0; i < places.length; i += 2) collect(text, places[i]!, places[i + 1]!, grams);
  } finally {
    for (const gram of grams) seenGrams[gram] = 0;
  }
  let bytes = BYTES_MIN;
  while (bytes * 8 < grams.length * BITS_PER_GRAM && bytes < BYTES_MAX) bytes *= 2;
  if (grams.length > bytes * 8 * fillMax) return Buffer.alloc(0);
  const filter = Buffer.alloc(bytes);
  for (const gram of grams) {
    const bit = bitOf(gram, bytes);
    filter[bit >> 3]! |= 1 << (bit & 7);
  }
  return filter;
}

function collect(text: Uint8Array, from: number, to: number, grams: number[]): void {
  let gram = 0;
  let length = 0;
  let before = 0;
  for (let at = from; at < to; at++) {
    const symbol = symbolOf[text[at]!]!;
    if (symbol === 0) length = 0;
    else {
      gram = ((gram << 5) | symbol) & (GRAMS - 1);
      length = length > 0 && goTogether(before, symbol) ? length + 1 : 1;
      if (length >= GRAM && seenGrams[gram] === 0 && isTelling(gram)) {
        seenGrams[gram] = 1;
        grams.push(gram);
      }
    }
    before = symbol;
  }
}

/** False is certain. */
export function filterMayHold(filter: Buffer, sought: Uint8Array): boolean {
  if (filter.length === 0) return true;
  const grams: number[] = [];
  try {
    collect(sought, 0, sought.length, grams);
  } finally {
    for (const gram of grams) seenGrams[gram] = 0;
  }
  return grams.every((gram) => {
    const bit = bitOf(gram, filter.length);
    return (filter[bit >> 3]! & (1 << (bit & 7))) !== 0;
  });
}

function bitOf(gram: number, bytes: number): number {
  return (Math.imul(gram, 0x9e3779b1) >>> 8) & (bytes * 8 - 1);
}
