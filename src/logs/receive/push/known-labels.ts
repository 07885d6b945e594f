import type { LabelRecord } from '../../batch/batch.ts';
import type { StreamMemo } from '../../store/store.ts';
import { LabelTexts } from './label-texts.ts';

/** Of the texts of each of two generations; what they say takes a few times as much. */
const textBytesMax = 16 * 1024 * 1024;

/** Labels that a stream may have, and the level that they tell, if they do. */
export interface CheckedLabels extends StreamMemo {
  labels: LabelRecord;
  level: string | undefined;
}

/**
 * Texts that streams have for labels, and what they say: clients send the same ones again and again. Invariant: the texts of a generation
 * come to no more than `textBytesMax` and the last one; when they do, the generation before goes. Whoever is asked for is of the younger one.
 */
export class KnownLabels {
  #younger = new LabelTexts<CheckedLabels>();
  #older = new LabelTexts<CheckedLabels>();

  get(text: Buffer): CheckedLabels | undefined {
    const known = this.#younger.get(text);
    if (known || this.#older.count === 0) return known;
    const old = this.#older.get(text);
    if (old) this.add(text, old);
    return old;
  }

  /** Of a text that is not known, or was of the older generation. */
  add(text: Buffer, labels: CheckedLabels): void {
    this.#younger.add(text, labels);
    if (this.#younger.textBytes <= textBytesMax) return;
    this.#older = this.#younger;
    this.#younger = new LabelTexts();
  }
}
