import { compareLabels, type Labels, type Matcher, type Scope, type SourceSeries } from '../query/query.ts';
import {
  type Appended,
  type EncodedSelection,
  type MetricMetadata,
  type SampleColumns,
  SelectionBuilder,
  SelectionLimitError,
  type SelectionLimits,
  type SeriesStore,
} from '../store/store.ts';

interface Kept {
  labels: Labels;
  samples: Map<number, { value: number; bits: bigint }>;
}

/** A small store in memory with the rules of the real one, for tests of what stands on it. */
export class StoreUnderTest implements SeriesStore {
  readonly #tenants = new Map<string, Map<string, number>>();
  readonly #kept: (Kept | undefined)[] = [];
  readonly #metadata = new Map<string, MetricMetadata>();
  /** Set to make the next appends fail. */
  failure: Error | undefined;
  oldestMs = Number.NEGATIVE_INFINITY;
  newestMs = Number.POSITIVE_INFINITY;
  seriesMax = 1_000_000;
  deleted: unknown[] = [];
  /** Called at every selection. */
  onSelect = async () => {};

  series(tenant: string, all: readonly Labels[]) {
    let refused: string | null = null;
    const refs = Float64Array.from(all, (labels) => {
      const known = this.#tenant(tenant).get(labels.key);
      if (known !== undefined) return known;
      if (this.#kept.length >= this.seriesMax) {
        refused ??= `more than ${this.seriesMax} series`;
        return 0;
      }
      const ref = this.#kept.push({ labels, samples: new Map() });
      this.#tenant(tenant).set(labels.key, ref);
      return ref;
    });
    return { refs, refused };
  }

  async append(_tenant: string, { refs, timestampsMs, values, length }: SampleColumns): Promise<Appended> {
    if (this.failure) throw this.failure;
    const appended: Appended = { taken: 0, repeated: 0, conflicting: 0, tooOld: 0, tooNew: 0, unknownRefs: [] };
    for (let at = 0; at < length; at++) {
      const kept = this.#kept[refs[at]! - 1];
      const [timeMs, value] = [timestampsMs[at]!, values[at]!];
      // Read by its bits, so that a staleness marker stays one.
      const bits = new BigUint64Array(values.buffer, values.byteOffset)[at]!;
      const before = kept?.samples.get(timeMs);
      if (!kept) appended.unknownRefs.push(at);
      else if (timeMs < this.oldestMs) appended.tooOld++;
      else if (timeMs > this.newestMs) appended.tooNew++;
      else if (before) appended[before.bits === bits ? 'repeated' : 'conflicting']++;
      else {
        kept.samples.set(timeMs, { value, bits });
        appended.taken++;
      }
    }
    return appended;
  }

  /** All refs are as if they had never been; what was written stays. */
  forget(): void {
    for (const [place, kept] of [...this.#kept.entries()]) {
      if (!kept) continue;
      const { labels, samples } = kept;
      delete this.#kept[place];
      for (const known of this.#tenants.values()) {
        if (known.get(labels.key) === place + 1) known.set(labels.key, this.#kept.push({ labels, samples }));
      }
    }
  }

  setMetadata(_tenant: string, metric: string, metadata: MetricMetadata): void {
    this.#metadata.set(metric, metadata);
  }

  metadata(_scope: Scope, metric: string | undefined, limit: number) {
    const found = [...this.#metadata].filter(([name]) => metric === undefined || name === metric);
    return new Map(found.slice(0, limit));
  }

  async select(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    { samplesMax = Number.POSITIVE_INFINITY }: SelectionLimits = {},
  ): Promise<SourceSeries[]> {
    await this.onSelect();
    const found = this.#select(scope, matchers, minMs, maxMs);
    const samples = found.reduce((sum, { values }) => sum + values.length, 0);
    if (samples > samplesMax) throw new SelectionLimitError('samples', samplesMax);
    return found;
  }

  async gather(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits: SelectionLimits = {},
  ): Promise<EncodedSelection> {
    const builder = new SelectionBuilder();
    for (const { labels, timestampsMs: times, values } of await this.select(scope, matchers, minMs, maxMs, limits)) {
      builder.begin(labels);
      builder.addColumns({ times, values, starts: null }, 0, times.length, 0);
    }
    return builder.finish(minMs, maxMs);
  }

  #select(scope: Scope, matchers: readonly Matcher[], minMs: number, maxMs: number): SourceSeries[] {
    return this.#matching(scope, [matchers], minMs, maxMs).map(({ labels, samples }) => {
      const times = [...samples.keys()].sort((a, b) => a - b);
      const bits = BigUint64Array.from(times, (time) => samples.get(time)!.bits);
      return { labels, timestampsMs: Float64Array.from(times), values: new Float64Array(bits.buffer) };
    });
  }

  async matching(scope: Scope, matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number, limit: number) {
    const found = this.#matching(scope, matchers, minMs, maxMs).map(({ labels }) => labels);
    return { series: found.slice(0, limit), truncated: found.length > limit };
  }

  async labelNames(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ) {
    return cut(
      this.#matching(scope, matchers, minMs, maxMs).flatMap(({ labels }) => labels.names),
      limit,
    );
  }

  async labelValues(
    scope: Scope,
    label: string,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ) {
    const found = this.#matching(scope, matchers, minMs, maxMs).filter(({ labels }) => labels.has(label));
    return cut(
      found.map(({ labels }) => labels.get(label)),
      limit,
    );
  }

  async deleteSeries(...args: unknown[]): Promise<void> {
    this.deleted.push(args);
  }

  status() {
    return {
      headSeries: this.#kept.length,
      headSamples: 0,
      blocks: 0,
      diskBytes: 0,
      minTimeMs: null,
      maxTimeMs: null,
      refusing: null,
    };
  }

  async close(): Promise<void> {}

  #tenant(tenant: string): Map<string, number> {
    let known = this.#tenants.get(tenant);
    if (!known) this.#tenants.set(tenant, (known = new Map()));
    return known;
  }

  #matching(
    { tenant, namespaces }: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
  ): Kept[] {
    const meets = (labels: Labels, all: readonly Matcher[]) => all.every((one) => one.matches(labels.get(one.name)));
    return [...this.#tenant(tenant).values()]
      .map((ref) => this.#kept[ref - 1]!)
      .filter(({ labels }) => namespaces === '*' || namespaces.includes(labels.get('namespace')))
      .filter(({ labels }) => matchers.length === 0 || matchers.some((all) => meets(labels, all)))
      .filter(({ samples }) => [...samples.keys()].some((time) => time >= minMs && time <= maxMs))
      .sort((a, b) => compareLabels(a.labels, b.labels));
  }
}

function cut(names: string[], limit: number) {
  const all = [...new Set(names)].sort();
  return { names: all.slice(0, limit), truncated: all.length > limit };
}
