import { limits, plainTextEncoder, type TextEncoder, type TextForm } from '../batch/batch.ts';
import { encodeCompact } from '../block/encode.ts';

/**
 * How the text of a merged frame is stored. Invariant: `#starts` are those of all lines added so far, in the text that they make together.
 */
export class StoredText {
  readonly #plain: TextEncoder;
  readonly #compactShareMax: number;
  readonly #starts: Uint32Array[] = [];
  #lineCount = 0;
  #textBytes = 0;
  #storedBytes = 0;
  /** What `encode` came to. `oversize`: its text is too much for a frame that is plain, which it cannot be stored as. */
  outcome: TextForm | 'oversize' = 'plain';

  /** Text becomes compact where it then takes at most this share of what it took; 0: it does not. */
  constructor(level: number, compactShareMax: number) {
    this.#plain = plainTextEncoder(level);
    this.#compactShareMax = compactShareMax;
  }

  /** Lines that follow: those between the starts, of which there is one more. */
  addLines(starts: Uint32Array): void {
    const moved = starts.slice(0, -1);
    const by = this.#textBytes - starts[0]!;
    if (by !== 0) for (let i = 0; i < moved.length; i++) moved[i]! += by;
    this.#starts.push(moved);
    this.#lineCount += moved.length;
    this.#textBytes += starts.at(-1)! - starts[0]!;
  }

  /** Bytes that the lines took so far. Lines that were compact become so again: a frame of plain text may not hold them all. */
  addStored({ form, text }: { form: TextForm; text: Buffer }): void {
    this.#storedBytes += form === 'compact' ? Number.POSITIVE_INFINITY : text.length;
  }

  /** Call it with the text of all lines that were added. */
  readonly encode: TextEncoder = (text) => {
    if (this.#compactShareMax > 0) {
      const bytes = encodeCompact({ text, starts: this.#allStarts() });
      if (bytes.length <= this.#storedBytes * this.#compactShareMax) {
        this.outcome = 'compact';
        return { form: 'compact', bytes };
      }
    }
    this.outcome = text.length <= limits.batchTextBytesMax ? 'plain' : 'oversize';
    return this.#plain(text);
  };

  #allStarts(): Uint32Array {
    const all = new Uint32Array(this.#lineCount + 1);
    let at = 0;
    for (const starts of this.#starts) {
      all.set(starts, at);
      at += starts.length;
    }
    all[at] = this.#textBytes;
    return all;
  }
}
