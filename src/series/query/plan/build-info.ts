import { createMatcher, type Matcher, metricName } from '../labels/matcher.ts';
import { children, type Expr } from '../syntax/ast.ts';
import type { Position } from '../text/position.ts';
import type { Part, PlanBuilder } from './build-plan.ts';
import type { TimeShift } from './plan.ts';
import { type Reach, readWindow } from './read-window.ts';

const defaultInfoMetric = 'target_info';

/** The info series are looked up at the time that governs the first selector of the first argument. */
export function planInfo(builder: PlanBuilder, args: Expr[], reach: Reach, position: Position): Part {
  const [base, selector] = args;
  const part = builder.part(base!, reach);
  const shift = governingShift(builder, base!, []) ?? { offsetMs: 0 };
  const given = selector?.kind === 'selector' ? selector.matchers : [];
  const nameMatchers = effectiveNameMatchers(given.filter(({ name }) => name === metricName));
  const dataMatchers = new Map<string, Matcher[]>();
  for (const matcher of given) {
    if (matcher.name !== metricName)
      dataMatchers.set(matcher.name, [...(dataMatchers.get(matcher.name) ?? []), matcher]);
  }
  const window = readWindow(builder.times, reach, shift, { ...builder.options, rangeMs: 0, extension: 'none' });
  const read = builder.read({ matchers: [...nameMatchers, ...[...dataMatchers.values()].flat()], ...window });
  const node = { kind: 'info' as const, base: part.node, read, nameMatchers, dataMatchers, ...shift, position };
  return { node, constant: part.constant, worthOnce: part.constant };
}

/** Without a positive condition on the name, everything that ends in _info is meant, or target_info alone. */
function effectiveNameMatchers(matchers: Matcher[]): Matcher[] {
  if (matchers.some(({ op }) => op === '=' || op === '=~')) return matchers;
  if (matchers.length > 0) return [createMatcher('=~', metricName, '.+_info'), ...matchers];
  return [createMatcher('=', metricName, defaultInfoMetric)];
}

/** The offsets of the selector and the subqueries around it add up, until an `@` settles the time. */
function governingShift(builder: PlanBuilder, expr: Expr, around: TimeShift[]): TimeShift | undefined {
  if (expr.kind === 'selector') {
    let { offsetMs, atMs } = builder.shift(expr);
    for (const outer of around) {
      if (atMs !== undefined) break;
      offsetMs += outer.offsetMs;
      atMs = outer.atMs;
    }
    return atMs === undefined ? { offsetMs } : { offsetMs, atMs };
  }
  const inside = expr.kind === 'subquery' ? [builder.shift(expr), ...around] : around;
  for (const child of children(expr)) {
    const found = governingShift(builder, child, inside);
    if (found !== undefined) return found;
  }
  return undefined;
}
