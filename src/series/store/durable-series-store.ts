import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { HeldLock } from '../../base/lock.ts';
import type { Labels, Matcher, Scope, SourceSeries } from '../query/query.ts';
import { acceptSamples, nothingAppended } from './accept.ts';
import type { BlockSet } from './block/block-set.ts';
import type { Tombstones } from './block/tombstones.ts';
import { labelsProblem } from './check-labels.ts';
import { integerMax } from './chunk/integers.ts';
import { deleteSamples } from './deletions.ts';
import type { TenantHead } from './head/tenant-head.ts';
import type { Heads } from './heads.ts';
import type { Maintenance } from './maintain/maintenance.ts';
import type { EncodedSelection } from './read/encoded-selection.ts';
import type { Reader } from './read/reader.ts';
import type { SelectionLimits } from './selection-limit.ts';
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
  blocks: BlockSet;
  tombstones: Tombstones;
  maintenance: Maintenance;
  /** Ends with the store. */
  lock: HeldLock;
}

/** The door's implementation over its parts. */
export class DurableSeriesStore implements SeriesStore {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
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
      await this.#makeRoom(head, accepted.times, accepted.length);
      await committer.append({ head, samples: accepted, appended });
    }
    counters.count(appended);
    return appended;
  }

  /** One call may not open more stretches of time than the head may hold; finished ones are cut first. */
  async #makeRoom(head: TenantHead, times: Float64Array, length: number): Promise<void> {
    const fresh = freshWindows(head, times, length);
    if (fresh === 0 || fresh + head.windows.size <= openWindowsMax) return;
    await this.#parts.maintenance.cut(head);
    if (fresh + head.windows.size <= openWindowsMax || fresh === 1) return;
    throw new Fault('overloaded', `the samples of one call spread over ${fresh} further stretches of two hours`, {
      hint: `send older samples first, at most ${openWindowsMax} such stretches at a time (openWindowsMax)`,
    });
  }

  /** Cuts, compacts and drops what is due, as is otherwise done from time to time. */
  tidy(): Promise<void> {
    return this.#parts.maintenance.tidy();
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

  select(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits?: SelectionLimits,
  ): Promise<SourceSeries[]> {
    return this.#parts.reader.select(scope, matchers, minMs, maxMs, limits);
  }

  gather(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits?: SelectionLimits,
  ): Promise<EncodedSelection> {
    return this.#parts.reader.gather(scope, matchers, minMs, maxMs, limits);
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
    return deleteSamples(this.#parts, scope, matchers, minMs, maxMs);
  }

  status(): SeriesStatus {
    const { heads, committer, blocks } = this.#parts;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const { meta } of blocks.all) {
      min = Math.min(min, meta.minMs);
      max = Math.max(max, meta.maxMs);
    }
    for (const head of heads.byTenant.values()) {
      max = Math.max(max, head.maxMs);
      for (const window of [...head.closing, ...head.windows.values()]) min = Math.min(min, window.minMs);
    }
    return {
      headSeries: heads.sum(({ series }) => series),
      headSamples: heads.samples,
      blocks: blocks.all.length,
      diskBytes: blocks.bytes + heads.walBytes,
      minTimeMs: Number.isFinite(min) ? min : null,
      maxTimeMs: Number.isFinite(max) ? max : null,
      refusing: committer.refusing,
    };
  }

  async close(): Promise<void> {
    const { committer, maintenance, blocks, heads, lock } = this.#parts;
    await maintenance.close();
    await committer.close();
    for (const head of heads.byTenant.values()) for (const { wal } of head.windows.values()) await wal?.close();
    await blocks.close();
    lock.release();
  }
}

/** How many stretches of time the samples would open. */
function freshWindows(head: TenantHead, times: Float64Array, length: number): number {
  const fresh = new Set<number>();
  let last = Number.NaN;
  for (let i = 0; i < length; i++) {
    const startMs = windowOf(times[i]!);
    if (startMs === last) continue;
    last = startMs;
    if (!head.windows.has(startMs)) fresh.add(startMs);
  }
  return fresh.size;
}
