import type { MetricMetadata, SeriesWriter } from '../../store/store.ts';

/** Metric names of one target whose metadata is kept; further ones are not described. */
const namesMax = 10_000;

/** Tells the store what pages say of their metrics, once and when it changes. */
export class MetadataOfTarget {
  readonly #store: SeriesWriter;
  readonly #tenant: string;
  readonly #known = new Map<string, MetricMetadata>();

  constructor(store: SeriesWriter, tenant: string) {
    this.#store = store;
    this.#tenant = tenant;
  }

  learn(kind: 'type' | 'help' | 'unit', name: string, text: string): void {
    const known = this.#known.get(name);
    if (known?.[kind] === text) return;
    if (!known && this.#known.size >= namesMax) return;
    const next: MetricMetadata = { ...(known ?? { type: 'unknown', help: '', unit: '' }), [kind]: text };
    this.#known.set(name, next);
    this.#store.setMetadata(this.#tenant, name, next);
  }
}
