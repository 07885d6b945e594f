import type { FastifyInstance, FastifyRequest } from 'fastify';
import { getOrPost } from '../../../http/http.ts';
import type { Matcher } from '../../query/query.ts';
import type { Scope } from '../../store/store.ts';
import { ListedLabels } from './listed-labels.ts';
import { Parameters } from './parameters.ts';
import { sendData, sendJson } from './send.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** `labels`, `label/NAME/values` and `series`: what streams there are in a range. */
export function registerLabelRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { store, clock } = parts;
  const askedFor = (request: FastifyRequest) => {
    const parameters = new Parameters(request, clock.nowMs());
    return listed(scopeOf(parts, request), [parameters.matchers()], parameters);
  };
  const listed = (scope: Scope, selectors: readonly (readonly Matcher[])[], parameters: Parameters): ListedLabels => {
    const { startNs, endNs } = parameters.range();
    const range = { sinceNs: startNs, untilNs: endNs + 1n };
    return new ListedLabels(
      store,
      selectors.map((matchers) => ({ scope, matchers, ...range })),
    );
  };

  for (const url of ['/labels', '/label']) {
    getOrPost(app, url, async (request, reply) => {
      return sendData(request, reply, askedFor(request).names());
    });
  }

  app.get('/label/:name/values', async (request, reply) => {
    const { name } = request.params as { name: string };
    return sendData(request, reply, askedFor(request).values(name));
  });

  getOrPost(app, '/series', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    const scope = scopeOf(parts, request);
    const selectors = parameters.selectors();
    const found = listed(scope, selectors.length > 0 ? selectors : [[]], parameters);
    return sendJson(request, reply, listJson(found.series()));
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
