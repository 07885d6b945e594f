import { timeText } from './quantities.ts';

/** A power of two. */
const placesMax = 64;

/** Invariant: `#texts` holds at each place what the second there is printed as; seconds take turns at a place. */
export class TimeTexts {
  readonly #seconds = new Float64Array(placesMax).fill(Number.NaN);
  readonly #texts = new Array<Uint8Array>(placesMax).fill(new Uint8Array());

  of(seconds: number): Uint8Array {
    const place = seconds & (placesMax - 1);
    if (this.#seconds[place] !== seconds) {
      this.#texts[place] = Buffer.from(timeText(seconds));
      this.#seconds[place] = seconds;
    }
    return this.#texts[place]!;
  }
}
