import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printAge, printAgeOf } from './age.ts';

test('ages are as short as kubectl prints them', () => {
  const s = 1000;
  const cases: [number, string][] = [
    [-5 * s, '<invalid>'],
    [-1 * s, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [120 * s, '2m'],
    [125 * s, '2m5s'],
    [599 * s, '9m59s'],
    [600 * s, '10m'],
    [179 * 60 * s, '179m'],
    [180 * 60 * s, '3h'],
    [(7 * 60 + 5) * 60 * s, '7h5m'],
    [8 * 3600 * s, '8h'],
    [47 * 3600 * s, '47h'],
    [50 * 3600 * s, '2d2h'],
    [8 * 86400 * s, '8d'],
    [400 * 86400 * s, '400d'],
    [800 * 86400 * s, '2y70d'],
    [9 * 365 * 86400 * s, '9y'],
  ];
  for (const [ms, text] of cases) assert.equal(printAge(ms), text, String(ms));
  assert.equal(printAgeOf('2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1, 0, 0, 7)), '7s');
  assert.equal(printAgeOf(undefined, 0), '<unknown>');
  assert.equal(printAgeOf('soon', 0), '<unknown>');
});
