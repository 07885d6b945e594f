/*
 * Which runs of four and of three characters of words occur. Words are ASCII letters, digits, all taken for the same, and single `-`,
 * `_`, `.` between them. Left out are runs that fixed text and a variable could share, so that every other run of a line lies in one of
 * them, and what is sought cannot be where one of its own runs is not. Borders of variables (scan-lines.as) are beside what is no word;
 * between a digit and a letter that is not hexadecimal (a unit); between a digit and `-`, `_`, `.` (behind a time). Of runs of four,
 * letters in any case, there is a bit for a hash of each; of runs of three there is a bit for each, and another for the same without a
 * small letter. filter-grams.as makes filters.
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
const T = symbolOf['T'.charCodeAt(0)]!;

/** Every run, as a number, is below. */
const GRAMS = 32 ** GRAM;
const DIGITS = 32 * DIGIT + DIGIT;
const ALL_DIGITS = (DIGIT * 32 + DIGIT) * 32 ** 2 + DIGITS;

const SHORT = 3;
const SHORTS = 32 ** SHORT;
const SHORT_LENGTH_MASK = 2 ** SHORT - 1;
/** Of a run that has a small letter; the same number without it is one that has none. */
const SMALL = SHORTS;
export const shortBytes = (2 * SHORTS) / 8;

/** The bytes of a filter of so many runs of four. */
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

/** The same of three. Of times, only the `T` and the hour behind it would be a run, and they are not looked at. */
function isShortTelling(three: number): boolean {
  const first = (three >>> 10) & 31;
  return (three & 31) < JOINER && first < JOINER && ((three & 1023) !== DIGITS || (first !== DIGIT && first !== T));
}

/** Bits of the runs of three that tell something. */
export const tellingShorts = Uint32Array.from({ length: shortBytes / 4 }, (_, word) => {
  let bits = 0;
  for (let last = 0; last < 32; last++) if (isShortTelling(32 * word + last)) bits |= 1 << last;
  return bits;
});

function isSmall(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

/** The runs of a text that filters say something of, as often as they occur: of four, and of three. */
export function gramsOf(text: Uint8Array): { grams: number[]; shorts: number[] } {
  const grams: number[] = [];
  const shorts: number[] = [];
  let gram = 0;
  let length = 0;
  let before = 0;
  /** A bit for each of the last characters: whether it is a small letter. */
  let small = 0;
  for (const byte of text) {
    const symbol = symbolOf[byte]!;
    small = ((small << 1) | (isSmall(byte) ? 1 : 0)) & SHORT_LENGTH_MASK;
    gram = ((gram << 5) | symbol) & (GRAMS - 1);
    length = goTogether(before, symbol) ? length + 1 : 1;
    if (length >= GRAM && isTelling(gram)) grams.push(gram);
    const three = gram & (SHORTS - 1);
    if (length >= SHORT && isShortTelling(three)) shorts.push(small === 0 ? three : three | SMALL);
    before = symbol;
  }
  return { grams, shorts };
}

/** What filters of many texts are asked for: all runs of what is sought, each once. */
export interface SoughtRuns {
  grams: Uint32Array;
  shorts: Uint32Array;
  /** With a small letter or without. */
  shortsInAnyCase: Uint32Array;
}

/** Texts, or their bytes; with `ignoreCase`, in any case. */
type Sought = { text: string | Uint8Array; ignoreCase: boolean };

export function soughtRuns(sought: readonly Sought[]): SoughtRuns {
  const of = (texts: readonly Sought[]) => texts.map(({ text }) => gramsOf(Buffer.from(text as string)));
  const shortsOf = (texts: readonly Sought[]) => unique(of(texts).flatMap(({ shorts }) => shorts));
  return {
    grams: unique(of(sought).flatMap(({ grams }) => grams)),
    shorts: shortsOf(sought.filter(({ ignoreCase }) => !ignoreCase)),
    shortsInAnyCase: shortsOf(sought.filter(({ ignoreCase }) => ignoreCase)).map((three) => three & (SHORTS - 1)),
  };
}

const unique = (numbers: readonly number[]) => Uint32Array.from(new Set(numbers));

/** Whether a filter could say that a text does not occur. */
export function tellsAnything({ grams, shorts, shortsInAnyCase }: SoughtRuns): boolean {
  return grams.length + shorts.length + shortsInAnyCase.length > 0;
}

/** What a text's runs are known by. Each is empty where it says nothing. */
export interface TextFilter {
  grams: Uint8Array;
  shorts: Uint8Array;
}

/** False, where one of the runs is not there, is certain. */
export function mayHold(filter: TextFilter, sought: SoughtRuns): boolean {
  return hasGrams(filter.grams, sought.grams) && hasShorts(filter.shorts, sought);
}

function hasGrams(filter: Uint8Array, grams: Uint32Array): boolean {
  if (filter.length === 0) return true;
  for (let i = 0; i < grams.length; i++)
    if (!hasBit(filter, (Math.imul(grams[i]!, 0x9e3779b1) >>> 8) & (filter.length * 8 - 1))) return false;
  return true;
}

function hasShorts(filter: Uint8Array, { shorts, shortsInAnyCase }: SoughtRuns): boolean {
  if (filter.length === 0) return true;
  for (let i = 0; i < shorts.length; i++) if (!hasBit(filter, shorts[i]!)) return false;
  for (let i = 0; i < shortsInAnyCase.length; i++) {
    const three = shortsInAnyCase[i]!;
    if (!hasBit(filter, three) && !hasBit(filter, three | SMALL)) return false;
  }
  return true;
}

function hasBit(filter: Uint8Array, bit: number): boolean {
  return (filter[bit >> 3]! & (1 << (bit & 7))) !== 0;
}
