import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatGeneral, formatGeneralPrecise, formatOpenMetrics, formatPlain } from './go-float.ts';
import { quote, unquote } from './go-quote.ts';
import { formatPrometheusDuration, parsePrometheusDurationMs } from './prometheus-duration.ts';

test('numbers are written as Go writes them', () => {
  const cases: [number, string, string][] = [
    [0, '0', '0'],
    [-0, '-0', '-0'],
    [1e21, '1000000000000000000000', '1e+21'],
    [123456.5, '123456.5', '123456.5'],
    [1234567, '1234567', '1.234567e+06'],
    [0.0001, '0.0001', '0.0001'],
    [0.00001234, '0.00001234', '1.234e-05'],
    [Number.NaN, 'NaN', 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
    [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
  ];
  for (const [value, plain, general] of cases) {
    assert.equal(formatPlain(value), plain);
    assert.equal(formatGeneral(value), general);
  }
  assert.equal(formatGeneralPrecise(0.04871, 2), '0.049');
  assert.equal(formatGeneralPrecise(123, 2), '1.2e+02');
  assert.equal(formatGeneralPrecise(2, 2), '2');
  assert.deepEqual([1, 0.99, 1e6, 0].map(formatOpenMetrics), ['1.0', '0.99', '1e+06', '0.0']);
});

test('a number that is written reads back as itself', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      finite,
      (value) => Object.is(Number(formatPlain(value)), value) && Object.is(Number(formatGeneral(value)), value),
    ),
  );
});

test('any string survives quoting, and bytes that are no UTF-8 stay bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => unquote(quote(text)) === text));
  assert.equal(quote(unquote('"a\\xc5z\\u00e4\\t"')!), '"a\\xc5zä\\t"');
  assert.equal(unquote('"\\xc3\\xa4"'), 'ä');
  for (const wrong of ['"', '"a', '\'a"', '"\\q"', '"\\x4"', '"a"b"', '`a`b`']) assert.equal(unquote(wrong), undefined);
});

test('durations are written with the largest units and read back', () => {
  fc.assert(
    fc.property(
      fc.nat(10 ** 12),
      (milliseconds) => parsePrometheusDurationMs(formatPrometheusDuration(milliseconds)) === milliseconds,
    ),
  );
  assert.equal(formatPrometheusDuration(90 * 86_400_000), '90d');
  assert.equal(formatPrometheusDuration(14 * 86_400_000), '2w');
  assert.throws(() => parsePrometheusDurationMs('5m1h'), { message: 'not a valid duration string: "5m1h"' });
  assert.throws(() => parsePrometheusDurationMs('1.5h'), { message: 'unknown unit "." in duration "1.5h"' });
  assert.throws(() => parsePrometheusDurationMs('300y'), { message: 'duration out of range' });
});
