import type { Occurrences } from './block.ts';
import { sumOfMarks } from './marks.ts';

/** Of so few lines a list is made instead of a mark for each. */
const sparse = 1 / 8;

/** Those in the lines from (inclusive) to (exclusive) of a text; lines are counted from there. */
export class OccurrencesWithin implements Occurrences {
  readonly #whole: Occurrences;
  readonly #from: number;
  readonly #to: number;

  constructor(whole: Occurrences, from: number, to: number) {
    this.#whole = whole;
    this.#from = from;
    this.#to = to;
  }

  get isPossible(): boolean {
    return this.#whole.isPossible;
  }

  count(): number {
    const all = this.#whole.count();
    if (all > (this.#to - this.#from) * sparse) return sumOfMarks(this.marks());
    const [first, end] = this.#range(this.#whole.lines());
    return end - first;
  }

  marks(): Uint8Array {
    return this.#whole.marks().subarray(this.#from, this.#to);
  }

  lines(): Uint32Array {
    const all = this.#whole.lines();
    const within = all.slice(...this.#range(all));
    for (let at = 0; at < within.length; at++) within[at]! -= this.#from;
    return within;
  }

  #range(lines: Uint32Array): [number, number] {
    return [placeOf(lines, this.#from), placeOf(lines, this.#to)];
  }
}

/** How many of rising numbers are less. */
function placeOf(numbers: Uint32Array, end: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < end) low = middle + 1;
    else high = middle;
  }
  return low;
}
