/** The door: Prometheus's HTTP API over an engine, and the ways for others to write series. */

import type { FastifyInstance } from 'fastify';
import { acceptForms, addQueryRegister, type QueryRegister } from '../../http/http.ts';
import type { SeriesEngine } from '../query/query.ts';
import type { SeriesStatus, SeriesStore, SeriesWriter } from '../store/store.ts';
import { sendError, typeOfError } from './answer/api-error.ts';
import { defaultQuerySettings, type QuerySettings } from './engine/settings.ts';
import { registerOtlpRoutes } from './otlp/otlp-routes.ts';
import { registerAdminRoutes } from './routes/admin-routes.ts';
import { registerFederateRoutes } from './routes/federate-routes.ts';
import { registerQueryRoutes } from './routes/query-routes.ts';
import { registerRuleRoutes } from './routes/rule-routes.ts';
import { registerSeriesRoutes } from './routes/series-routes.ts';
import { registerStatusRoutes } from './routes/status-routes.ts';
import type { Surroundings } from './routes/surroundings.ts';
import { registerTargetRoutes } from './routes/target-routes.ts';
import { noTargets, type Targets } from './routes/targets.ts';
import { registerWriteRoutes } from './write/write-routes.ts';

export { LocalEngine } from './engine/local-engine.ts';
export type { Targets } from './routes/targets.ts';
export { defaultQuerySettings, type QuerySettings };

export interface SeriesApiSettings {
  query: QuerySettings;
  /** Whether series may be deleted over the API. */
  adminApi: boolean;
  retentionMs: number | null;
}

export interface SeriesApiParts extends Omit<Surroundings, 'engine'> {
  /** A LocalEngine over our store, or a RemoteEngine (series/remote). */
  engine: SeriesEngine & Partial<Pick<QueryRegister, 'queries' | 'cancel'>>;
  /** Where series that others write go. */
  writer: SeriesWriter;
  /** Our store's; missing where another server keeps the series. */
  source?: Pick<SeriesStore, 'select'>;
  deleteSeries?: SeriesStore['deleteSeries'];
  status?: () => SeriesStatus;
  targets?: Targets;
  settings: SeriesApiSettings;
  random?: () => number;
}

/** Registers `/api/v1/*`, `/federate`, OTLP's paths and `/taffrail/v1/queries`. Errors under `/api/v1` have Prometheus's form. */
export function registerSeriesApi(app: FastifyInstance, parts: SeriesApiParts): void {
  const { engine, log, settings } = parts;
  app.register(
    async (api) => {
      acceptForms(api);
      api.setErrorHandler((error, request, reply) => {
        if (typeOfError(error) === undefined) {
          log.error('a request failed', { path: request.routeOptions.url, error: (error as Error).stack });
        }
        return sendError(reply, error);
      });
      registerQueryRoutes(api, { ...parts, features: settings.query.features });
      registerSeriesRoutes(api, parts);
      registerTargetRoutes(api, { ...parts, targets: parts.targets ?? noTargets });
      registerStatusRoutes(api, { ...parts, ...settings, ...settings.query, status: parts.status });
      registerRuleRoutes(api, parts);
      registerWriteRoutes(api, { ...parts, random: parts.random ?? Math.random });
      registerAdminRoutes(api, { ...parts, enabled: settings.adminApi, deleteSeries: parts.deleteSeries });
    },
    { prefix: '/api/v1' },
  );
  registerOtlpRoutes(app, { ...parts, random: parts.random ?? Math.random });
  if (parts.source) {
    const { source } = parts;
    app.register(async (api) => {
      api.setErrorHandler((error, _, reply) => sendError(reply, error));
      registerFederateRoutes(api, { ...parts, source, lookbackMs: settings.query.lookbackMs });
    });
  }
  const { queries, cancel } = engine;
  if (queries && cancel) {
    addQueryRegister(app, parts, { language: 'promql', queries: queries.bind(engine), cancel: cancel.bind(engine) });
  }
}
