import type { FastifyInstance } from 'fastify';
import { acceptForms, addQueryRegister } from '../../../http/http.ts';
import type { Deletes } from '../deletion/deletes.ts';
import { ScanThreads } from '../source/scan/scan-threads.ts';
import type { ScanSettings } from '../source/scan/settings.ts';
import { sendError } from './api-error.ts';
import { registerDeleteRoutes } from './delete-routes.ts';
import { registerDrilldownRoutes } from './drilldown-routes.ts';
import { registerIndexRoutes } from './index-routes.ts';
import { registerLabelRoutes } from './label-routes.ts';
import { registerPatternChanges } from './pattern-changes.ts';
import { registerPatternRoutes } from './pattern-routes.ts';
import { registerQueryRoutes } from './query-routes.ts';
import { RunningQueries } from './running-queries.ts';
import { defaultLokiSettings, type LokiSettings } from './settings.ts';
import { cutStalled } from './stalled.ts';
import { registerStatusRoutes } from './status-routes.ts';
import type { Surroundings } from './surroundings.ts';
import { registerTailRoute } from './tail-route.ts';
import { Turns } from './turns.ts';
import { Upgrades } from './upgrades.ts';

export interface LokiApiParts extends Omit<Surroundings, 'settings' | 'silentMs' | 'threads' | 'running'> {
  settings?: Partial<LokiSettings>;
  /** Missing: nothing can be deleted. */
  deletes?: Deletes;
  scan?: Partial<ScanSettings>;
  silentMs?: Surroundings['silentMs'];
}

const prefix = '/loki/api/v1';

/** Registers the reading half of Loki's HTTP API below `/loki/api/v1`. Errors are texts, as Loki's are. */
export function registerLokiApi(app: FastifyInstance, parts: LokiApiParts): void {
  const settings = { ...defaultLokiSettings, ...parts.settings };
  const turns = new Turns(settings);
  parts.metrics.observe('taffrail_loki_queries_active', 'Queries of logs that are running.', () => turns.running);
  const threads = new ScanThreads({ clock: parts.clock, metrics: parts.metrics, settings: parts.scan ?? {} });
  app.addHook('onClose', () => threads.close());
  const running = new RunningQueries(turns, parts.clock);
  addQueryRegister(app, parts, running);
  const surroundings: Surroundings = { ...parts, settings, running, threads, silentMs: parts.silentMs ?? (() => null) };
  registerPatternChanges(app, surroundings);
  const upgrades = new Upgrades(app, `${prefix}/tail`);
  app.register(
    async (api) => {
      acceptForms(api);
      api.addHook('onRequest', async (_, reply) => cutStalled(reply.raw, settings.stalledMsMax));
      api.setErrorHandler((error, request, reply) => {
        const { isDefect } = sendError(reply, error);
        if (isDefect) {
          const stack = (error as Error).stack;
          parts.log.error('a query of logs failed', { path: request.routeOptions.url, error: stack });
        }
        return reply;
      });
      registerQueryRoutes(api, surroundings);
      registerLabelRoutes(api, surroundings);
      registerIndexRoutes(api, surroundings);
      registerDrilldownRoutes(api, surroundings);
      registerPatternRoutes(api, surroundings);
      registerStatusRoutes(api);
      if (parts.deletes) registerDeleteRoutes(api, surroundings, parts.deletes);
      registerTailRoute(api, surroundings, upgrades);
    },
    { prefix },
  );
}
