import type { FastifyInstance, FastifyRequest } from 'fastify';
import { getOrPost } from '../../../http/http.ts';
import type { SeriesSelection } from '../../query/query.ts';
import { ApiError } from '../answer/api-error.ts';
import { labelsJson } from '../answer/query-json.ts';
import { sendData, sendList } from '../answer/send.ts';
import { unescapeLabelName } from './label-name.ts';
import { maxTimeMs, minTimeMs, Parameters } from './parameters.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** What one answer lists at most, whatever its `limit` says. */
const namesMax = 1_000_000;
const truncatedWarning = 'results truncated due to limit';

/** Which series, label names, label values and metrics there are. */
export function registerSeriesRoutes(app: FastifyInstance, { engine, principalOf }: Surroundings): void {
  const selection = (
    request: FastifyRequest,
    parameters: Parameters,
    matchers = parameters.selectors(),
  ): SeriesSelection => {
    const limit = parameters.limit();
    return {
      scope: scopeOf(principalOf(request)),
      minMs: parameters.timeMs('start', minTimeMs),
      maxMs: parameters.timeMs('end', maxTimeMs),
      matchers,
      limit: limit === 0 ? namesMax : Math.min(limit, namesMax),
    };
  };

  getOrPost(app, '/labels', async (request, reply) => {
    const { names, truncated } = await engine.labelNames(selection(request, new Parameters(request)));
    return sendList(request, reply, quoted(names), warningIf(truncated));
  });

  app.get('/label/:name/values', async (request, reply) => {
    const name = unescapeLabelName((request.params as { name: string }).name);
    if (name === '') throw new ApiError('bad_data', 'invalid label name: ""');
    const { names, truncated } = await engine.labelValues(name, selection(request, new Parameters(request)));
    return sendList(request, reply, quoted(names), warningIf(truncated));
  });

  getOrPost(app, '/series', async (request, reply) => {
    const parameters = new Parameters(request);
    if (parameters.all('match[]').length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
    const { series, truncated } = await engine.matching(selection(request, parameters, parameters.namedSelectors()));
    const items = (function* () {
      for (const labels of series) yield labelsJson(labels);
    })();
    return sendList(request, reply, items, warningIf(truncated));
  });

  app.get('/metadata', async (request, reply) => {
    const parameters = new Parameters(request);
    const limit = wholeNumber(parameters, 'limit');
    const metric = parameters.text('metric');
    const shownMax = limit < 0 ? namesMax : Math.min(limit, namesMax);
    const found = await engine.metadata(scopeOf(principalOf(request)), metric === '' ? undefined : metric, shownMax);
    const perMetric = wholeNumber(parameters, 'limit_per_metric');
    const shown = [...found].slice(0, shownMax).map(([name, all]) => {
      return [name, perMetric > 0 ? all.slice(0, perMetric) : all] as const;
    });
    return sendData(request, reply, Object.fromEntries(shown));
  });
}

function wholeNumber(parameters: Parameters, name: string): number {
  const text = parameters.text(name);
  if (text === '') return -1;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new ApiError('bad_data', `${name} must be a number`);
}

function* quoted(names: readonly string[]): Generator<string> {
  for (const name of names) yield JSON.stringify(name);
}

function warningIf(truncated: boolean): string[] {
  return truncated ? [truncatedWarning] : [];
}
