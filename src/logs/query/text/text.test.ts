import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatGeneral, formatPlain, goFloatError, parseGoFloat } from '../../../base/go-float.ts';
import { formatByteCount, parseByteCount } from './byte-counts.ts';
import {
  formatDurationNs,
  goDurationString,
  parseGoDuration,
  parsePrometheusDuration,
  parseQueryDuration,
} from './durations.ts';
import { quote, unquote } from './quoted.ts';

test('durations are read as Prometheus and Go read them', () => {
  assert.equal(parsePrometheusDuration('1h30m'), 5400e9);
  assert.equal(parseGoDuration('-1.5h'), -5400e9);
  assert.equal(parseGoDuration('1h0.5s3µs'), 3600e9 + 0.5e9 + 3000);
  assert.throws(() => parsePrometheusDuration('30m1h'), /not a valid duration string: "30m1h"/);
  assert.throws(() => parseGoDuration('5'), /time: missing unit in duration "5"/);
  assert.throws(() => parseGoDuration('5d'), /time: unknown unit "d" in duration "5d"/);
  assert.throws(() => parseGoDuration(''), /time: invalid duration ""/);
  assert.equal(parseQueryDuration('1d'), 86_400e9);
  assert.equal(parseQueryDuration('soon'), undefined);
  assert.equal(goDurationString(3_723_500e6), '1h2m3.5s');
  fc.assert(
    fc.property(fc.integer({ min: -1e15, max: 1e15 }), (ns) =>
      assert.equal(parseQueryDuration(formatDurationNs(ns)), ns),
    ),
  );
});

test('numbers of bytes are read as humanize reads them', () => {
  assert.equal(parseByteCount('1.5KB'), 1500);
  assert.equal(parseByteCount('1 KiB'), 1024);
  assert.equal(parseByteCount('42'), 42);
  assert.equal(parseByteCount('1,000 mb'), 1e9);
  assert.throws(() => parseByteCount('5 parsecs'), /unhandled size name: parsecs/);
  assert.throws(() => parseByteCount('abc'), /invalid syntax/);
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), (bytes) => assert.equal(parseByteCount(formatByteCount(bytes)), bytes)),
  );
});

test('floats are read and written as Go does it', () => {
  assert.deepEqual(['1e3', '1_0.5_0', '.5', '0x1p-2', '0x_1_0p0', '+Inf', 'nan'].map(parseGoFloat), [
    1000,
    10.5,
    0.5,
    0.25,
    16,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ]);
  for (const text of ['', 'abc', '0x10', '1__0', '1_', '_1', '1_.5', '1e999', ' 1', '--1'])
    assert.equal(parseGoFloat(text), undefined, text);
  assert.equal(goFloatError('1e999'), 'strconv.ParseFloat: parsing "1e999": value out of range');
  assert.equal(formatGeneral(1e21), '1e+21');
  assert.equal(formatGeneral(123456789), '1.23456789e+08');
  assert.equal(formatPlain(1e-7), '0.0000001');
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      assert.equal(parseGoFloat(formatPlain(value)), value);
      assert.equal(parseGoFloat(formatGeneral(value)), value);
    }),
  );
});

test('what is quoted reads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      if (text.isWellFormed()) assert.equal(unquote(quote(text)), text);
    }),
  );
  assert.equal(unquote('"\\x41\\101\\u00e9\\n"'), 'AAé\n');
  assert.equal(unquote('"\\xff"'), '\ufffd');
  for (const literal of ['"a', '"\\q"', '"\\u12"', '"a"b"', '`a`b`'])
    assert.equal(unquote(literal), undefined, literal);
});
