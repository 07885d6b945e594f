import type { TextFilter } from '../../../block/block.ts';
import {
  type BlockPlan,
  type BlockResult,
  type BlockRunner,
  createBlockRunner,
  createResultMerger,
} from '../../../query/query.ts';
import { countedUnit } from './counted-unit.ts';
import { FilterVerdict } from './filter-verdict.ts';
import type { ListedUnit } from './listed-units.ts';
import { RuledOut } from './ruled-out.ts';

/** Units that need not be opened: the catalogue, or a block's filter, says what they give. Invariant: `results` has what all of them give. */
export class SettledUnits {
  readonly #plan: BlockPlan;
  readonly #runner: BlockRunner;
  readonly #checkStop: () => void;
  readonly #verdict: FilterVerdict;
  readonly #counted: ReturnType<typeof createResultMerger>;
  readonly #ruledOut: RuledOut;
  #hasCounted = false;
  /** The plan for a block all of whose lines come through its filters, and what runs it. */
  #unfiltered: BlockPlan | undefined;
  #countRunner: BlockRunner | undefined;

  constructor(plan: BlockPlan, runner: BlockRunner, checkStop: () => void) {
    this.#plan = plan;
    this.#runner = runner;
    this.#checkStop = checkStop;
    this.#verdict = new FilterVerdict(plan);
    this.#counted = createResultMerger(plan);
    this.#ruledOut = new RuledOut(plan);
  }

  /** Whether filters of blocks could say anything. */
  get takesFilters(): boolean {
    return this.#verdict.isOfUse;
  }

  /** Whether what the unit gives is known; then it is among the results. `filter` is that of its block, for which so many bytes were read. */
  settle(unit: ListedUnit, filter: TextFilter | undefined, filterBytesRead = 0): boolean {
    const counted = countedUnit(this.#plan, this.#runner, unit) ?? this.#decided(unit, filter);
    if (counted === undefined) return false;
    const [first] = counted;
    if (first === undefined) this.#ruledOut.add(unit, filterBytesRead);
    else first.bytesRead = filterBytesRead;
    for (const result of counted) this.#counted.add(result);
    this.#hasCounted ||= counted.length > 0;
    return true;
  }

  results(): BlockResult[] {
    return [...(this.#hasCounted ? [this.#counted.result()] : []), ...this.#ruledOut.results()];
  }

  /** What a block gives of whose filter it is known that no line, or every line, comes through. */
  #decided(unit: ListedUnit, filter: TextFilter | undefined): BlockResult[] | undefined {
    if (unit.throughStore || filter === undefined || !this.takesFilters) return undefined;
    const verdict = this.#verdict.of(filter);
    if (verdict === 'open') return undefined;
    if (verdict === 'none') return [];
    this.#unfiltered ??= { ...this.#plan, stages: [] };
    this.#countRunner ??= createBlockRunner(this.#unfiltered, this.#checkStop);
    return countedUnit(this.#unfiltered, this.#countRunner, unit);
  }
}
