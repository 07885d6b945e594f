import { KnownSeries } from './known-series.ts';
import { KnownSymbols } from './known-symbols.ts';

/** What is remembered for writers who may write the same. */
export interface WriterState {
  /** By the bytes of the labels, as 1.0 sends them. */
  series1: KnownSeries;
  /** By the numbers of their texts, for 2.0. */
  series2: KnownSeries;
  symbols: KnownSymbols;
  /** By their labels, for OTLP. */
  otlp: KnownSeries;
}

const statesMax = 32;

/** Invariant: what one writer may write is never looked up in what another one may. The one used longest ago is forgotten first. */
export class WriterStates {
  readonly #states = new Map<string, WriterState>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  of(tenant: string, namespaces: '*' | readonly string[]): WriterState {
    const key = JSON.stringify([tenant, namespaces === '*' ? '*' : [...namespaces].sort()]);
    const state = this.#states.get(key) ?? this.#fresh();
    this.#states.delete(key);
    this.#states.set(key, state);
    if (this.#states.size > statesMax) this.#states.delete(this.#states.keys().next().value!);
    return state;
  }

  #fresh(): WriterState {
    const seed = this.#random() * 2 ** 32;
    const series2 = new KnownSeries(seed);
    return {
      series1: new KnownSeries(seed),
      series2,
      symbols: new KnownSymbols(seed, () => series2.clear()),
      otlp: new KnownSeries(seed),
    };
  }
}
