import type { BlockPlan, LinesResult } from '../../../query/query.ts';

type LinesPlan = Extract<BlockPlan, { kind: 'lines' }>;

/** Beyond which time no line can be among the first ones any more. Invariant: `#times` are the first ones so far, at most as many as are wanted. */
export class TimeBound {
  readonly #plan: LinesPlan;
  #times: bigint[] = [];

  constructor(plan: LinesPlan) {
    this.#plan = plan;
  }

  /** The earliest (forward: latest) time that can still matter, as the plan's `sinceNs` (forward: `untilNs`). */
  get time(): bigint {
    return this.#plan.direction === 'backward' ? this.#times.at(-1)! : this.#times.at(-1)! + 1n;
  }

  /** Whether there is a bound now. */
  add({ entries }: LinesResult): boolean {
    const { limit, direction } = this.#plan;
    const sign = direction === 'forward' ? 1 : -1;
    for (const { timeNs } of entries) this.#times.push(timeNs);
    if (this.#times.length < limit) return false;
    if (entries.length > 0) this.#times.sort((a, b) => (a < b ? -sign : a > b ? sign : 0)).splice(limit);
    return true;
  }
}
