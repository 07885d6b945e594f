import { compareLabels, type Labels } from './labels/labels.ts';
import type { Matcher } from './labels/matcher.ts';
import { staleMarkerBits } from './run/selected-series.ts';
import type { Scope, SeriesSource, SourceSeries } from './source.ts';

/** One sample as it is put in. */
export interface MemorySample {
  timeMs: number;
  value: number | 'stale' | 'histogram';
  startMs?: number;
}

interface Stored {
  labels: Labels;
  samples: Map<number, MemorySample>;
  series: SourceSeries | undefined;
}

/** Series held in memory, for scripts and tests. A sample of a time that is there already is replaced. Everybody may see everything. */
export class MemorySource implements SeriesSource {
  readonly #stored = new Map<string, Stored>();

  append(labels: Labels, samples: Iterable<MemorySample>): void {
    let stored = this.#stored.get(labels.key);
    if (stored === undefined) {
      stored = { labels, samples: new Map(), series: undefined };
      this.#stored.set(labels.key, stored);
    }
    stored.series = undefined;
    for (const sample of samples) stored.samples.set(sample.timeMs, sample);
  }

  clear(): void {
    this.#stored.clear();
  }

  select(_scope: Scope, matchers: readonly Matcher[], minMs: number, maxMs: number): SourceSeries[] {
    const found: SourceSeries[] = [];
    for (const stored of this.#stored.values()) {
      if (!matchers.every((matcher) => matcher.matches(stored.labels.get(matcher.name)))) continue;
      stored.series ??= asColumns(stored);
      if (overlaps(stored.series, minMs, maxMs)) found.push(stored.series);
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }
}

function overlaps({ timestampsMs, histogramTimestampsMs }: SourceSeries, minMs: number, maxMs: number): boolean {
  return [timestampsMs, histogramTimestampsMs].some((times) => {
    return times !== undefined && times.length > 0 && times[0]! <= maxMs && times.at(-1)! >= minMs;
  });
}

function asColumns({ labels, samples }: Stored): SourceSeries {
  const sorted = [...samples.values()].sort((a, b) => a.timeMs - b.timeMs);
  const floats = sorted.filter(({ value }) => value !== 'histogram');
  const values = new Float64Array(floats.length);
  const bits = new BigUint64Array(values.buffer);
  floats.forEach(({ value }, at) => {
    if (value === 'stale') bits[at] = staleMarkerBits;
    else values[at] = value as number;
  });
  const histograms = sorted.filter(({ value }) => value === 'histogram').map(({ timeMs }) => timeMs);
  return {
    labels,
    timestampsMs: Float64Array.from(floats, ({ timeMs }) => timeMs),
    values,
    ...(floats.some(({ startMs }) => startMs !== undefined)
      ? { startTimestampsMs: Float64Array.from(floats, ({ startMs }) => startMs ?? 0) }
      : {}),
    ...(histograms.length > 0 ? { histogramTimestampsMs: Float64Array.from(histograms) } : {}),
  };
}
