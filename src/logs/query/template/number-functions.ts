import type { TemplateFunction } from './functions.ts';
import { toFloat, toInt } from './go-value.ts';
import { TemplateError } from './template-error.ts';

type Entry = readonly [string, TemplateFunction];

type Arity = TemplateFunction['arity'];
const anyNumber: Arity = [0, 100];
const some: Arity = [1, 100];
const two: Arity = [2, 2];

function ints(name: string, arity: Arity, run: (left: bigint, right: bigint) => bigint): Entry {
  const reduce: TemplateFunction['run'] = ([first, ...rest]) =>
    rest.map(toInt).reduce((left, right) => BigInt.asIntN(64, run(left, right)), toInt(first));
  return [name, { arity, run: reduce }];
}

function byValue(left: bigint, right: bigint): number {
  return left < right ? -1 : 1;
}

function floats(name: string, arity: Arity, run: (left: number, right: number) => number): Entry {
  return [name, { arity, run: ([first, ...rest]) => rest.map(toFloat).reduce(run, toFloat(first)) }];
}

function divisor(right: bigint): bigint {
  if (right === 0n) throw new TemplateError('runtime error: integer divide by zero');
  return right;
}

export const numberFunctions: readonly Entry[] = [
  ['int', { arity: [1, 1], run: ([value]) => toInt(value) }],
  ['float64', { arity: [1, 1], run: ([value]) => toFloat(value) }],
  ints('add', anyNumber, (left, right) => left + right),
  ints('sub', two, (left, right) => left - right),
  ints('mul', some, (left, right) => left * right),
  ints('div', two, (left, right) => left / divisor(right)),
  ints('mod', two, (left, right) => left % divisor(right)),
  ints('max', some, (left, right) => [left, right].sort(byValue)[1]!),
  ints('min', some, (left, right) => [left, right].sort(byValue)[0]!),
  floats('addf', anyNumber, (left, right) => decimal(left + right)),
  floats('subf', some, (left, right) => decimal(left - right)),
  floats('mulf', some, (left, right) => decimal(left * right)),
  floats('divf', some, (left, right) => {
    if (right === 0) throw new TemplateError('decimal division by 0');
    return left / right;
  }),
  floats('maxf', some, (left, right) => Math.max(left, right)),
  floats('minf', some, (left, right) => Math.min(left, right)),
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
