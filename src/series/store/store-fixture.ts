import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { type FileLayer, realFiles } from '../../base/file-layer.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { createMatcher, Labels, type MatchOp, type Scope } from '../query/query.ts';
import type { DurableSeriesStore } from './durable-series-store.ts';
import { runBlockTask } from './maintain/block-jobs.ts';
import type { BlockRunner } from './maintain/block-thread.ts';
import { openSeriesStore, type SeriesStoreOptions } from './open.ts';
import type { Appended, SeriesStore } from './store.ts';

export const acme: Scope = { tenant: 'acme', namespaces: '*' };
export const staleBits = 0x7ff0000000000002n;
export const stale = new Float64Array(new BigUint64Array([staleBits]).buffer)[0]!;

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'taffrail-series-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A clock that stands, or is set. */
export function standingClock(nowMs = 10 * 86_400_000): Clock & { now: number } {
  return {
    now: nowMs,
    nowMs() {
      return this.now;
    },
    monotonicMs() {
      return this.now;
    },
    sleep: (_delayMs, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
  };
}

/** Writes blocks in this thread. */
function inline(files: FileLayer): BlockRunner {
  return { run: (task) => runBlockTask(files, task), close: async () => {} };
}

export function openTestStore(dataDir: string, options: Partial<SeriesStoreOptions> = {}): Promise<DurableSeriesStore> {
  return openSeriesStore({
    dataDir,
    log: silentLogger,
    metrics: new MetricsRegistry(),
    clock: standingClock(),
    runner: inline(options.files ?? realFiles),
    ...options,
  });
}

export type TestSample = [labels: Record<string, string>, timeMs: number, value: number, startMs?: number];

/** Appends as one call and asks for refs first, as a scrape does. */
export function append(store: SeriesStore, samples: readonly TestSample[], tenant = 'acme'): Promise<Appended> {
  const { refs } = store.series(
    tenant,
    samples.map(([labels]) => Labels.of(labels)),
  );
  return store.append(tenant, {
    refs,
    timestampsMs: Float64Array.from(samples, ([, timeMs]) => timeMs),
    values: Float64Array.from(samples, ([, , value]) => value),
    ...(samples.some(([, , , startMs]) => startMs) && {
      startTimestampsMs: Float64Array.from(samples, ([, , , startMs]) => startMs ?? 0),
    }),
    length: samples.length,
  });
}

export function matchers(...conditions: [string, MatchOp, string][]) {
  return conditions.map(([name, op, value]) => createMatcher(op, name, value));
}

/** What a selection gives, as text: labels, and `time=value` with the bits of NaNs. */
export async function shown(
  store: SeriesStore,
  conditions: [string, MatchOp, string][] = [['__name__', '=~', '.+']],
  { minMs = Number.MIN_SAFE_INTEGER, maxMs = Number.MAX_SAFE_INTEGER, scope = acme } = {},
): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const series of await store.select(scope, matchers(...conditions), minMs, maxMs)) {
    const bits = new BigUint64Array(series.values.slice().buffer);
    const samples = [...series.timestampsMs].map((time, i) => {
      const value = series.values[i]!;
      const start = series.startTimestampsMs?.[i] ?? 0;
      const text = bits[i] === staleBits ? 'stale' : Object.is(value, -0) ? '-0' : String(value);
      return `${time}=${text}${start ? `@${start}` : ''}`;
    });
    result[series.labels.toString()] = samples.join(' ');
  }
  return result;
}
