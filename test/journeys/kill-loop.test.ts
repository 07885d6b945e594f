import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../bench/corpus/random.ts';
import { killApart } from '../breaking/apart.ts';
import { described, type LoopResult } from '../breaking/kill-loop.ts';
import { killUp } from '../breaking/up.ts';

// The long form is `npm run break -- --kills 200`.
const SEED = 20_261_122;

test('agent and server are killed at random while files rotate: every line is stored exactly once', {
  timeout: 120_000,
}, async (t) => {
  assertWhole(await killApart(t, 6, new Random(SEED)));
});

test('taffrail up is killed while its pods write: they go on, and every line is stored exactly once', {
  timeout: 120_000,
}, async (t) => {
  assertWhole(await killUp(t, 2, new Random(SEED)));
});

function assertWhole(result: LoopResult): void {
  assert.ok(result.written > 1000, described(result));
  assert.deepEqual([result.missing, result.doubled, result.wrong], [0, 0, 0], described(result));
}
