import { type LabelRecord, provenanceLabel } from '../../query/query.ts';
import type { LogStore } from '../../store/store.ts';
import { type Selection, selectPushedLabels, selectStreams } from '../source/selected-streams.ts';
import { isMarked, pushedLabels } from '../source/stream-labels.ts';
import { bad } from './parameters.ts';
import { sortedJson } from './result-json.ts';

/** Streams or values of one answer. */
export const listedMax = 250_000;
const mark = pushedLabels({ [provenanceLabel]: '' })[provenanceLabel]!;

/**
 * Labels of the streams of a selection. Of what was pushed there may be a hundred thousand streams and more: their labels are looked at
 * as they are, and what they are marked with is added to what comes out.
 */
export class ListedLabels {
  readonly #attested: LabelRecord[] = [];
  readonly #pushed: readonly LabelRecord[];
  readonly #max: number;

  /** Of streams that any of the selections has. */
  constructor(store: LogStore, selections: readonly Selection[], max = listedMax) {
    for (const selection of selections) {
      const { instances } = selectStreams(store, { ...selection, isPushedLeftOut: true });
      for (const { streams } of instances) for (const { labels } of streams) this.#attested.push(labels);
    }
    this.#pushed = selectPushedLabels(store, selections);
    this.#max = max;
  }

  /** In order. */
  names(): string[] {
    const names = new Set<string>();
    for (const labels of this.#attested) for (const name in labels) names.add(name);
    let isAnyMarked = false;
    for (const labels of this.#pushed) {
      for (const name in labels) names.add(name);
      isAnyMarked ||= isMarked(labels);
    }
    if (isAnyMarked) names.add(provenanceLabel);
    return [...names].sort();
  }

  /** In order. Throws Fault `bad-request` where they are too many. */
  values(name: string): string[] {
    const values = new Set<string>();
    for (const labels of this.#attested) if (Object.hasOwn(labels, name)) values.add(labels[name]!);
    for (const labels of this.#pushed) {
      if (name === provenanceLabel) {
        if (isMarked(labels)) values.add(mark);
      } else if (Object.hasOwn(labels, name)) values.add(labels[name]!);
      if (values.size > this.#max) throw tooMany(`values of ${JSON.stringify(name)}`, this.#max);
    }
    return [...values].sort();
  }

  /** How many values each label has, by name. */
  cardinalities(): [name: string, values: number][] {
    const found = new Map<string, { values: Set<string>; last: string | undefined }>();
    const add = (name: string, value: string) => {
      let known = found.get(name);
      if (!known) found.set(name, (known = { values: new Set(), last: undefined }));
      // Streams beside each other often have the same.
      if (known.last === value) return;
      known.last = value;
      known.values.add(value);
    };
    for (const labels of this.#attested) for (const name in labels) add(name, labels[name]!);
    for (const labels of this.#pushed) {
      for (const name in labels) if (name !== provenanceLabel) add(name, labels[name]!);
      if (isMarked(labels)) add(provenanceLabel, mark);
    }
    const counts = Array.from(found, ([name, { values }]): [string, number] => [name, values.size]);
    return counts.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Each stream once, as JSON. Throws Fault `bad-request` where they are too many. */
  series(): Iterable<string> {
    const attested = new Set(this.#attested.map(sortedJson));
    if (attested.size + this.#pushed.length > this.#max) throw tooMany('series', this.#max);
    return both(attested, this.#pushed);
  }
}

function* both(attested: Iterable<string>, pushed: readonly LabelRecord[]): Generator<string> {
  yield* attested;
  for (const labels of pushed) yield pushedJson(labels);
}

function tooMany(what: string, max: number): Error {
  return bad(`there are more than ${max} ${what} (listedMax): ask with a selector, or of less time`);
}

/** The store has labels by name; the mark stands behind most of them. */
function pushedJson(labels: LabelRecord): string {
  if (!isMarked(labels)) return JSON.stringify(labels);
  for (const name in labels) if (name >= provenanceLabel) return sortedJson(pushedLabels(labels));
  return `${JSON.stringify(labels).slice(0, -1)},"${provenanceLabel}":"${mark}"}`;
}
