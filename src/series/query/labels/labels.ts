import { quote } from '../../../base/go-quote.ts';
import { compareText } from './compare-text.ts';
import { metricName } from './matcher.ts';

/** Labels that describe the metric itself and go when its values are changed. */
const metadataNames: ReadonlySet<string> = new Set([metricName, '__type__', '__unit__']);
/** Lone surrogates occur in no label, so that joined names and values cannot be confused. */
const SEPARATOR = '\ud801';

/** Names and values of one series, sorted by name, without empty values. Never changed after it is made. */
export class Labels {
  static readonly empty = new Labels([], []);

  readonly names: readonly string[];
  readonly values: readonly string[];
  #key: string | undefined;
  #withoutMetadata: Labels | undefined;

  /** The names must be sorted, different and have values. */
  constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  static from(pairs: Iterable<readonly [string, string]>): Labels {
    const map = new Map(pairs);
    const names = [...map.keys()].filter((name) => map.get(name) !== '').sort(compareText);
    return new Labels(
      names,
      names.map((name) => map.get(name)!),
    );
  }

  static of(object: Record<string, string>): Labels {
    return Labels.from(Object.entries(object));
  }

  /** Empty where the label is missing. */
  get(name: string): string {
    const at = this.names.indexOf(name);
    return at < 0 ? '' : this.values[at]!;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** Equal exactly for equal labels. */
  get key(): string {
    if (this.#key !== undefined) return this.#key;
    let key = '';
    for (let at = 0; at < this.names.length; at++) {
      key += at === 0 ? this.names[at]! : SEPARATOR + this.names[at]!;
      key += SEPARATOR + this.values[at]!;
    }
    this.#key = key;
    return key;
  }

  /** Only these. */
  keep(names: ReadonlySet<string>): Labels {
    return this.#filter((name) => names.has(name));
  }

  /** All but these. */
  drop(names: ReadonlySet<string>): Labels {
    return this.#filter((name) => !names.has(name));
  }

  /** Without the metric's name, type and unit. */
  withoutMetadata(): Labels {
    this.#withoutMetadata ??= withoutMetadata.of(this);
    return this.#withoutMetadata;
  }

  /** An empty value removes the label. */
  with(name: string, value: string): Labels {
    if (this.get(name) === value) return this;
    if (value === '') return this.#filter((other) => other !== name);
    const [names, values] = [this.names.slice(), this.values.slice()];
    const at = names.indexOf(name);
    if (at >= 0) {
      values[at] = value;
      return new Labels(names, values);
    }
    let place = 0;
    while (place < names.length && compareText(names[place]!, name) < 0) place++;
    names.splice(place, 0, name);
    values.splice(place, 0, value);
    return new Labels(names, values);
  }

  *entries(): Generator<[string, string]> {
    for (let at = 0; at < this.names.length; at++) yield [this.names[at]!, this.values[at]!];
  }

  /** `{a="1", b="2"}`, as error messages show it. */
  toString(): string {
    const shown = this.names.map((name, at) => {
      const label = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
      return `${label}=${quote(this.values[at]!)}`;
    });
    return `{${shown.join(', ')}}`;
  }

  #filter(wanted: (name: string) => boolean): Labels {
    const names: string[] = [];
    const values: string[] = [];
    for (let at = 0; at < this.names.length; at++) {
      if (!wanted(this.names[at]!)) continue;
      names.push(this.names[at]!);
      values.push(this.values[at]!);
    }
    return names.length === this.names.length ? this : new Labels(names, values);
  }
}

/** A part of each of many sets of labels. Neighbours share the array of their names, mostly, and then what is left of it, too. */
export class LabelSubset {
  readonly #wants: (name: string) => boolean;
  #known: readonly string[] | undefined;
  #names: readonly string[] = [];
  #places: readonly number[] = [];

  constructor(wants: (name: string) => boolean) {
    this.#wants = wants;
  }

  of(labels: Labels): Labels {
    if (labels.names !== this.#known) this.#learn(labels.names);
    const places = this.#places;
    if (places.length === labels.names.length) return labels;
    const values = new Array<string>(places.length);
    for (let at = 0; at < places.length; at++) values[at] = labels.values[places[at]!]!;
    return new Labels(this.#names, values);
  }

  #learn(names: readonly string[]): void {
    this.#known = names;
    const places: number[] = [];
    for (let at = 0; at < names.length; at++) if (this.#wants(names[at]!)) places.push(at);
    this.#places = places;
    this.#names = places.length === names.length ? names : places.map((at) => names[at]!);
  }
}

const withoutMetadata = new LabelSubset((name) => !metadataNames.has(name));

/** The order of results: by names and values in turn, a prefix first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.names.length, b.names.length);
  for (let at = 0; at < length; at++) {
    const order = compareText(a.names[at]!, b.names[at]!) || compareText(a.values[at]!, b.values[at]!);
    if (order !== 0) return order;
  }
  return a.names.length - b.names.length;
}
