import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatGeneral, formatPlain } from '../../../base/go-float.ts';
import { secondsText, valueText } from './json-number.ts';

test('values are written as Prometheus writes them', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-12.5, '-12.5'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [1e-6, '0.000001'],
    [1e-7, '1e-07'],
    [1.25e-10, '1.25e-10'],
    [5e-324, '5e-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ];
  for (const [value, text] of cases) assert.equal(valueText(value), text);
});

test('every number has the digits that Go gives it', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const size = Math.abs(value);
      const isPlain = size === 0 || (size >= 1e-6 && size < 1e21) || !Number.isFinite(value);
      assert.equal(valueText(value), isPlain ? formatPlain(value) : formatGeneral(value));
    }),
  );
});

test('times are seconds with three decimals or none', () => {
  assert.deepEqual([0, 1500, 1000, -1500, 1_700_000_000_007, -1].map(secondsText), [
    '0',
    '1.500',
    '1',
    '-1.500',
    '1700000000.007',
    '-0.001',
  ]);
});
