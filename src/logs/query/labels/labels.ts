import type { LabelRecord } from '../source.ts';

/** Lone surrogates occur in no label, so that joined names and values cannot be confused. */
const SEPARATOR = '\ud801';

/** Labels of a series, sorted by name. Never changed after they are made. */
export class Labels {
  static readonly empty = new Labels([]);

  readonly pairs: readonly (readonly [string, string])[];
  #key: string | undefined;

  constructor(sorted: readonly (readonly [string, string])[]) {
    this.pairs = sorted;
  }

  static of(record: LabelRecord): Labels {
    return new Labels(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Equal exactly for equal labels. */
  get key(): string {
    this.#key ??= labelsKey(this.pairs);
    return this.#key;
  }

  get(name: string): string {
    return this.pairs.find(([one]) => one === name)?.[1] ?? '';
  }

  keep(names: ReadonlySet<string>): Labels {
    return new Labels(this.pairs.filter(([name]) => names.has(name)));
  }

  drop(names: ReadonlySet<string>): Labels {
    return new Labels(this.pairs.filter(([name]) => !names.has(name)));
  }

  /** An empty value removes the label. */
  with(name: string, value: string): Labels {
    const others = Object.fromEntries(this.pairs.filter(([one]) => one !== name));
    return Labels.of(value === '' ? others : { ...others, [name]: value });
  }

  withoutEmpty(): Labels {
    return this.pairs.every(([, value]) => value !== '')
      ? this
      : new Labels(this.pairs.filter(([, value]) => value !== ''));
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this.pairs);
  }

  /** `{a="1", b="2"}`. */
  toString(): string {
    return `{${this.pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
  }
}

export function labelsKey(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}${SEPARATOR}${value}`).join(SEPARATOR);
}

/** The order of results: by names and values in turn, a prefix first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.pairs.length, b.pairs.length);
  for (let at = 0; at < length; at++) {
    // By index: thousands of series are sorted, and taking pairs apart makes more objects than there are series.
    const [left, right] = [a.pairs[at]!, b.pairs[at]!];
    if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
    if (left[1] !== right[1]) return left[1] < right[1] ? -1 : 1;
  }
  return a.pairs.length - b.pairs.length;
}
