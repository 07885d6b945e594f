/**
 * Our scraper in a process of its own, as `taffrail metrics-server` runs it; with `--idle` nothing but the measure of the event loop.
 * Started by bench/resources.ts; answers each `figures` with what went on since the one before.
 */
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../src/base/clock.ts';
import type { ClusterAccess } from '../src/kubernetes/client/client.ts';
import { createClient } from '../src/kubernetes/client/http-client.ts';
import { scrapeSettings, startResourceScraper } from '../src/resources/scrape/scrape.ts';
import { createLogger, MetricsRegistry } from '../src/telemetry/telemetry.ts';

export interface SubjectFigures {
  roundSeconds: number;
  ok: number;
  missed: number;
  pods: number;
  listMs: number;
  delayP999Ms: number;
  delayMaxMs: number;
}

/** Finer than the goal by far. */
const delayResolutionMs = 1;

process.on('disconnect', () => process.exit());
const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
delay.enable();
const [access] = (await once(process, 'message')) as [ClusterAccess | 'idle'];
const metrics = new MetricsRegistry();
const scraper =
  access === 'idle'
    ? undefined
    : startResourceScraper({
        client: createClient(access),
        settings: scrapeSettings({ useNodeStatusPort: true }),
        log: createLogger(),
        metrics,
        clock: systemClock,
        random: Math.random,
      });
process.send!('started');
process.on('message', (question) => {
  if (question !== 'figures') return;
  // What is measured below is not part of the scraping.
  const delayP999Ms = delay.percentile(99.9) / 1e6 - delayResolutionMs;
  const delayMaxMs = delay.max / 1e6 - delayResolutionMs;
  const startedMs = performance.now();
  let pods = 0;
  for (const _ of scraper?.pods(undefined) ?? []) pods++;
  const listMs = performance.now() - startedMs;
  const figures: SubjectFigures = {
    roundSeconds: metric('round_seconds'),
    ok: metric('scrapes_total{outcome="ok"}'),
    missed: metric('scrapes_total{outcome="failed"}') + metric('scrapes_total{outcome="skipped"}'),
    pods,
    listMs,
    delayP999Ms,
    delayMaxMs,
  };
  delay.reset();
  process.send!(figures);
});

function metric(name: string): number {
  const line = metrics
    .exposition()
    .split('\n')
    .find((text) => text.startsWith(`taffrail_resources_${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}
