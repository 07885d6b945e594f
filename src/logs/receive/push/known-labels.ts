import type { LabelRecord } from '../../batch/batch.ts';

/** Of the texts; what they say takes a few times as much. */
const textBytesMax = 16 * 1024 * 1024;

/**
 * Texts that streams have for labels, and what they say: clients send the same ones again and again. Invariant: the texts come to no more
 * than `textBytesMax`; those that came first go first.
 */
export class KnownLabels {
  readonly #known = new Map<string, LabelRecord>();
  #textBytes = 0;

  get(text: string): LabelRecord | undefined {
    return this.#known.get(text);
  }

  add(text: string, labels: LabelRecord): void {
    this.#known.set(text, labels);
    this.#textBytes += text.length;
    for (const first of this.#known.keys()) {
      if (this.#textBytes <= textBytesMax) break;
      this.#known.delete(first);
      this.#textBytes -= first.length;
    }
  }
}
