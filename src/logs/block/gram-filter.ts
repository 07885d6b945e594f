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

/** Which runs the collector in use has seen; a megabyte that is made once. */
const seenGrams = new Uint8Array(GRAMS);

/** Collects the runs of texts. One at a time: `filter` ends its use. */
export class GramCollector {
  #grams: number[] = [];

  add(text: Uint8Array, from: number, to: number): void {
    const seen = seenGrams;
    let gram = 0;
    let letters = 0;
    for (let at = from; at < to; at++) {
      const letter = letterOf[text[at]!]!;
      if (letter === 0) {
        letters = 0;
        continue;
      }
      gram = ((gram << 5) | letter) & (GRAMS - 1);
      if (++letters >= GRAM && seen[gram] === 0) {
        seen[gram] = 1;
        this.#grams.push(gram);
      }
    }
  }

  /** Empty where a filter would not tell much. */
  filter(): Buffer {
    const grams = this.#grams;
    this.#grams = [];
    let bytes = BYTES_MIN;
    while (bytes * 8 < grams.length * BITS_PER_GRAM && bytes < BYTES_MAX) bytes *= 2;
    const isTelling = grams.length <= bytes * 8 * fillMax;
    const filter = Buffer.alloc(isTelling ? bytes : 0);
    for (const gram of grams) {
      seenGrams[gram] = 0;
      const bit = bitOf(gram, bytes);
      if (isTelling) filter[bit >> 3]! |= 1 << (bit & 7);
    }
    return filter;
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
