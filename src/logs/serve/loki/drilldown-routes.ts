import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { version } from '../../../base/version.ts';
import { levelFields } from '../../level/level.ts';
import { type Expr, parse, print, rangeQuery, type StreamResult } from '../../query/query.ts';
import { labelsOf, selectStreams } from '../source/selected-streams.ts';
import { type FieldType, fieldType } from './field-types.ts';
import { bad, Parameters } from './parameters.ts';
import { sendJson } from './send.ts';
import { runAsked, type Surroundings, scopeOf } from './surroundings.ts';

const fieldsDefault = 1000;
/** Lines in which fields are looked for: what is asked for, and at most. */
const linesDefault = 100;
/** Lines are looked at by the format that they seem to have; the others have their metadata. */
const looks = [
  { filter: '|~ `^\\s*\\{`', parser: 'json' },
  { filter: '!~ `^\\s*\\{` |~ `\\w+=`', parser: 'logfmt' },
  { filter: '!~ `^\\s*\\{` !~ `\\w+=`', parser: undefined },
];
const errorNames = new Set(['__error__', '__error_details__']);

interface Field {
  parsers: Set<string>;
  values: Set<string>;
  type: FieldType;
}

/** What Grafana's Logs Drilldown asks to offer labels and fields: `detected_labels`, `detected_fields`, `drilldown-limits`. */
export function registerDrilldownRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { store, clock, settings } = parts;

  app.route({
    method: ['GET', 'POST'],
    url: '/detected_labels',
    handler: async (request, reply) => {
      const parameters = new Parameters(request, clock.nowMs());
      const { startNs, endNs } = parameters.range();
      const scope = scopeOf(parts, request);
      const matchers = parameters.matchers();
      const values = new Map<string, Set<string>>();
      const selected = selectStreams(store, { scope, matchers, sinceNs: startNs, untilNs: endNs + 1n });
      for (const [name, value] of labelsOf(selected).flatMap((labels) => Object.entries(labels))) {
        values.set(name, (values.get(name) ?? new Set()).add(value));
      }
      const detectedLabels = [...values]
        .map(([label, { size }]) => ({ label, cardinality: size }))
        .sort((a, b) => (a.label < b.label ? -1 : 1));
      return sendJson(request, reply, [JSON.stringify({ detectedLabels })]);
    },
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/detected_fields',
    handler: async (request, reply) => {
      const parameters = new Parameters(request, clock.nowMs());
      const limit = parameters.whole('limit', parameters.whole('field_limit', fieldsDefault));
      const found = [...(await fieldsIn(parts, request, reply, parameters))].slice(0, Math.max(0, limit));
      const fields = found.map(([label, { type, values, parsers }]) => ({
        label,
        type,
        cardinality: values.size,
        parsers: parsers.size > 0 ? [...parsers] : null,
      }));
      return sendJson(request, reply, [JSON.stringify({ fields, limit })]);
    },
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/detected_field/:name/values',
    handler: async (request, reply) => {
      const { name } = request.params as { name: string };
      const parameters = new Parameters(request, clock.nowMs());
      const limit = parameters.whole('limit', fieldsDefault);
      const field = (await fieldsIn(parts, request, reply, parameters)).get(name);
      const values = [...(field?.values ?? [])].slice(0, Math.max(0, limit));
      return sendJson(request, reply, [JSON.stringify({ values, limit })]);
    },
  });

  app.get('/drilldown-limits', async (request, reply) => {
    scopeOf(parts, request);
    const seconds = (ms: number) => `${Math.round(ms / 1000)}s`;
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
      volume_enabled: true,
      volume_max_series: settings.volumeSeriesMax,
    };
    return sendJson(request, reply, [JSON.stringify({ limits, pattern_ingester_enabled: true, version })]);
  });
}

/** Fields of the latest lines of a query: what the lines' own format tells, and what the query's parsers made. */
async function fieldsIn(
  parts: Surroundings,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Parameters,
): Promise<Map<string, Field>> {
  const { clock, settings } = parts;
  const expr = logQuery(parameters.text('query'));
  const limit = Math.min(parameters.whole('line_limit', linesDefault), settings.entriesMax);
  const range = parameters.range();
  const options = { clock, entriesMax: settings.entriesMax, timeoutMs: settings.timeoutMs };
  const asked = { kind: 'fields', query: parameters.text('query'), range } as const;
  return runAsked(parts, { request, reply }, asked, async ({ scope, source, signal }) => {
    const fields = new Map<string, Field>();
    for (const { filter, parser } of looks) {
      const query = `${print(expr)} ${filter}${parser === undefined ? '' : ` | ${parser}`}`;
      const { value } = await rangeQuery({ query, ...range, stepNs: 0, limit, scope, source, signal }, options);
      if (value.type === 'streams') addFields(fields, value.streams, parser);
    }
    return fields;
  });
}

function addFields(fields: Map<string, Field>, streams: readonly StreamResult[], parser: string | undefined): void {
  const add = (name: string, value: string, from: string | undefined) => {
    if (errorNames.has(name)) return;
    const field = fields.get(name) ?? { parsers: new Set(), values: new Set(), type: fieldType(value) };
    if (from !== undefined) field.parsers.add(from);
    field.values.add(value);
    fields.set(name, field);
  };
  for (const { categorized } of streams) {
    for (const [name, value] of Object.entries(categorized.metadata)) add(name, value, undefined);
    for (const [name, value] of Object.entries(categorized.parsed)) add(name, value, parser);
  }
}

function logQuery(text: string): Expr {
  const expr = parse(text);
  if (expr.kind !== 'log') throw bad('only log selector is supported');
  return expr;
}
