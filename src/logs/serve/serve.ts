/** The door: reading over HTTP what the store holds. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Clock, systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { Principal } from '../../http/principal.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { LogStore, Scope } from '../store/store.ts';
import { LogsAnswer } from './answer.ts';
import { listInstances } from './instance-list.ts';
import { type PumpTiming, pump, pumpTiming } from './pump.ts';
import { checkedRequest } from './request.ts';

export { Deletes } from './deletion/deletes.ts';
export { registerLokiApi } from './loki/loki.ts';
export { defaultLokiSettings, type LokiSettings } from './loki/settings.ts';

export interface LogReadParts {
  store: LogStore;
  principalOf(request: FastifyRequest): Principal;
  log: Logger;
  metrics: MetricsRegistry;
  /** How long the agent of a node has said nothing, where that is too long. */
  silentMs?: (tenant: string, node: string) => number | null;
  clock?: Clock;
  timing?: PumpTiming;
}

/** Answers at the same time, followers included; each holds some blocks of its instances in memory. */
export const concurrentReadsMax = 200;

export function registerLogReads(app: FastifyInstance, parts: LogReadParts): void {
  const { store, principalOf, log, metrics, clock = systemClock, timing = pumpTiming, silentMs = () => null } = parts;
  const reads = metrics.counter('taffrail_read_requests_total', 'Answers of lines, by how they ended.');
  let active = 0;
  metrics.observe('taffrail_reads_active', 'Answers of lines that are being sent, followers included.', () => active);

  app.get('/taffrail/v1/instances', async (request) =>
    listInstances(store, scopeOf(principalOf(request)), request.query as Record<string, unknown>),
  );

  app.post('/taffrail/v1/logs', async (request, reply) => {
    const scope = scopeOf(principalOf(request));
    const wanted = checkedRequest(request.body);
    if (active >= concurrentReadsMax) {
      reads.add(1, { end: 'refused' });
      throw new Fault('overloaded', `${active} answers are being sent already (concurrentReadsMax)`);
    }
    const answer = new LogsAnswer(store, scope, wanted, clock.nowMs(), (node) => silentMs(scope.tenant, node));
    active++;
    const stop = new AbortController();
    reply.hijack();
    try {
      reply.raw.writeHead(200, {
        'content-type': 'application/vnd.taffrail.lines',
        'x-content-type-options': 'nosniff',
      });
      const end = await pump(answer.frames(stop.signal), reply.raw, () => stop.abort(), timing);
      if (typeof end === 'object') {
        log.error('an answer of lines failed', {
          error: (end.failed as Error | undefined)?.stack ?? String(end.failed),
        });
      }
      reads.add(1, { end: typeof end === 'object' ? 'failed' : end });
    } finally {
      active--;
    }
  });
}

/** Throws Fault `forbidden` where the caller may not read. */
function scopeOf({ name, roles, tenant, namespaces }: Principal): Scope {
  if (!roles.includes('reader') && !roles.includes('admin')) {
    throw new Fault('forbidden', `${name} may not read logs: its token has not the role reader`);
  }
  return { tenant, namespaces };
}
