import type { FastifyInstance } from 'fastify';
import { version } from '../../../base/version.ts';
import { getOrPost } from '../../../http/http.ts';
import { levelFields } from '../../level/level.ts';
import { detectedFields } from './detected-fields.ts';
import { ListedLabels } from './listed-labels.ts';
import { Parameters } from './parameters.ts';
import { sendJson } from './send.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

const fieldsDefault = 1000;

/** What Grafana's Logs Drilldown asks to offer labels and fields: `detected_labels`, `detected_fields`, `drilldown-limits`. */
export function registerDrilldownRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { store, clock, settings } = parts;

  getOrPost(app, '/detected_labels', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    const { startNs, endNs } = parameters.range();
    const scope = scopeOf(parts, request);
    const matchers = parameters.matchers();
    const listed = new ListedLabels(store, [{ scope, matchers, sinceNs: startNs, untilNs: endNs + 1n }]);
    const detectedLabels = listed.cardinalities().map(([label, cardinality]) => ({ label, cardinality }));
    return sendJson(request, reply, [JSON.stringify({ detectedLabels })]);
  });

  getOrPost(app, '/detected_fields', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    const limit = parameters.whole('limit', parameters.whole('field_limit', fieldsDefault));
    const found = [...(await detectedFields(parts, request, reply, parameters))].slice(0, Math.max(0, limit));
    const fields = found.map(([label, { type, values, parsers, jsonPath }]) => ({
      label,
      type,
      cardinality: values.size,
      parsers: parsers.size > 0 ? [...parsers] : null,
      ...(jsonPath && { jsonPath }),
    }));
    return sendJson(request, reply, [JSON.stringify({ fields, limit })]);
  });

  getOrPost(app, '/detected_field/:name/values', async (request, reply) => {
    const { name } = request.params as { name: string };
    const parameters = new Parameters(request, clock.nowMs());
    const limit = parameters.whole('limit', fieldsDefault);
    const field = (await detectedFields(parts, request, reply, parameters)).get(name);
    const values = [...(field?.values ?? [])].slice(0, Math.max(0, limit));
    return sendJson(request, reply, [JSON.stringify({ values, limit })]);
  });

  app.get('/drilldown-limits', async (request, reply) => {
    scopeOf(parts, request);
    const seconds = (ms: number) => `${Math.round(ms / 1000)}s`;
    const { ageMs } = store.status().retention;
    const limits = {
      discover_log_levels: true,
      discover_service_name: ['app', 'container'],
      log_level_fields: levelFields,
      max_entries_limit_per_query: settings.entriesMax,
      max_line_size_truncate: false,
      max_query_length: seconds(settings.queryLengthMsMax),
      max_query_lookback: '0s',
      max_query_range: seconds(settings.intervalMsMax),
      max_query_series: settings.seriesMax,
      metric_aggregation_enabled: false,
      pattern_persistence_enabled: false,
      query_timeout: seconds(settings.timeoutMs),
      retention_period: seconds(ageMs ?? 0),
      volume_enabled: true,
      volume_max_series: settings.volumeSeriesMax,
    };
    return sendJson(request, reply, [JSON.stringify({ limits, pattern_ingester_enabled: true, version })]);
  });
}
