import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LabelRecord, Matcher } from '../../query/query.ts';
import type { Scope } from '../../store/store.ts';
import { labelsOf, selectStreams } from '../source/selected-streams.ts';
import { Parameters } from './parameters.ts';
import { sortedJson } from './result-json.ts';
import { sendData, sendJson } from './send.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** `labels`, `label/NAME/values` and `series`: what streams there are in a range. */
export function registerLabelRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { store, clock } = parts;
  const streams = (scope: Scope, matchers: readonly Matcher[], parameters: Parameters): LabelRecord[] => {
    const { startNs, endNs } = parameters.range();
    return labelsOf(selectStreams(store, { scope, matchers, sinceNs: startNs, untilNs: endNs + 1n }));
  };
  const askedFor = (request: FastifyRequest) => {
    const parameters = new Parameters(request, clock.nowMs());
    return streams(scopeOf(parts, request), parameters.matchers(), parameters);
  };

  for (const url of ['/labels', '/label']) {
    app.route({
      method: ['GET', 'POST'],
      url,
      handler: async (request, reply) => {
        return sendData(request, reply, sorted(askedFor(request).flatMap(Object.keys)));
      },
    });
  }

  app.get('/label/:name/values', async (request, reply) => {
    const { name } = request.params as { name: string };
    const values = askedFor(request).flatMap((labels) => (Object.hasOwn(labels, name) ? [labels[name]!] : []));
    return sendData(request, reply, sorted(values));
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/series',
    handler: async (request, reply) => {
      const parameters = new Parameters(request, clock.nowMs());
      const scope = scopeOf(parts, request);
      const selectors = parameters.selectors();
      const found = new Set<string>();
      for (const matchers of selectors.length > 0 ? selectors : [[]]) {
        for (const labels of streams(scope, matchers, parameters)) found.add(sortedJson(labels));
      }
      return sendJson(request, reply, listJson(found));
    },
  });
}

function* listJson(items: Iterable<string>): Generator<string> {
  yield '{"status":"success","data":[';
  let separator = '';
  for (const item of items) {
    yield separator + item;
    separator = ',';
  }
  yield ']}';
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
