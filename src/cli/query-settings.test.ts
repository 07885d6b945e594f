import assert from 'node:assert/strict';
import test from 'node:test';
import { Command } from 'commander';
import { noFeatures } from '../series/query/query.ts';
import { defaultQuerySettings } from '../series/serve/serve.ts';
import { type QueryFlags, queryOptions, querySettings } from './query-settings.ts';

function settings(...argv: string[]) {
  const command = new Command('server').exitOverride().configureOutput({ writeErr: () => {} });
  for (const option of queryOptions()) command.addOption(option);
  command.parse(argv, { from: 'user' });
  return querySettings(command.opts<QueryFlags>());
}

test('without flags queries have the limits that the engine has by itself', () => {
  assert.deepEqual(settings(), defaultQuerySettings);
});

test('every limit of queries can be set', () => {
  const flags = ['--query-timeout', '30s', '--query-max-samples', '1000', '--query-max-concurrency', '7'];
  const set = settings(...flags, '--query-queue-max', '0', '--query-lookback-delta', '1m');
  const { timeoutMs, samplesMax, runningMax, queuedMax, lookbackMs } = set;
  assert.deepEqual([timeoutMs, samplesMax, runningMax, queuedMax, lookbackMs], [30_000, 1000, 7, 0, 60_000]);
});

test('experimental parts of the language are named as Prometheus names them, one by one or together', () => {
  const { features } = settings('--enable-feature', 'promql-duration-expr,promql-experimental-functions');
  assert.deepEqual(features, { ...noFeatures, durationExpressions: true, experimentalFunctions: true });
  const again = settings(
    ...['--enable-feature', 'promql-binop-fill-modifiers', '--enable-feature', 'promql-extended-range-selectors'],
  );
  assert.deepEqual(again.features, { ...noFeatures, fillModifiers: true, extendedRangeSelectors: true });
  const names = settings('--enable-feature', 'promql-delayed-name-removal,use-start-timestamps').features;
  assert.deepEqual(names, { ...noFeatures, delayedNameRemoval: true, startTimestamps: true });
  assert.throws(() => settings('--enable-feature', 'native-histograms'), /knows promql-experimental-functions/);
});

test('a limit of nothing is refused', () => {
  assert.throws(() => settings('--query-timeout', '0s'), /wants more than nothing/);
  assert.throws(() => settings('--query-max-samples', '0'), /wants a whole number from 1/);
});
