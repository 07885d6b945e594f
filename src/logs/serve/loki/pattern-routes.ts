import type { FastifyInstance } from 'fastify';
import { getOrPost } from '../../../http/http.ts';
import { type LogExpr, parse } from '../../query/query.ts';
import { minePatterns } from './mine.ts';
import { bad, Parameters } from './parameters.ts';
import { sendJson } from './send.ts';
import { runAsked, type Surroundings } from './surroundings.ts';
import { warningsOf } from './warnings.ts';

/** `patterns`: what the lines of a selection have in common, and how often, over time. */
export function registerPatternRoutes(app: FastifyInstance, parts: Surroundings): void {
  const { clock, settings } = parts;
  getOrPost(app, '/patterns', async (request, reply) => {
    const parameters = new Parameters(request, clock.nowMs());
    const range = parameters.range();
    const stepNs = parameters.boundedStepNs(range);
    const query = parameters.text('query');
    const expr = selection(query);
    const limit = Math.min(parameters.whole('limit', settings.patternsMax), settings.patternsMax);
    const timeOf = (timeNs: bigint) => Number((timeNs - (timeNs % stepNs)) / 1_000_000_000n);
    const asked = { kind: 'patterns', query, range } as const;
    const mined = await runAsked(parts, { request, reply }, asked, async (common) => {
      const mining = await minePatterns(parts, common, [{ expr, ...range, timeOf }]);
      const missing = warningsOf(parts, common.instances(), common.scope.tenant, range.endNs);
      return { ...mining, warnings: [...mining.warnings, ...missing] };
    });
    const { miner, stride, warnings } = mined;
    const series = miner.patterns(limit).flatMap(({ pattern, levels }) =>
      levels.map(({ level, samples }) => {
        const scaled = samples.map(([time, lines]) => [time, lines * stride]);
        return JSON.stringify({ pattern, level, samples: scaled });
      }),
    );
    const said = warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}` : '';
    return sendJson(request, reply, [`{"status":"success"${said},"data":[${series.join(',')}]}`]);
  });
}

/** Filters and parsers may follow the selector, which Loki does not take here. Throws ParseError and Fault `bad-request`. */
export function selection(query: string): LogExpr {
  const expr = parse(query);
  if (expr.kind !== 'log') throw bad('only log selector is supported');
  return expr;
}
