import { Labels } from '../../query/query.ts';
import { addTargetLabels } from './sample-labels.ts';
import { UNRESOLVED } from './series-cache.ts';

/**
 * The series that the scraper writes about a target: `up` and its like. They are numbered from -1 down, beside the series of the
 * target's page, which are numbered from 0 up.
 */
export class OwnSeries {
  readonly #target: readonly (readonly [string, string])[];
  readonly #names: string[] = [];
  readonly #labels: Labels[] = [];
  readonly #refs: number[] = [];

  constructor(target: readonly (readonly [string, string])[]) {
    this.#target = target;
  }

  /** Those of the names that the store has to be asked for. */
  unresolved(names: readonly string[]): { entries: number[]; labels: Labels[] } {
    for (const name of names) if (!this.#names.includes(name)) this.#add(name);
    const entries = names.map((name) => this.entryOf(name)).filter((entry) => this.refOf(entry) === UNRESOLVED);
    return { entries, labels: entries.map((entry) => this.labelsOf(entry)) };
  }

  /** `refs` are in the order of `entries`. */
  resolve(entries: readonly number[], refs: Float64Array): void {
    entries.forEach((entry, at) => {
      this.#refs[-1 - entry] = refs[at]!;
    });
  }

  entryOf(name: string): number {
    return -1 - this.#names.indexOf(name);
  }

  refOf(entry: number): number {
    return this.#refs[-1 - entry]!;
  }

  labelsOf(entry: number): Labels {
    return this.#labels[-1 - entry]!;
  }

  #add(name: string): void {
    const labels = new Map([['__name__', name]]);
    addTargetLabels(labels, this.#target, false);
    this.#names.push(name);
    this.#labels.push(Labels.from(labels));
    this.#refs.push(UNRESOLVED);
  }
}
