import { KnownSeries } from './known-series.ts';

/** What is remembered for writers who may write the same. */
export interface WriterState {
  series1: KnownSeries;
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
    return { series1: new KnownSeries(this.#random() * 2 ** 32) };
  }
}
