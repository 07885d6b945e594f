import { mayHold, type SoughtRuns, soughtRuns, type TextFilter, tellsAnything } from '../../../block/block.ts';
import { type BlockPlan, filterNeedles } from '../../../query/query.ts';

/** `none`: no line of the block comes through; `all`: every line does; `open`: that is not known. */
export type Verdict = 'none' | 'all' | 'open';

/** What the filter of a block says of the line filters of a plan. */
export class FilterVerdict {
  /** Of each line filter, what its terms look for. */
  readonly #filters: readonly { isNegative: boolean; terms: readonly SoughtRuns[] }[];
  /** Whether there is anything but these. */
  readonly #isMore: boolean;

  constructor({ stages }: BlockPlan) {
    const filters = filterNeedles(stages);
    this.#isMore = filters.length < stages.length;
    this.#filters = filters.map(({ isNegative, terms }) => ({ isNegative, terms: terms.map(soughtRuns) }));
  }

  /** Whether filters could say anything. */
  get isOfUse(): boolean {
    return this.#filters.some(({ terms }) => terms.every(tellsAnything));
  }

  of(filter: TextFilter): Verdict {
    let isAll = !this.#isMore;
    for (const { isNegative, terms } of this.#filters) {
      const isMet = terms.some((runs) => mayHold(filter, runs));
      if (!isMet && !isNegative) return 'none';
      if (isMet) isAll = false;
    }
    return isAll ? 'all' : 'open';
  }
}
