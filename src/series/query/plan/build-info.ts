import { createMatcher, type Matcher, metricName } from '../labels/matcher.ts';
import { children, type Expr } from '../syntax/ast.ts';
import { typeOf } from '../syntax/check.ts';
import type { Position } from '../text/position.ts';
import { once, type Part, type PlanBuilder } from './build-plan.ts';
import type { TimeShift } from './plan.ts';
import { type Reach, readWindow } from './read-window.ts';

const defaultInfoMetric = 'target_info';

/** The info series are looked up at the time that the selectors of the first argument share. */
export function planInfo(builder: PlanBuilder, args: Expr[], reach: Reach, position: Position): Part {
  const [base, selector] = args;
  const part = builder.part(base!, reach);
  const shift = sharedShift(builder, base!) ?? { offsetMs: 0 };
  const given = selector?.kind === 'selector' ? selector.matchers : [];
  const nameMatchers = effectiveNameMatchers(given.filter(({ name }) => name === metricName));
  const dataMatchers = new Map<string, Matcher[]>();
  for (const matcher of given) {
    if (matcher.name !== metricName)
      dataMatchers.set(matcher.name, [...(dataMatchers.get(matcher.name) ?? []), matcher]);
  }
  const window = readWindow(builder.times, reach, shift, { ...builder.options, rangeMs: 0, extension: 'none' });
  const read = builder.read({ matchers: [...nameMatchers, ...[...dataMatchers.values()].flat()], ...window });
  const constant = part.constant && shift.atMs !== undefined;
  const planned = constant ? part.node : once(part);
  const node = { kind: 'info' as const, base: planned, read, nameMatchers, dataMatchers, ...shift, position };
  return { node, constant, worthOnce: constant };
}

/** Without a positive condition on the name, everything that ends in _info is meant, or target_info alone. */
function effectiveNameMatchers(matchers: Matcher[]): Matcher[] {
  if (matchers.some(({ op }) => op === '=' || op === '=~')) return matchers;
  if (matchers.length > 0) return [createMatcher('=~', metricName, '.+_info'), ...matchers];
  return [createMatcher('=', metricName, defaultInfoMetric)];
}

/**
 * The one time that all selectors of a vector look at. Undefined where there is none: they look at different times, or a part of the vector
 * comes from no selector; info series are then those of each step.
 */
function sharedShift(builder: PlanBuilder, expr: Expr): TimeShift | undefined {
  let shared: TimeShift | undefined;
  let isShared = true;
  const visit = (part: Expr, around: readonly TimeShift[]): boolean => {
    const type = typeOf(part);
    if (type !== 'vector' && type !== 'matrix') return false;
    if (part.kind === 'selector') {
      const shift = within(builder.shift(part), around);
      if (shared !== undefined && !isSameTime(shared, shift)) isShared = false;
      shared ??= shift;
      return true;
    }
    const inside = part.kind === 'subquery' ? [builder.shift(part), ...around] : around;
    // The second argument of info() selects labels, and is no vector.
    const parts = part.kind === 'call' && part.name === 'info' ? part.args.slice(0, 1) : children(part);
    const hasSelector = parts.map((child) => visit(child, inside)).includes(true);
    if (!hasSelector) isShared = false;
    return hasSelector;
  };
  visit(expr, []);
  return isShared ? shared : undefined;
}

/** The offsets of the selector and the subqueries around it add up, until an `@` settles the time. */
function within(own: TimeShift, around: readonly TimeShift[]): TimeShift {
  let { offsetMs, atMs } = own;
  for (const outer of around) {
    if (atMs !== undefined) break;
    offsetMs += outer.offsetMs;
    atMs = outer.atMs;
  }
  return atMs === undefined ? { offsetMs } : { offsetMs, atMs };
}

function isSameTime(a: TimeShift, b: TimeShift): boolean {
  if (a.atMs === undefined || b.atMs === undefined) return a.atMs === b.atMs && a.offsetMs === b.offsetMs;
  return a.atMs - a.offsetMs === b.atMs - b.offsetMs;
}
