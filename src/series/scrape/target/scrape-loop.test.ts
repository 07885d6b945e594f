import assert from 'node:assert/strict';
import test from 'node:test';
import type { Clock } from '../../../base/clock.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import { RecordingStore } from '../store-fixture.ts';
import { runScrapeLoop } from './scrape-loop.ts';
import { ScrapeMetrics } from './scrape-metrics.ts';
import type { Target } from './target.ts';
import { TargetScraper } from './target-scraper.ts';

/** A clock whose sleeps are over at once, late by what the test says. */
class QuickClock implements Clock {
  wallMs = 1_000_000;
  monotonic = 0;
  lateMs = 0;
  nowMs = () => this.wallMs;
  monotonicMs = () => this.monotonic;
  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.wallMs += delayMs + this.lateMs;
    this.monotonic += delayMs + this.lateMs;
  }
}

const target: Target = {
  key: 'k',
  labelsKey: 'l',
  url: new URL('http://h/metrics'),
  labels: [['instance', 'h']],
  discovered: {},
  intervalMs: 10_000,
  timeoutMs: 5000,
};

/** Scrapes `count` times, then stops as the test says. */
async function run(options: {
  count: number;
  onScrape?: (clock: QuickClock, scrape: number) => void;
  end: 'stopped' | 'closed';
  isBack?: boolean;
}) {
  const clock = new QuickClock();
  const store = new RecordingStore();
  const registry = new MetricsRegistry();
  const around = {
    store: store.store,
    tenant: 't',
    log: silentLogger,
    metrics: new ScrapeMetrics(registry),
    clock,
    random: () => 0.5,
  };
  const signals = { stopped: new AbortController(), closed: new AbortController() };
  let scrapes = 0;
  const page = async () => {
    scrapes++;
    options.onScrape?.(clock, scrapes);
    return { body: Buffer.from(`a ${scrapes}\n`), format: 'text' as const };
  };
  const rules = {
    honorLabels: false,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    metricRelabel: () => true,
    samplesMax: 0,
    labelsMax: 0,
    labelNameLengthMax: 0,
    labelValueLengthMax: 0,
  };
  const scraper = new TargetScraper(target, { page }, rules, around);
  const scrape = scraper.scrape.bind(scraper);
  scraper.scrape = async (...args) => {
    await scrape(...args);
    if (scrapes === options.count) signals[options.end].abort();
  };
  await runScrapeLoop(
    scraper,
    around,
    'seed',
    { stopped: signals.stopped.signal, closed: signals.closed.signal },
    {
      forcedError: () => undefined,
      isBack: () => options.isBack ?? false,
    },
  );
  const times = store.samples
    .filter(({ series }) => series.includes('"a"'))
    .map(({ timeMs, value }) => ({ timeMs, value }));
  return { times, store, registry };
}

test('scrapes are evenly spaced, and one that begins a little late has the time that it should have had', async () => {
  const { times } = await run({
    count: 4,
    end: 'closed',
    onScrape: (clock, scrape) => (clock.lateMs = scrape === 2 ? 7 : 0),
  });
  const gaps = times.slice(1).map(({ timeMs }, at) => timeMs - times[at]!.timeMs);
  assert.deepEqual(gaps, [10_000, 10_000, 10_000]);
});

test('scrapes that were missed are counted, and a jump of the clock begins a new row', async () => {
  const slow = await run({
    count: 3,
    end: 'closed',
    onScrape: (clock, scrape) => (clock.monotonic += scrape === 1 ? 35_000 : 0),
  });
  assert.match(slow.registry.exposition(), /taffrail_scrapes_skipped_total 2\n/);
  const jump = await run({
    count: 3,
    end: 'closed',
    onScrape: (clock, scrape) => (clock.wallMs += scrape === 1 ? -500_000 : 0),
  });
  assert.deepEqual(
    jump.times.slice(1).map(({ timeMs }, at) => timeMs - jump.times[at]!.timeMs),
    [-490_000, 10_000],
  );
});

test('the series of a target that goes away end, but not when the process does or the target is back', async () => {
  const { times, store } = await run({ count: 2, end: 'stopped' });
  assert.deepEqual(
    times.map(({ value }) => value),
    [1, 2, 'stale'],
  );
  assert.equal(times[2]!.timeMs - times[1]!.timeMs, 10_000);
  assert.equal(store.own('up', times[2]!.timeMs), 'stale');
  assert.deepEqual(
    (await run({ count: 2, end: 'closed' })).times.map(({ value }) => value),
    [1, 2],
  );
  assert.deepEqual(
    (await run({ count: 2, end: 'stopped', isBack: true })).times.map(({ value }) => value),
    [1, 2],
  );
});
