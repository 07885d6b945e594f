/*
 * Which runs of four ASCII letters occur, in any case: a bit for a hash of each. A border between fixed text and a variable never lies
 * between two letters (line-scanner.ts), so every such run of a line is within one of them, and what is sought cannot be where one
 * of its own runs is not.
 */
const GRAM = 4;
const BITS_PER_GRAM = 8;
const [BYTES_MIN, BYTES_MAX] = [512, 32 * 1024];
/** What answers yes to most questions is not worth its bytes. */
const fillMax = 0.5;

/** Of a letter in either case 1 to 26; of anything else 0. */
const letterOf = new Uint8Array(256).map((_, byte) => {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a && byte >= 0x41 ? lower - 0x60 : 0;
});

/** Every number of four letters is below. */
const GRAMS = 32 ** GRAM;

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
  let letters = 0;
  for (let at = from; at < to; at++) {
    const letter = letterOf[text[at]!]!;
    if (letter === 0) {
      letters = 0;
      continue;
    }
    gram = ((gram << 5) | letter) & (GRAMS - 1);
    if (++letters >= GRAM && seenGrams[gram] === 0) {
      seenGrams[gram] = 1;
      grams.push(gram);
    }
  }
}

/** False is certain. */
export function filterMayHold(filter: Buffer, sought: Uint8Array): boolean {
  if (filter.length === 0) return true;
  let gram = 0;
  let letters = 0;
  for (const byte of sought) {
    const letter = letterOf[byte]!;
    letters = letter === 0 ? 0 : letters + 1;
    gram = ((gram << 5) | letter) & (GRAMS - 1);
    if (letters < GRAM) continue;
    const bit = bitOf(gram, filter.length);
    if ((filter[bit >> 3]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function bitOf(gram: number, bytes: number): number {
  return (Math.imul(gram, 0x9e3779b1) >>> 8) & (bytes * 8 - 1);
}
