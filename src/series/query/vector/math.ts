import { log2, log10 } from '../numbers/power.ts';
import type { CallNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import type { Row } from '../run/row.ts';
import { mapRows } from './map-rows.ts';

const perNumber: Record<string, (value: number) => number> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10,
  log2,
  rad: (value) => (value * Math.PI) / 180,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** Functions of each number on its own. */
export const mathFunctions: Record<string, (evaluation: Evaluation, call: CallNode) => Row[]> = Object.fromEntries(
  Object.entries(perNumber).map(([name, compute]) => [
    name,
    (evaluation: Evaluation, call: CallNode) =>
      mapRows(evaluation, call.args[0]!, (values) => {
        for (let step = 0; step < values.length; step++) values[step] = compute(values[step]!);
      }),
  ]),
);
