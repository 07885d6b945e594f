/** Shorter ones go byte by byte. */
const WORD_BYTES = 8;

/**
 * A text that is written again and again, as the words that it is stored in: a loop over bytes costs twenty instructions for each
 * of them, a word no more than a byte. Its last word may overlap the one before it.
 * No word is a NaN, which would not be stored as it is: in UTF-8 nothing goes before 0x7f that is above it, and there is no 0xff.
 */
export class Phrase {
  readonly bytes: Buffer;
  readonly words: Float64Array;

  constructor(text: string) {
    this.bytes = Buffer.from(text);
    const { length } = this.bytes;
    this.words = new Float64Array(length < WORD_BYTES ? 0 : Math.ceil(length / WORD_BYTES));
    for (let at = 0; at < this.words.length; at++)
      this.words[at] = this.bytes.readDoubleLE(Math.min(at * WORD_BYTES, length - WORD_BYTES));
  }
}
