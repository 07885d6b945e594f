import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chart } from './chart.ts';
import { csv, rangeTable, vectorTable } from './series-table.ts';
import { shortNumber } from './short-number.ts';
import { sparkline } from './sparkline.ts';

const options = { startMs: 0, endMs: 60_000, width: 30, height: 5, colour: false };

test('a rising line goes from the lower left to the upper right, between axes', () => {
  const rising = { timesMs: [0, 15_000, 30_000, 45_000, 60_000], values: [0, 25, 50, 75, 100] };
  const lines = chart([rising], options).split('\n');
  assert.equal(lines.length, 8);
  assert.match(lines[0]!, /^100 ┤ {20}.*[⠀-⣿]$/);
  assert.match(lines[4]!, /^ {2}0 ┤[⠀-⣿]/);
  assert.equal(lines[5], `    └${'─'.repeat(25)}`);
  assert.equal(lines[6], '     00:00:00 00:00:30 00:01:00');
  assert.ok(lines.every((line) => [...line].length <= 32));
});

test('what is missing, infinite or no number leaves a gap, and nothing at all an empty chart', () => {
  const gap = { timesMs: [0, 1000, 2000, 50_000, 51_000], values: [1, 1, 1, 1, 1] };
  const row = chart([gap], options)
    .split('\n')
    .find((line) => /[⠁-⣿]/.test(line))!;
  assert.match(row, /[⠁-⣿] {10,}[⠁-⣿]/);
  const odd = { timesMs: [0, 60_000], values: [Number.NaN, Number.POSITIVE_INFINITY] };
  assert.doesNotMatch(chart([odd, { timesMs: [], values: [] }], options), /[⠁-⣿]/);
});

test('colours mark the lines where they are wanted', () => {
  const line = { timesMs: [0, 60_000], values: [1, 2] };
  assert.match(chart([line], { ...options, colour: true }), /\x1b\[36m[⠀-⣿]\x1b\[0m/);
});

test('a trend is drawn in eight heights, and condensed where it is long', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([5, 5], 8), '▅▅');
  assert.equal(sparkline([0, Number.NaN, 7], 8), '▁ █');
  assert.equal(
    sparkline(
      Array.from({ length: 100 }, (_, at) => at),
      4,
    ),
    '▁▃▆█',
  );
});

test('numbers on an axis are short', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [12.3456, '12.35'],
    [1500, '1.5k'],
    [-2_000_000, '-2M'],
    [3.2e9, '3.2G'],
    [0.0001, '1.0e-4'],
    [1e18, '1.0e+18'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ];
  for (const [value, text] of cases) assert.equal(shortNumber(value), text);
});

test('series have a column for each label, or one for all where they are many', () => {
  const metric = { __name__: 'up', job: 'x' };
  assert.equal(vectorTable([{ metric, value: [0, '1'] }]), 'METRIC   JOB   VALUE\nup       x     1\n');
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`l${at}`, 'v']));
  assert.match(vectorTable([{ metric: { ...metric, ...many }, value: [0, '1'] }]), /^SERIES .*\nup\{job="x", l0="v",/);
  const values: [number, string][] = [
    [0, '2'],
    [60, 'NaN'],
    [120, '+Inf'],
  ];
  assert.match(rangeTable([{ metric, values }]), /MIN {3}MAX {4}LAST {3}TREND\nup {7}x {5}2 {5}\+Inf {3}\+Inf/);
});

test('CSV quotes what would end a cell', () => {
  assert.equal(
    csv([{ metric: { __name__: 'a', l: 'x,"y"\n' }, value: [1.5, '2'] }]),
    'metric,l,time,value\na,"x,""y""\n",1970-01-01T00:00:01.500Z,2\n',
  );
});
