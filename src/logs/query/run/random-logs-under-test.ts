import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Labels } from '../labels/labels.ts';
import type { LogSource, Scope } from '../source.ts';
import type { LogExpr, RangeAggregation, VectorAggregation } from '../syntax/ast.ts';
import { parse } from '../syntax/parse.ts';
import { rangeQuery } from './engine.ts';
import { type PlainStream, plainLines, plainWindow } from './plain-engine-under-test.ts';

/* Random streams and queries, and whether the engine over some source gives what the plain evaluator finds. */

const SECOND = 1_000_000_000n;
const word = fc.constantFrom(
  'error',
  'info',
  'Timeout',
  'time',
  'out',
  'status',
  'kitchen',
  'naïve',
  'x=1',
  '10ms',
  'a b',
);
const fields = fc.dictionary(
  fc.constantFrom('level', 'n', 'status', 'app', 'msg'),
  fc.oneof(
    word.filter((text) => !/[= ]/.test(text)),
    fc.integer({ min: 0, max: 9 }).map(String),
  ),
);
const text = fc.oneof(
  fields.map((all) => JSON.stringify(all)),
  fields.map((all) =>
    Object.entries(all)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ),
  fc.array(word, { maxLength: 4 }).map((words) => words.join(' ')),
);
/** Times of one stream differ, so that which line is the first or last is never open. */
const stream = (app: string) =>
  fc.uniqueArray(fc.integer({ min: 0, max: 240 }), { maxLength: 25 }).chain((quarters) =>
    fc.array(text, { minLength: quarters.length, maxLength: quarters.length }).map(
      (texts): PlainStream => ({
        labels: { app, env: 'test' },
        lines: texts.map((line, at) => ({ timeNs: (BigInt(quarters[at]!) * SECOND) / 4n, line })),
      }),
    ),
  );
export const streams = fc.tuple(stream('a'), stream('b'), stream('c'));

const quoted = (value: string) => JSON.stringify(value);
const lineFilter = fc.oneof(
  fc
    .tuple(fc.constantFrom('|=', '!='), fc.array(word, { minLength: 1, maxLength: 2 }))
    .map(([op, words]) => `${op} ${words.map(quoted).join(' or ')}`),
  fc
    .tuple(
      fc.constantFrom('|~', '!~'),
      fc.constantFrom(
        '(?i)TIME',
        '(?i)KITCHEN',
        '(?i)s',
        'err|inf',
        '[0-9]+',
        'e.*o',
        '^\\{',
        'x=\\d$',
        'st.tus',
        'na.ve',
        '(a|b)+',
        '\\btime\\b',
        '^$',
        '[^a-z]{3}',
      ),
    )
    .map(([op, pattern]) => `${op} ${quoted(pattern)}`),
);
const labelFilter = fc.constantFrom(
  'level="error"',
  'level!="error"',
  'level=~"err.*|"',
  'n > 3',
  'n <= 5 or level="info"',
  'app="a", status!=""',
  'status="10ms"',
);
// What is no number leaves an error, which the plain engine does not know.
const numeric = 'n=~"[0-9]+|"';
const stages = fc
  .tuple(
    fc.array(lineFilter, { maxLength: 3 }),
    fc.constantFrom('', '| json', '| logfmt'),
    fc.array(labelFilter, { maxLength: 2 }),
    fc.constantFrom('', '| drop msg', '| keep level, n, app'),
  )
  .map(([filters, parser, labels, last]) =>
    [
      ...filters,
      ...(parser === ''
        ? []
        : [parser, '| __error__=""', `| ${numeric}`, ...labels.map((filter) => `| ${filter}`), last]),
    ].join(' '),
  );
const selector = fc.constantFrom('{env="test"}', '{app=~"a|b"}', '{app="c"}', '{env="test", app!="a"}');

/** Without the filter of errors, which the plain engine has none of; lines that are no JSON are left out of it by hand. */
function plainOf<T extends LogExpr>(log: T): T {
  const withoutErrors = log.stages.filter(
    (stage) => !(stage.kind === 'label_filter' && stage.filter.kind === 'matcher' && stage.filter.name === '__error__'),
  );
  return { ...log, stages: withoutErrors };
}

function readable(all: readonly PlainStream[], log: LogExpr): PlainStream[] {
  if (!log.stages.some(({ kind }) => kind === 'json')) return [...all];
  return all.map(({ labels, lines }) => ({ labels, lines: lines.filter(({ line }) => String(line).startsWith('{')) }));
}

/** A query for lines. */
export const linesQuery = fc.record({
  matchers: selector,
  pipeline: stages,
  direction: fc.constantFrom<'forward' | 'backward'>('forward', 'backward'),
  limit: fc.integer({ min: 1, max: 30 }),
});

type LinesQuery = typeof linesQuery extends fc.Arbitrary<infer T> ? T : never;

export async function checkLines(
  all: readonly PlainStream[],
  { matchers, pipeline, direction, limit }: LinesQuery,
  source: LogSource,
  scope: Scope,
): Promise<void> {
  const query = `${matchers} ${pipeline}`;
  const log = parse(query) as LogExpr;
  const request = {
    query,
    source,
    scope,
    startNs: 5n * SECOND,
    endNs: 50n * SECOND,
    stepNs: 0,
    limit,
    direction,
  };
  const { value } = await rangeQuery(request);
  assert.ok(value.type === 'streams');
  const shown = (timeNs: bigint, labels: Record<string, string>, line: string) =>
    `${timeNs} ${Labels.of(labels)} ${line}`;
  const got = value.streams.flatMap(({ labels, entries }) =>
    entries.map(({ timeNs, line }) => shown(timeNs, labels, line)),
  );
  const sign = direction === 'forward' ? 1 : -1;
  const within = plainLines(plainOf(log), readable(all, log)).filter(
    ({ timeNs }) => timeNs >= 5n * SECOND && timeNs < 50n * SECOND,
  );
  const sorted = within.sort((a, b) => Number(a.timeNs - b.timeNs) * sign);
  // Which of several lines of the last time are in is open.
  const last = sorted[Math.min(limit, sorted.length) - 1]?.timeNs;
  assert.equal(got.length, Math.min(limit, sorted.length), query);
  const wanted = new Set(
    sorted
      .filter(({ timeNs }) => timeNs * BigInt(sign) <= last! * BigInt(sign))
      .map(({ timeNs, labels, line }) => shown(timeNs, labels, line)),
  );
  for (const row of got) assert.ok(wanted.has(row), `${query}: ${row}`);
}

const overLines = fc.constantFrom('count_over_time', 'rate', 'bytes_over_time', 'bytes_rate');
const overNumbers = fc.constantFrom(
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
  'rate',
);
const metric = fc
  .record({
    matchers: selector,
    pipeline: stages,
    rangeMs: fc.integer({ min: 250, max: 40_000 }),
    hasUnwrap: fc.boolean(),
    lineOp: overLines,
    numberOp: overNumbers,
    offset: fc.constantFrom('', ' offset 3s'),
    grouping: fc.constantFrom('', 'app', 'level', 'level, n', '()'),
  })
  .map(({ matchers, pipeline, rangeMs, hasUnwrap, lineOp, numberOp, offset, grouping }) => {
    const isUnwrapped = hasUnwrap && /json|logfmt/.test(pipeline);
    const op = isUnwrapped ? numberOp : lineOp;
    const range = `${matchers} ${pipeline} ${isUnwrapped ? '| unwrap n' : ''} [${rangeMs}ms]${offset}`;
    const names = grouping === '()' ? [] : grouping.split(', ');
    const call = `${op}(${op === 'quantile_over_time' ? '0.7, ' : ''}${range})`;
    if (grouping === '') return { query: call, names: undefined };
    if (op === 'rate' || op === 'sum_over_time' || lineOp === op)
      return { query: `sum by (${names.join(', ')}) (${call})`, names };
    // Which of several lines of one time is the first is open once streams are joined.
    if (op.startsWith('first') || op.startsWith('last')) return { query: call, names: undefined };
    return { query: `${call} by (${names.join(', ')})`, names };
  });

/** A query for windows, and the labels that its series are told apart by. */
export const windowsQuery = fc.record({ metric, stepMs: fc.integer({ min: 100, max: 20_000 }) });

type WindowsQuery = typeof windowsQuery extends fc.Arbitrary<infer T> ? T : never;

export async function checkWindows(
  all: readonly PlainStream[],
  { metric: { query, names }, stepMs }: WindowsQuery,
  source: LogSource,
  scope: Scope,
): Promise<void> {
  const expr = parse(query) as RangeAggregation | VectorAggregation;
  const range = (expr.kind === 'vector_aggregation' ? expr.expr : expr) as RangeAggregation;
  const plain = { ...range, range: { ...range.range, log: plainOf(range.range.log) } };
  const [startNs, stepNs] = [3n * SECOND, BigInt(stepMs) * 1_000_000n];
  const endNs = startNs + stepNs * 7n;
  const request = { query, source, scope, startNs, endNs, stepNs: Number(stepNs) };
  const { value } = await rangeQuery(request);
  assert.ok(value.type === 'matrix');
  for (let step = 0n; step <= 7n; step++) {
    const timeNs = startNs + step * stepNs;
    const wanted = plainWindow(plain, names, readable(all, range.range.log), timeNs);
    const timeMs = Number(timeNs / 1_000_000n);
    const got: Map<string, number> = new Map(
      value.series.flatMap(({ labels, timesMs, values }) =>
        timesMs.includes(timeMs)
          ? [[JSON.stringify(Labels.of(labels).pairs), values[timesMs.indexOf(timeMs)]!] as const]
          : [],
      ),
    );
    assert.deepEqual([...got.keys()].sort(), [...wanted.keys()].sort(), `${query} at ${timeNs}`);
    for (const [key, number] of wanted) {
      const distance = Math.abs(number - got.get(key)!);
      assert.ok(
        distance <= 1e-9 * Math.max(1, Math.abs(number)),
        `${query} at ${timeNs}: ${key} ${number} ${got.get(key)}`,
      );
    }
  }
}
