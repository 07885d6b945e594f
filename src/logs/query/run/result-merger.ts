import type { BlockPlan, LinesPlan, SamplesPlan } from '../plan/plan.ts';
import type { BlockCost, BlockResult, LinesResult, SamplesResult, SeriesCells } from './block-result.ts';
import { CellWriter } from './cells.ts';
import { firstOf } from './lines-runner.ts';
import { requireRoom } from './series-writers.ts';

/** Makes one result of several. The results that are added belong to it. */
export interface ResultMerger {
  add(result: BlockResult): void;
  result(): BlockResult;
}

export function createResultMerger(plan: BlockPlan): ResultMerger {
  return plan.kind === 'lines' ? new LinesMerger(plan) : new SamplesMerger(plan);
}

const noCost: BlockCost = { blocks: 0, skipped: 0, lines: 0, bytes: 0, bytesRead: 0, matchedLines: 0 };

function addCost(sum: BlockCost, more: BlockCost): void {
  for (const name of Object.keys(noCost) as (keyof BlockCost)[]) sum[name] += more[name];
}

/** Joins samples series by series. Throws QueryLimitError where they are of too many. */
export class SamplesMerger implements ResultMerger {
  readonly #plan: SamplesPlan;
  readonly #writers = new Map<string, CellWriter>();
  readonly #cost: BlockCost = { ...noCost };

  constructor(plan: SamplesPlan) {
    this.#plan = plan;
  }

  add(result: BlockResult): void {
    const { series } = result as SamplesResult;
    addCost(this.#cost, result);
    for (const cells of series) {
      const writer = this.#writers.get(cells.key);
      if (writer) writer.merge(cells);
      else {
        requireRoom(this.#writers.size);
        this.#writers.set(cells.key, new CellWriter(this.#plan.sampleKind, cells));
      }
    }
  }

  result(): SamplesResult & { series: SeriesCells[] } {
    return { kind: 'samples', ...this.#cost, series: [...this.#writers.values()].map(({ cells }) => cells) };
  }
}

/** Keeps the first lines of the order that was asked for. */
class LinesMerger implements ResultMerger {
  readonly #plan: LinesPlan;
  readonly #cost: BlockCost = { ...noCost };
  #merged: LinesResult | undefined;

  constructor(plan: LinesPlan) {
    this.#plan = plan;
  }

  add(result: BlockResult): void {
    const more = result as LinesResult;
    addCost(this.#cost, more);
    const merged = this.#merged;
    if (merged === undefined) {
      this.#merged = more;
      return;
    }
    const offset = merged.labels.length;
    for (const entry of more.entries) merged.entries.push({ ...entry, labels: entry.labels + offset });
    merged.labels.push(...more.labels);
    if (more.timeMin < merged.timeMin) merged.timeMin = more.timeMin;
    if (more.timeMax > merged.timeMax) merged.timeMax = more.timeMax;
    const { limit, direction } = this.#plan;
    if (merged.entries.length > limit) merged.entries = firstOf(merged.entries, limit, direction);
  }

  result(): LinesResult {
    const merged = this.#merged ?? { kind: 'lines', timeMin: 0n, timeMax: 0n, labels: [], entries: [] };
    return { ...merged, ...this.#cost };
  }
}
