import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { Labels, Matcher, Scope, SourceSeries } from '../query/query.ts';
import { acceptSamples, nothingAppended } from './accept.ts';
import { labelsProblem } from './check-labels.ts';
import { integerMax } from './chunk/integers.ts';
import { Deletions } from './deletions.ts';
import type { TenantHead } from './head/tenant-head.ts';
import type { Heads } from './heads.ts';
import type { Reader } from './read/reader.ts';
import { openWindowsMax, type SeriesStoreSettings } from './settings.ts';
import type { Appended, MetricMetadata, Names, SampleColumns, SeriesStatus, SeriesStore } from './store.ts';
import type { StoreCounters } from './store-counters.ts';
import { type Committer, windowOf } from './wal/committer.ts';

export interface StoreParts {
  heads: Heads;
  committer: Committer;
  reader: Reader;
  settings: SeriesStoreSettings;
  clock: Clock;
  counters: StoreCounters;
  /** What is on disk, and what ends with the store. */
  disk: { status(): Pick<SeriesStatus, 'blocks' | 'diskBytes' | 'minTimeMs'>; close(): Promise<void> };
}

/** The door's implementation over its parts. */
export class DurableSeriesStore implements SeriesStore {
  readonly #parts: StoreParts;
  readonly #deletions: Deletions;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#deletions = new Deletions(parts.heads, parts.committer);
  }

  series(tenant: string, labels: readonly Labels[]): { refs: Float64Array; refused: string | null } {
    const { heads, settings, counters } = this.#parts;
    const { limits } = settings;
    const refs = new Float64Array(labels.length);
    let refused: string | null = null;
    if (!heads.byTenant.has(tenant) && heads.byTenant.size >= limits.tenantsMax) {
      counters.refusedSeries.add(labels.length, { reason: 'tenants' });
      return { refs, refused: `there are ${limits.tenantsMax} tenants already (tenantsMax)` };
    }
    const head = heads.ensure(tenant);
    for (let i = 0; i < labels.length; i++) {
      const problem = labelsProblem(labels[i]!, limits);
      const slot = problem === null ? head.intern(labels[i]!, limits) : 0;
      if (slot > 0) {
        refs[i] = head.refOf(slot);
        continue;
      }
      counters.refusedSeries.add(1, { reason: problem === null ? 'series' : 'labels' });
      refused ??= problem ?? `there are ${limits.seriesMax} series already (seriesMax)`;
    }
    return { refs, refused };
  }

  async append(tenant: string, samples: SampleColumns): Promise<Appended> {
    const { heads, committer, settings, clock, counters } = this.#parts;
    const appended = nothingAppended();
    const head = heads.byTenant.get(tenant);
    if (head === undefined) {
      for (let i = 0; i < samples.length; i++) appended.unknownRefs.push(i);
      return appended;
    }
    const nowMs = clock.nowMs();
    const maxMs = Math.min(nowMs + settings.futureMsMax, integerMax);
    const minMs = Math.max(Math.min(head.maxMs, nowMs) - settings.outOfOrderWindowMs, -integerMax);
    const accepted = acceptSamples(head, samples, { minMs, maxMs }, appended);
    if (accepted.length > 0) {
      requireFewWindows(head, accepted.times, accepted.length);
      await committer.append({ head, samples: accepted, appended });
    }
    counters.count(appended);
    return appended;
  }

  setMetadata(tenant: string, metric: string, metadata: MetricMetadata): void {
    const { heads, settings } = this.#parts;
    const { limits } = settings;
    if (!heads.byTenant.has(tenant) && heads.byTenant.size >= limits.tenantsMax) return;
    const known = heads.ensure(tenant).metadata;
    if (known.has(metric) || known.size < limits.metadataMax) known.set(metric, metadata);
    else this.#parts.counters.refusedMetadata.add();
  }

  metadata(scope: Scope, metric: string | undefined, limit: number): Map<string, MetricMetadata> {
    const known = this.#parts.heads.of(scope)?.metadata;
    if (known === undefined) return new Map();
    if (metric === undefined) return new Map([...known].slice(0, limit));
    const one = known.get(metric);
    return new Map(one && limit > 0 ? [[metric, one]] : []);
  }

  select(scope: Scope, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<SourceSeries[]> {
    return this.#parts.reader.select(scope, matchers, minMs, maxMs);
  }

  matching(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<{ series: Labels[]; truncated: boolean }> {
    return this.#parts.reader.matching(scope, matchers, minMs, maxMs, limit);
  }

  labelNames(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names> {
    return this.#parts.reader.labelNames(scope, matchers, minMs, maxMs, limit);
  }

  labelValues(
    scope: Scope,
    label: string,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names> {
    return this.#parts.reader.labelValues(scope, label, matchers, minMs, maxMs, limit);
  }

  deleteSeries(scope: Scope, matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<void> {
    return this.#deletions.delete(scope, matchers, minMs, maxMs);
  }

  status(): SeriesStatus {
    const { heads, committer, disk } = this.#parts;
    const { minTimeMs, ...onDisk } = disk.status();
    let min = minTimeMs ?? Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const head of heads.byTenant.values()) {
      max = Math.max(max, head.maxMs);
      for (const window of [...head.closing, ...head.windows.values()]) min = Math.min(min, window.minMs);
    }
    return {
      headSeries: heads.sum(({ series }) => series),
      headSamples: heads.samples,
      ...onDisk,
      minTimeMs: Number.isFinite(min) ? min : null,
      maxTimeMs: Number.isFinite(max) ? max : null,
      refusing: committer.refusing,
    };
  }

  async close(): Promise<void> {
    await this.#parts.committer.close();
    await this.#parts.disk.close();
  }
}

/** One call may not open more stretches of time than the head may hold. */
function requireFewWindows(head: TenantHead, times: Float64Array, length: number): void {
  const fresh = new Set<number>();
  let last = Number.NaN;
  for (let i = 0; i < length; i++) {
    const startMs = windowOf(times[i]!);
    if (startMs === last) continue;
    last = startMs;
    if (!head.windows.has(startMs)) fresh.add(startMs);
  }
  if (fresh.size <= 1 || fresh.size + head.windows.size <= openWindowsMax) return;
  throw new Fault('overloaded', `the samples of one call spread over ${fresh.size} stretches of two hours`, {
    hint: `send older samples first, at most ${openWindowsMax} such stretches at a time (openWindowsMax)`,
  });
}
