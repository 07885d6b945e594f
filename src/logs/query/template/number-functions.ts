import type { TemplateFunction } from './functions.ts';
import { toFloat, toInt } from './go-value.ts';
import { TemplateError } from './template-error.ts';

type Entry = readonly [string, TemplateFunction];

function ints(name: string, run: (left: bigint, right: bigint) => bigint): Entry {
  const reduce: TemplateFunction['run'] = (args) =>
    args.map(toInt).reduce((left, right) => BigInt.asIntN(64, run(left, right)));
  return [name, { arity: [1, 100], run: reduce }];
}

function byValue(left: bigint, right: bigint): number {
  return left < right ? -1 : 1;
}

function floats(name: string, run: (left: number, right: number) => number): Entry {
  return [name, { arity: [1, 100], run: (args) => args.map(toFloat).reduce(run) }];
}

function divisor(right: bigint): bigint {
  if (right === 0n) throw new TemplateError('runtime error: integer divide by zero');
  return right;
}

export const numberFunctions: readonly Entry[] = [
  ['int', { arity: [1, 1], run: ([value]) => toInt(value) }],
  ['float64', { arity: [1, 1], run: ([value]) => toFloat(value) }],
  ints('add', (left, right) => left + right),
  ints('sub', (left, right) => left - right),
  ints('mul', (left, right) => left * right),
  ints('div', (left, right) => left / divisor(right)),
  ints('mod', (left, right) => left % divisor(right)),
  ints('max', (left, right) => [left, right].sort(byValue)[1]!),
  ints('min', (left, right) => [left, right].sort(byValue)[0]!),
  floats('addf', (left, right) => decimal(left + right)),
  floats('subf', (left, right) => decimal(left - right)),
  floats('mulf', (left, right) => decimal(left * right)),
  floats('divf', (left, right) => {
    if (right === 0) throw new TemplateError('decimal division by 0');
    return left / right;
  }),
  floats('maxf', (left, right) => Math.max(left, right)),
  floats('minf', (left, right) => Math.min(left, right)),
  ['ceil', { arity: [1, 1], run: ([value]) => Math.ceil(toFloat(value)) }],
  ['floor', { arity: [1, 1], run: ([value]) => Math.floor(toFloat(value)) }],
  [
    'round',
    {
      arity: [2, 3],
      run: ([value, places, from]) =>
        rounded(toFloat(value), Number(toInt(places)), from === undefined ? 0.5 : toFloat(from)),
    },
  ],
];

/** Sprig computes in decimals: 0.1 + 0.2 is 0.3. */
function decimal(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(15)) : value;
}

function rounded(value: number, places: number, from: number): number {
  const power = 10 ** places;
  const scaled = power * value;
  const fraction = scaled - Math.trunc(scaled);
  return (fraction >= from ? Math.ceil(scaled) : Math.floor(scaled)) / power;
}
