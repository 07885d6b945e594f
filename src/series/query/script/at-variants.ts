import { timeDependentFunctions } from '../plan/build-plan.ts';
import { children, type Expr } from '../syntax/ast.ts';
import { allFeatures } from '../syntax/features.ts';
import { parse } from '../syntax/parse.ts';
import { print } from '../syntax/print.ts';

/** An instant query that must give the same result as another one. */
export interface Variant {
  query: string;
  timeMs: number;
}

/**
 * The same query with `@ time` on every selector gives the same result whenever it is evaluated.
 * None where a function looks at the time of evaluation itself.
 */
export function atVariants(query: string, timeMs: number): Variant[] {
  const expr = parse(query, allFeatures);
  if (!pin(expr, timeMs)) return [];
  const pinned = print(expr);
  const times = timeMs === 0 ? [-1000, 0, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs];
  return times.map((time) => ({ query: pinned, timeMs: time }));
}

/** Sets `@`; inside of a subquery that has one, nothing is changed. False where the query depends on the time anyway. */
function pin(expr: Expr, timeMs: number): boolean {
  if (expr.kind === 'call' && timeDependentFunctions.has(expr.name)) return false;
  if (expr.kind === 'selector' || expr.kind === 'subquery') expr.atMs ??= timeMs;
  // The steps of a pinned subquery are fixed, whatever is evaluated at them.
  if (expr.kind === 'subquery') return true;
  return children(expr).every((child) => pin(child, timeMs));
}
