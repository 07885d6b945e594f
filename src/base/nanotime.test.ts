import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatRfc3339Nano, parseRfc3339 } from './nanotime.ts';

test('times print as Go does: trailing zeros of the fraction are cut', () => {
  assert.equal(formatRfc3339Nano(parseRfc3339('2026-11-22T19:48:38.250625840Z')!), '2026-11-22T19:48:38.25062584Z');
  assert.equal(formatRfc3339Nano(parseRfc3339('2026-11-22T19:48:38.000Z')!), '2026-11-22T19:48:38Z');
});

test('a zone offset is taken into account', () => {
  assert.equal(parseRfc3339('2026-11-23T04:48:38.5+09:00'), parseRfc3339('2026-11-22T19:48:38.5Z'));
  assert.equal(parseRfc3339('2026-11-22T14:18:38.5-05:30'), parseRfc3339('2026-11-22T19:48:38.5Z'));
});

test('what is not a time is undefined', () => {
  for (const text of [
    '',
    'now',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-02-03T24:00:00Z',
    '2026-02-03 00:00:00Z',
    '2026-02-03T00:00:00',
  ]) {
    assert.equal(parseRfc3339(text), undefined, text);
  }
});

test('every time that prints reads back, also before 1970', () => {
  fc.assert(
    fc.property(fc.bigInt(-62_135_596_800n * 10n ** 9n, 253_402_300_799n * 10n ** 9n), (nanos) => {
      assert.equal(parseRfc3339(formatRfc3339Nano(nanos)), nanos);
    }),
  );
});
