import { LabelSubset, type Labels } from './labels.ts';

type Branch = Map<string, Branch | number>;

/**
 * Numbers sets of labels by what is left of them: those of some names, or all but those. Equal numbers for equal labels, from 0 on in the order
 * in which they came. Where names are kept no labels are made and no text is joined: values are looked up one after the other.
 */
export class LabelGroups {
  readonly #names: readonly string[];
  readonly #rest: LabelSubset | undefined;
  readonly #root: Branch = new Map();
  /** Neighbours share their names, mostly: where the kept ones stand. */
  #knownNames: readonly string[] | undefined;
  readonly #places: Int32Array;
  count = 0;

  constructor(names: Iterable<string>, mode: 'keep' | 'drop') {
    const distinct = new Set(names);
    this.#names = mode === 'keep' ? [...distinct] : [];
    this.#rest = mode === 'drop' ? new LabelSubset((name) => !distinct.has(name)) : undefined;
    this.#places = new Int32Array(this.#names.length);
  }

  numberOf(labels: Labels): number {
    if (this.#rest !== undefined) return this.#leaf(this.#root, this.#rest.of(labels).key);
    if (labels.names !== this.#knownNames) this.#place(labels.names);
    const { values } = labels;
    const last = this.#names.length - 1;
    if (last < 0) return this.#leaf(this.#root, '');
    let branch = this.#root;
    for (let at = 0; at < last; at++) {
      const value = this.#valueAt(values, at);
      let next = branch.get(value);
      if (next === undefined) branch.set(value, (next = new Map()));
      branch = next as Branch;
    }
    return this.#leaf(branch, this.#valueAt(values, last));
  }

  #valueAt(values: readonly string[], at: number): string {
    const place = this.#places[at]!;
    return place < 0 ? '' : values[place]!;
  }

  #leaf(branch: Branch, key: string): number {
    const known = branch.get(key);
    if (known !== undefined) return known as number;
    branch.set(key, this.count);
    return this.count++;
  }

  #place(names: readonly string[]): void {
    this.#knownNames = names;
    for (let at = 0; at < this.#places.length; at++) this.#places[at] = names.indexOf(this.#names[at]!);
  }
}
