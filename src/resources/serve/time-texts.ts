import { Phrase } from './phrase.ts';
import { timeText } from './quantities.ts';

/** A power of two. */
const placesMax = 64;

/** Invariant: `#texts` holds at each place what the second there is printed as; seconds take turns at a place. */
export class TimeTexts {
  readonly #seconds = new Float64Array(placesMax).fill(Number.NaN);
  readonly #texts = new Array<Phrase>(placesMax).fill(new Phrase(''));

  at(timeMs: number): Phrase {
    const seconds = Math.floor(timeMs / 1000);
    const place = seconds & (placesMax - 1);
    if (this.#seconds[place] !== seconds) {
      this.#texts[place] = new Phrase(timeText(seconds));
      this.#seconds[place] = seconds;
    }
    return this.#texts[place]!;
  }
}
