import type { Needle } from '../../query/query.ts';

/** Whether a block of text may hold a wanted line, before it is taken apart. Needles in any case are left to the query. */
export class NeedleTest {
  readonly #exact: Buffer[];

  constructor(needles: readonly Needle[]) {
    this.#exact = needles.filter(({ ignoreCase }) => !ignoreCase).map(({ text }) => Buffer.from(text));
    // The longest is the rarest.
    this.#exact.sort((a, b) => b.length - a.length);
  }

  mayMatch(text: Buffer): boolean {
    return this.#exact.every((needle) => text.includes(needle));
  }
}
