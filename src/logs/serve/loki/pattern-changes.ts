import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Nanos, parseRfc3339 } from '../../../base/nanotime.ts';
import { type Compared, compared } from '../../patterns/patterns.ts';
import type { LogExpr } from '../../query/query.ts';
import { minePatterns } from './mine.ts';
import { bad } from './parameters.ts';
import { selection } from './pattern-routes.ts';
import { runAsked, type Surroundings } from './surroundings.ts';
import { warningsOf } from './warnings.ts';

/** A pattern that comes before or after a change, or both. */
export interface PatternChange extends Compared {
  pattern: string;
  /** Before, and after. */
  lines: [number, number];
  /** The one that most of its lines have. */
  level: string;
}

export interface PatternChanges {
  lines: [number, number];
  /** What changed most first. */
  changes: PatternChange[];
  warnings: string[];
}

interface Side {
  expr: LogExpr;
  query: string;
  startNs: Nanos;
  endNs: Nanos;
}

const kindOrder = ['new', 'gone', 'more', 'less', 'same'];

/** `POST /taffrail/v1/patterns/changes` with `{before, after}`, each `{query, start, end}`: what is new, gone, or comes more or less often. */
export function registerPatternChanges(app: FastifyInstance, parts: Surroundings): void {
  app.post('/taffrail/v1/patterns/changes', async (request: FastifyRequest, reply: FastifyReply) => {
    const { before, after } = (request.body ?? {}) as Record<string, unknown>;
    const sides = [sideOf('before', before), sideOf('after', after)] as const;
    const times = sides.flatMap((side) => [side.startNs, side.endNs]).sort(compareTimes);
    const [startNs, endNs] = [times[0]!, times.at(-1)!];
    const asked = { kind: 'patterns', query: sides.map(({ query }) => query).join(' .. '), range: { startNs, endNs } };
    return runAsked(
      parts,
      { request, reply },
      { ...asked, kind: 'patterns' },
      async (common): Promise<PatternChanges> => {
        const counted = sides.map((side, at) => ({ ...side, timeOf: () => at }));
        const { miner, lines, stride, warnings } = await minePatterns(parts, common, counted);
        const exposure = sides.map(({ startNs, endNs }) => Number(endNs - startNs)) as [number, number];
        const changes = miner.patterns(Number.MAX_SAFE_INTEGER).map(({ pattern, levels }): PatternChange => {
          const totals: [number, number] = [0, 0];
          for (const { samples } of levels) for (const [at, count] of samples) totals[at as 0 | 1] += count * stride;
          const level = levels.reduce((most, one) => (total(one) > total(most) ? one : most)).level;
          return { pattern, lines: totals, level, ...compared(totals, exposure) };
        });
        const missing = warningsOf(parts, common.instances(), common.scope.tenant, endNs);
        return {
          lines: lines as [number, number],
          changes: changes.sort(byChange).slice(0, parts.settings.patternsMax),
          warnings: [...warnings, ...missing],
        };
      },
    );
  });
}

function total({ samples }: { samples: [number, number][] }): number {
  return samples.reduce((sum, [, count]) => sum + count, 0);
}

function compareTimes(a: Nanos, b: Nanos): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byChange(a: PatternChange, b: PatternChange): number {
  const byKind = kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind);
  return byKind || Math.max(...b.lines) - Math.max(...a.lines) || (a.pattern < b.pattern ? -1 : 1);
}

function sideOf(name: string, given: unknown): Side {
  const { query, start, end } = (given ?? {}) as Record<string, unknown>;
  if (typeof query !== 'string') throw bad(`${name}.query wants a LogQL query for lines`);
  const time = (field: string, text: unknown) => {
    const ns = typeof text === 'string' ? parseRfc3339(text) : undefined;
    if (ns === undefined) throw bad(`${name}.${field} wants a time like 2026-01-31T12:00:00Z (RFC 3339)`);
    return ns;
  };
  const side = { expr: selection(query), query, startNs: time('start', start), endNs: time('end', end) };
  if (side.startNs >= side.endNs) throw bad(`${name}.end must be later than ${name}.start`);
  return side;
}
