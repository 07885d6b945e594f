import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { getOrPost } from '../../../http/http.ts';
import {
  type EngineOptions,
  type Expr,
  instantQuery,
  ParseError,
  parse,
  prettify,
  type QueryResult,
  type RangeRequest,
  rangeQuery,
} from '../../query/query.ts';
import { bad, Parameters } from './parameters.ts';
import { categorizeFlag, resultJson } from './result-json.ts';
import { sendData, sendJson } from './send.ts';
import { spacedLines } from './spaced-lines.ts';
import { runAsked, type Surroundings } from './surroundings.ts';
import { warningsOf } from './warnings.ts';

/** `query`, `query_range` and `format_query`. */
export function registerQueryRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { clock, settings } = parts;
  const options = engineOptions(parts);

  getOrPost(app, '/query', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    const timeNs = parameters.timeNs();
    const query = parsed(parameters);
    const [limit, direction] = [parameters.limit(), parameters.direction()];
    const range = { startNs: timeNs, endNs: timeNs };
    return answer(
      parts,
      { request, reply },
      { kind: 'instant', query: parameters.text('query'), range, direction },
      (common) => instantQuery({ ...common, query, timeNs, limit, direction }, options),
    );
  });

  getOrPost(app, '/query_range', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    const range = parameters.range();
    const stepNs = parameters.stepNs(range);
    const intervalNs = parameters.intervalNs();
    const query = parsed(parameters);
    checkLength(range, settings.queryLengthMsMax);
    const [limit, direction] = [parameters.limit(), parameters.direction()];
    return answer(
      parts,
      { request, reply },
      { kind: 'range', query: parameters.text('query'), range, direction },
      (common) => {
        const whole = { ...common, ...range, query, stepNs, limit, direction };
        if (query.kind === 'log' && intervalNs > 0n) return spacedLines(whole, intervalNs, options);
        return rangeQuery(whole, options);
      },
    );
  });

  getOrPost(app, '/format_query', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    try {
      return sendData(request, reply, prettify(parsed(parameters)));
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      // Of all routes, this one answers with JSON.
      reply.code(400);
      return sendJson(request, reply, [JSON.stringify({ status: 'invalid-query', error: error.message })]);
    }
  });
}

interface Asked {
  kind: 'instant' | 'range';
  query: string;
  range: { startNs: bigint; endNs: bigint };
  direction: RangeRequest['direction'] & string;
}

/** Runs a query in its turn, and sends its result with what is missing from it. */
async function answer(
  parts: Surroundings,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { direction, ...listed }: Asked,
  run: (common: Pick<RangeRequest, 'scope' | 'source' | 'signal'>) => Promise<QueryResult>,
) {
  const found = await runAsked(parts, { request, reply }, listed, async ({ instances, ...common }) => {
    const result = await run(common);
    const missing = warningsOf(parts, instances(), common.scope.tenant, listed.range.endNs);
    return { ...result, warnings: [...result.warnings, ...missing] };
  });
  return sendJson(request, reply, resultJson(found, { categorized: wantsCategories(request), direction }));
}

function engineOptions({ clock, settings }: Surroundings): EngineOptions {
  const { entriesMax, seriesMax, timeoutMs, intervalMsMax } = settings;
  return {
    ...{ clock, entriesMax, seriesMax, timeoutMs },
    ...(intervalMsMax > 0 && { intervalNsMax: intervalMsMax * 1e6 }),
  };
}

function parsed(parameters: Parameters): Expr {
  return parse(parameters.text('query'));
}

export function wantsCategories({ headers }: FastifyRequest): boolean {
  const flags = String(headers['x-loki-response-encoding-flags'] ?? '');
  return flags.split(',').some((flag) => flag.trim() === categorizeFlag);
}

function checkLength({ startNs, endNs }: { startNs: bigint; endNs: bigint }, lengthMsMax: number): void {
  const lengthMs = Number((endNs - startNs) / 1_000_000n);
  if (lengthMsMax === 0 || lengthMs <= lengthMsMax) return;
  throw bad(`the query time range exceeds the limit (query length: ${shown(lengthMs)}, limit: ${shown(lengthMsMax)})`);
}

function shown(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
}
