import { Fault } from '../../../base/fault.ts';
import { power } from '../numbers/power.ts';
import type { DurationExpr, DurationOperand } from '../syntax/ast.ts';
import type { QueryTimes } from './times.ts';

/** Seconds that fit into 63 bits of nanoseconds. */
const secondsMax = 2 ** 63 / 1e9;

/** Milliseconds of a duration expression, now that the query's step and range are known. Throws Fault `bad-request`. */
export function evaluateDuration(expr: DurationExpr, times: QueryTimes, mayBeNegative: boolean): number {
  const seconds = secondsOf(expr, times);
  if (!Number.isFinite(seconds)) refuse(expr, 'duration is NaN or infinite');
  if (seconds <= 0 && !mayBeNegative) refuse(expr, 'duration must be greater than 0');
  if (Math.abs(seconds) > secondsMax) refuse(expr, 'duration is out of range');
  return Math.trunc(seconds * 1000);
}

function secondsOf(expr: DurationOperand, times: QueryTimes): number {
  if (expr.kind === 'number') return expr.value;
  const lhs = expr.lhs === undefined ? 0 : secondsOf(expr.lhs, times);
  const rhs = expr.rhs === undefined ? 0 : secondsOf(expr.rhs, times);
  switch (expr.op) {
    case 'step':
      return times.stepMs / 1000;
    case 'range':
      return (times.endMs - times.startMs) / 1000;
    case 'min_of':
      return Math.min(lhs, rhs);
    case 'max_of':
      return Math.max(lhs, rhs);
    case '+':
      return lhs + rhs;
    case '-':
      return expr.lhs === undefined ? -rhs : lhs - rhs;
    case '*':
      return lhs * rhs;
    case '/':
      return rhs === 0 ? refuse(expr, 'division by zero') : lhs / rhs;
    case '%':
      return rhs === 0 ? refuse(expr, 'modulo by zero') : lhs % rhs;
    case '^':
      return power(lhs, rhs);
  }
}

function refuse(expr: DurationExpr, detail: string): never {
  throw new Fault('bad-request', `${expr.position.start}:${expr.position.end}: ${detail}`);
}
