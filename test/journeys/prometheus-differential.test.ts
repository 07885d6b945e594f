import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report, runDifferential } from './differential/differential.ts';
import { noPrometheus } from './prometheus-peer.ts';

const queryCount = 400;

test('generated queries over generated series give what a real Prometheus 3 gives, value by value', {
  skip: noPrometheus,
}, async (t) => {
  const compared = await runDifferential(t, 20_260, queryCount);
  assert.equal(report(compared), '');
  assert.equal(compared.length, queryCount);
  // Most of them say something.
  assert.ok(compared.filter(({ isEmpty, isError }) => !isEmpty && !isError).length > queryCount / 2);
});
