import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageOf } from '../../../base/fault.ts';
import { getOrPost, goneSignal, type Principal } from '../../../http/http.ts';
import {
  type Features,
  ParseError,
  parse,
  prettify,
  QueryError,
  type SeriesQuery,
  stepsMax,
} from '../../query/query.ts';
import { ApiError, badParameter } from '../answer/api-error.ts';
import { sendData, sendPieces } from '../answer/send.ts';
import { maxTimeMs, minTimeMs, Parameters } from './parameters.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';
import { syntaxTree } from './syntax-tree.ts';

/** `query`, `query_range` and what tells about a query without running it. */
export function registerQueryRoutes(app: FastifyInstance, parts: Surroundings & { features: Features }): void {
  const { engine, principalOf, clock, features } = parts;

  getOrPost(app, '/query', async (request, reply) => {
    const parameters = new Parameters(request);
    const seriesMax = parameters.limit();
    const timeMs = parameters.timeMs('time', clock.nowMs());
    const query = {
      ...commonOf(principalOf(request), reply, parameters),
      seriesMax,
      startMs: timeMs,
      endMs: timeMs,
      stepMs: 0,
    };
    return sendPieces(request, reply, await wellWorded(() => engine.runToJson(query)));
  });

  getOrPost(app, '/query_range', async (request, reply) => {
    const parameters = new Parameters(request);
    const seriesMax = parameters.limit();
    const query = { ...rangeOf(parameters), ...commonOf(principalOf(request), reply, parameters), seriesMax };
    return sendPieces(request, reply, await wellWorded(() => engine.runToJson(query)));
  });

  getOrPost(app, '/query_exemplars', async (request, reply) => {
    const parameters = new Parameters(request);
    scopeOf(principalOf(request));
    const [start, end] = [parameters.timeMs('start', minTimeMs), parameters.timeMs('end', maxTimeMs)];
    if (end < start) throw new ApiError('bad_data', 'end timestamp must not be before start timestamp');
    parse(parameters.text('query'), features);
    // Exemplars are not kept.
    return sendData(request, reply, []);
  });

  getOrPost(app, '/format_query', async (request, reply) =>
    sendData(request, reply, prettify(parsed(new Parameters(request), features))),
  );

  getOrPost(app, '/parse_query', async (request, reply) =>
    sendData(request, reply, syntaxTree(parsed(new Parameters(request), features))),
  );
}

/** What instant and range queries have in common. */
function commonOf(
  principal: Principal,
  reply: FastifyReply,
  parameters: Parameters,
): Omit<SeriesQuery, 'startMs' | 'endMs' | 'stepMs'> {
  const timeoutMs = parameters.durationMs('timeout');
  return {
    query: parameters.text('query'),
    scope: scopeOf(principal),
    by: principal.name,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...lookbackOf(parameters),
    stats: parameters.text('stats') !== '',
    signal: goneSignal(reply),
  };
}

function rangeOf(parameters: Parameters): { startMs: number; endMs: number; stepMs: number } {
  const startMs = parameters.timeMs('start');
  const endMs = parameters.timeMs('end');
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time');
  const exactStepMs = parameters.requiredDurationMs('step');
  if (exactStepMs <= 0) {
    const problem = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
    throw badParameter('step', problem);
  }
  // The engine's times are milliseconds; what is finer counts as one, as Prometheus's engine has it.
  const stepMs = Math.max(1, Math.trunc(exactStepMs));
  if (Math.trunc((endMs - startMs) / exactStepMs) > stepsMax) {
    const shown = stepsMax.toLocaleString('en-US');
    const problem = `exceeded maximum resolution of ${shown} points per timeseries. Try decreasing the query resolution (?step=XX)`;
    throw new ApiError('bad_data', problem);
  }
  return { startMs, endMs, stepMs };
}

function lookbackOf(parameters: Parameters): { lookbackMs?: number } {
  try {
    const lookbackMs = parameters.durationMs('lookback_delta');
    return lookbackMs === undefined || lookbackMs <= 0 ? {} : { lookbackMs };
  } catch (error) {
    const problem = messageOf(error).replace('invalid parameter "lookback_delta": ', '');
    throw new ApiError('bad_data', `error parsing lookback delta duration: ${problem}`);
  }
}

function parsed(parameters: Parameters, features: Features) {
  try {
    return parse(parameters.text('query'), features);
  } catch (error) {
    throw error instanceof ParseError ? badParameter('query', error.message) : error;
  }
}

/** A query that is refused before it runs is a bad parameter. */
async function wellWorded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ParseError) throw badParameter('query', error.message);
    if (error instanceof QueryError && error.message.startsWith('invalid expression type')) {
      throw badParameter('query', error.message);
    }
    throw error;
  }
}
