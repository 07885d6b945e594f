import type { FastifyInstance } from 'fastify';
import { formatPrometheusDuration } from '../../../base/prometheus-duration.ts';
import { ApiError } from '../answer/api-error.ts';
import { sendData } from '../answer/send.ts';
import { Parameters } from './parameters.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';
import type { ActiveTarget, Targets } from './targets.ts';

/** How Go writes a time that was never set. */
const neverText = '0001-01-01T00:00:00Z';
const metadataMax = 100_000;

/** Targets belong to the cluster: only who may see all of it sees them. */
export function registerTargetRoutes(app: FastifyInstance, parts: Surroundings & { targets: Targets }): void {
  const { engine, principalOf, targets } = parts;

  app.get('/targets', async (request, reply) => {
    const parameters = new Parameters(request);
    const sees = scopeOf(principalOf(request)).namespaces === '*';
    const pool = parameters.text('scrapePool');
    const state = parameters.text('state').toLowerCase();
    const isWanted = (one: { pool: string }) => pool === '' || one.pool === pool;
    const dropped = sees ? targets.dropped().filter(isWanted) : [];
    const droppedTargetCounts: Record<string, number> = {};
    for (const one of sees ? targets.pools() : []) droppedTargetCounts[one] = 0;
    for (const one of dropped) droppedTargetCounts[one.pool] = (droppedTargetCounts[one.pool] ?? 0) + 1;
    const shows = (wanted: string) => sees && (state === '' || state === 'any' || state === wanted);
    return sendData(request, reply, {
      activeTargets: shows('active') ? byPool(targets.active().filter(isWanted)).map(shownTarget) : [],
      droppedTargets: shows('dropped')
        ? byPool(dropped).map((one) => ({ discoveredLabels: one.discoveredLabels, scrapePool: one.pool }))
        : [],
      droppedTargetCounts: shows('dropped') ? droppedTargetCounts : null,
    });
  });

  app.get('/scrape_pools', async (request, reply) => {
    const sees = scopeOf(principalOf(request)).namespaces === '*';
    return sendData(request, reply, { scrapePools: sees ? [...targets.pools()].sort() : [] });
  });

  app.get('/targets/metadata', async (request, reply) => {
    const parameters = new Parameters(request);
    const scope = scopeOf(principalOf(request));
    const matchers = parameters.selectors('match_target')[0] ?? [];
    const limit = parameters.text('limit');
    if (limit !== '' && !/^-?\d+$/.test(limit)) throw new ApiError('bad_data', 'limit must be a number');
    const shownMax = limit === '' || Number(limit) < 0 ? metadataMax : Math.min(Number(limit), metadataMax);
    const metric = parameters.text('metric');
    const known = await engine.metadata(scope, metric === '' ? undefined : metric, shownMax);
    // Metadata is kept by metric: each target that the selector takes is shown with what its metrics are known to be.
    const all = scope.namespaces === '*' ? targets.active() : [];
    const wanted = all.filter(({ labels }) => matchers.every((one) => one.matches(labels[one.name] ?? '')));
    const shown = [];
    for (const { labels } of wanted) {
      for (const [name, [metadata]] of known) {
        if (metadata && shown.length < shownMax) {
          shown.push({ target: labels, ...(metric === '' && { metric: name }), ...metadata });
        }
      }
    }
    return sendData(request, reply, shown);
  });
}

function byPool<T extends { pool: string }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => (a.pool < b.pool ? -1 : a.pool > b.pool ? 1 : 0));
}

function shownTarget(target: ActiveTarget): object {
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: target.pool,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: target.lastError,
    lastScrape: target.lastScrapeMs === null ? neverText : new Date(target.lastScrapeMs).toISOString(),
    lastScrapeDuration: target.lastScrapeDurationMs / 1000,
    health: target.health,
    scrapeInterval: formatPrometheusDuration(target.intervalMs),
    scrapeTimeout: formatPrometheusDuration(target.timeoutMs),
  };
}
