import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
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
  const run = async (
    context: { request: FastifyRequest; reply: FastifyReply },
    asked: {
      kind: 'instant' | 'range';
      query: string;
      range: { startNs: bigint; endNs: bigint };
      direction: RangeRequest['direction'] & string;
    },
    answer: (common: CommonRequest) => Promise<QueryResult>,
  ) => {
    const { direction, ...listed } = asked;
    const { result, missing } = await runAsked(parts, context, listed, async ({ instances, ...common }) => {
      const result = await answer(common);
      return { result, missing: warningsOf(parts, instances(), common.scope.tenant, asked.range.endNs) };
    });
    const { request, reply } = context;
    const warnings = [...result.warnings, ...missing];
    return sendJson(
      request,
      reply,
      resultJson({ ...result, warnings }, { categorized: wantsCategories(request), direction }),
    );
  };
  const options = {
    clock,
    entriesMax: settings.entriesMax,
    seriesMax: settings.seriesMax,
    timeoutMs: settings.timeoutMs,
    ...(settings.intervalMsMax > 0 && { intervalNsMax: settings.intervalMsMax * 1e6 }),
  };

  app.route({
    method: ['GET', 'POST'],
    url: '/query',
    handler: async (request, reply) => {
      const parameters = new Parameters(request, clock.nowMs());
      const timeNs = parameters.timeNs();
      const query = parsed(parameters);
      const [limit, direction] = [parameters.limit(), parameters.direction()];
      const range = { startNs: timeNs, endNs: timeNs };
      return run({ request, reply }, { kind: 'instant', query: parameters.text('query'), range, direction }, (common) =>
        instantQuery({ ...common, query, timeNs, limit, direction }, options),
      );
    },
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/query_range',
    handler: async (request, reply) => {
      const parameters = new Parameters(request, clock.nowMs());
      const range = parameters.range();
      const stepNs = parameters.stepNs(range);
      const intervalNs = parameters.intervalNs();
      const query = parsed(parameters);
      checkLength(range, settings.queryLengthMsMax);
      const [limit, direction] = [parameters.limit(), parameters.direction()];
      return run({ request, reply }, { kind: 'range', query: parameters.text('query'), range, direction }, (common) => {
        const whole = { ...common, ...range, query, stepNs, limit, direction };
        if (query.kind === 'log' && intervalNs > 0n) return spacedLines(whole, intervalNs, options);
        return rangeQuery(whole, options);
      });
    },
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/format_query',
    handler: async (request, reply) => {
      const parameters = new Parameters(request, clock.nowMs());
      try {
        return sendData(request, reply, prettify(parsed(parameters)));
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        // Of all routes, this one answers with JSON.
        reply.code(400);
        return sendJson(request, reply, [JSON.stringify({ status: 'invalid-query', error: error.message })]);
      }
    },
  });
}

type CommonRequest = Pick<RangeRequest, 'scope' | 'source' | 'signal'>;

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
