import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { RemoteWriter } from '../../../src/series/remote/remote.ts';
import { MetricsRegistry, silentLogger } from '../../../src/telemetry/telemetry.ts';
import { type Cleanup, temporaryDirectory } from '../processes.ts';
import { startPrometheus } from '../prometheus-peer.ts';
import { startSeriesServer } from '../series-server.ts';
import { type Compared, compare } from './compare.ts';
import { QueryGenerator } from './queries.ts';
import { Random } from './random.ts';
import { generateSeries, spanMs, write } from './series.ts';

const atOnce = 4;

/** Asks both the same queries over the same series. */
export async function runDifferential(t: Cleanup, seed: number, count: number): Promise<Compared[]> {
  const random = new Random(seed);
  const startMs = Math.floor((Date.now() - spanMs) / 60_000) * 60_000 - 60_000;
  const series = generateSeries(random, startMs);
  const ours = await startSeriesServer(t, { inlineSamplesMax: 1000 });
  await write(series, ours.store, 'default');
  const theirs = await startPrometheus(t, join(temporaryDirectory(t, 'peer'), 'd'), 'scrape_configs: []', [
    '--web.enable-remote-write-receiver',
    '--enable-feature=promql-experimental-functions',
  ]);
  const access = { url: new URL(theirs.url), headers: () => ({}), tenantHeader: null, timeoutMs: 30_000 };
  const parts = { clock: systemClock, log: silentLogger, metrics: new MetricsRegistry(), random: () => random.next() };
  await write(series, new RemoteWriter(access, parts), 'default');

  const generator = new QueryGenerator(random, startMs);
  const compared: Compared[] = [];
  for (let asked = 0; asked < count; asked += atOnce) {
    const queries = Array.from({ length: Math.min(atOnce, count - asked) }, () => generator.next());
    compared.push(...(await Promise.all(queries.map((query) => compare(query, ours.url, theirs.url)))));
  }
  return compared;
}

/** One line for each difference. */
export function report(compared: readonly Compared[]): string {
  return compared
    .filter(({ difference }) => difference !== '')
    .map(({ query: { query, startMs, endMs, stepMs }, difference }) => {
      return `${query}\n  from ${startMs} to ${endMs} by ${stepMs}: ${difference.slice(0, 600)}\n`;
    })
    .join('');
}
