import assert from 'node:assert/strict';
import test from 'node:test';
import { backoffMs } from './backoff.ts';
import { formatByteSize, parseByteSize } from './byte-size.ts';
import { parseDurationMs } from './duration.ts';

test('sizes are read as Kubernetes writes them', () => {
  assert.equal(parseByteSize('10Mi'), 10 * 1024 * 1024);
  assert.equal(parseByteSize('1.5k'), 1500);
  assert.equal(parseByteSize('2GB'), 2e9);
  for (const text of ['', '-1', '10Mb', 'ten', '1e400', '9999999999999T'])
    assert.throws(() => parseByteSize(text), { code: 'usage' }, text);
});

test('sizes are shown in the unit that fits', () => {
  assert.deepEqual([0, 1023, 1536, 10 * 2 ** 20, 2 ** 50].map(formatByteSize), [
    '0 B',
    '1023 B',
    '1.5 KiB',
    '10 MiB',
    '1024 TiB',
  ]);
});

test('durations are read as Go writes them, with days and weeks besides', () => {
  assert.equal(parseDurationMs('1h30m'), 5_400_000);
  assert.equal(parseDurationMs('1.5s'), 1500);
  assert.equal(parseDurationMs('7d'), 604_800_000);
  for (const text of ['', '5', '5 m', 'm5', '1h-3m'])
    assert.throws(() => parseDurationMs(text), { code: 'usage' }, text);
});

test('backoff doubles up to its limit and never falls below half of a step', () => {
  const options = { initialMs: 100, delayMsMax: 1000 };
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5000].map((attempt) => backoffMs(attempt, options, () => 0)),
    [50, 100, 200, 400, 500, 500],
  );
  assert.ok(backoffMs(3, options, () => 0.999) < 800);
});
