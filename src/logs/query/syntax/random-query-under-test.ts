import fc from 'fast-check';
import type {
  BinaryOp,
  Expr,
  Grouping,
  LabelFilter,
  LogExpr,
  LogRange,
  Matcher,
  MetricExpr,
  NamedMatcher,
  Stage,
  Unwrap,
} from './ast.ts';
import type { RangeOp, VectorOp } from './token.ts';

/** Random trees of the whole language, as `parse` gives them. */
const name = fc.constantFrom(
  'app',
  'level',
  'status',
  'rate',
  'sum',
  'bytes',
  'duration',
  'count',
  'ip',
  'a1',
  '_x',
  'vector',
);
const text = fc.oneof(
  fc.constantFrom('', 'error', 'a"b', 'back\\slash', 'new\nline', '`tick`', 'naïve', '"`"'),
  fc.string({ maxLength: 6 }),
);
const pattern = fc.constantFrom('.+', 'a|b', '(?i)x', 'err.*', '\\d{3}', '[^"]+', '`');
const count = fc.integer({ min: 0, max: 1000 });
const durationNs = fc.constantFrom(1e6, 250e6, 1e9, 90e9, 3600e9, 86_400e9, 7 * 86_400e9, 400 * 86_400e9, 1500, 1);

const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ name, op: fc.constantFrom<'=' | '!='>('=', '!='), value: text }),
  fc.record({ name, op: fc.constantFrom<'=~' | '!~'>('=~', '!~'), value: pattern }),
);
const comparison = fc.constantFrom(
  '==' as const,
  '!=' as const,
  '>' as const,
  '>=' as const,
  '<' as const,
  '<=' as const,
);
const condition: fc.Arbitrary<LabelFilter> = fc.oneof(
  matcher.map((one): LabelFilter => ({ kind: 'matcher', ...one })),
  fc.record({
    kind: fc.constant('number' as const),
    name,
    op: comparison,
    value: fc.oneof(count, fc.constantFrom(0.5, -3, 1e21, 1e-9)),
  }),
  fc.record({ kind: fc.constant('duration' as const), name, op: comparison, value: durationNs }),
  fc.record({
    kind: fc.constant('bytes' as const),
    name,
    op: comparison,
    value: fc.constantFrom(1, 1000, 1024, 1500, 10 ** 9, 2 ** 40),
  }),
  fc.record({
    kind: fc.constant('ip' as const),
    name,
    op: fc.constantFrom('=' as const, '!=' as const),
    value: fc.constantFrom('10.0.0.1', '10.0.0.0/8', '::1'),
  }),
);
const { labelFilter } = fc.letrec<{ labelFilter: LabelFilter }>((tie) => ({
  labelFilter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('labelFilter'),
      right: tie('labelFilter'),
    }),
  ),
}));
const named: fc.Arbitrary<NamedMatcher> = fc.oneof(
  name.map((one) => ({ name: one })),
  matcher,
);
const list = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
const jsonExtractions = list(fc.record({ name, expression: fc.constantFrom('a', 'a.b', 'a["b c"][0]', 'status') }));
const logfmtExtractions = list(fc.record({ name, expression: fc.constantFrom('a', 'status', 'x_y') }));
const stage = fc.oneof(
  fc.record({
    kind: fc.constant('line_filter' as const),
    op: fc.constantFrom('|=' as const, '!=' as const),
    terms: list(
      fc.oneof(
        text.map((one) => ({ text: one, isIp: false })),
        fc.constant({ text: '10.0.0.0/8', isIp: true }),
      ),
    ),
  }),
  fc.record({
    kind: fc.constant('line_filter' as const),
    op: fc.constantFrom('|~' as const, '!~' as const),
    terms: list(pattern.map((one) => ({ text: one, isIp: false }))),
  }),
  fc.record({
    kind: fc.constant('line_filter' as const),
    op: fc.constantFrom('|>' as const, '!>' as const),
    terms: list(fc.constantFrom('<_> a', 'b <_>').map((one) => ({ text: one, isIp: false }))),
  }),
  fc.record({ kind: fc.constant('json' as const), extractions: fc.oneof(fc.constant([]), jsonExtractions) }),
  fc.record({
    kind: fc.constant('logfmt' as const),
    strict: fc.boolean(),
    keepEmpty: fc.boolean(),
    extractions: fc.oneof(fc.constant([]), logfmtExtractions),
  }),
  fc.constant<Stage>({ kind: 'regexp', pattern: '(?P<a>.)"`' }),
  fc.constant<Stage>({ kind: 'pattern', pattern: '<a> <_>' }),
  fc.constantFrom<Stage>({ kind: 'unpack' }, { kind: 'decolorize' }),
  fc.record({ kind: fc.constant('label_filter' as const), filter: labelFilter }),
  fc.constantFrom<Stage>(
    { kind: 'line_format', template: '{{.a | printf "%q"}}' },
    { kind: 'line_format', template: '' },
  ),
  fc.constant<Stage>({
    kind: 'label_format',
    formats: [
      { name: 'x', from: 'y' },
      { name: 'z', template: '{{.a}}' },
    ],
  }),
  fc.record({ kind: fc.constantFrom('drop' as const, 'keep' as const), labels: list(named) }),
);
/** Behind a name alone, `!= "x"` is read as part of the drop: such a pair cannot be written. */
function takesNext(one: Stage, at: number, stages: Stage[]): boolean {
  const next = stages[at + 1];
  const isOpen = (one.kind === 'drop' || one.kind === 'keep') && !('op' in one.labels.at(-1)!);
  return isOpen && next?.kind === 'line_filter' && (next.op === '!=' || next.op === '!~');
}

const selective: fc.Arbitrary<Matcher> = fc.record({
  name,
  op: fc.constant('=' as const),
  value: fc.constantFrom('web', 'a b'),
});
export const randomLogQuery: fc.Arbitrary<LogExpr> = fc.record({
  kind: fc.constant('log' as const),
  matchers: fc.tuple(selective, fc.array(matcher, { maxLength: 2 })).map(([one, others]) => [one, ...others]),
  stages: fc.array(stage as fc.Arbitrary<Stage>, { maxLength: 4 }).filter((stages) => !stages.some(takesNext)),
});

const grouping: fc.Arbitrary<{ grouping?: Grouping }> = fc.oneof(
  fc.constant({}),
  fc.record({ grouping: fc.record({ without: fc.boolean(), labels: fc.array(name, { maxLength: 2 }) }) }),
);
const unwrap: fc.Arbitrary<Unwrap> = fc.oneof(
  fc.record({ label: name, filters: fc.array(labelFilter, { maxLength: 2 }) }),
  fc.record({
    label: name,
    conversion: fc.constantFrom('bytes' as const, 'duration' as const, 'duration_seconds' as const),
    filters: fc.array(labelFilter, { maxLength: 1 }),
  }),
);
const intervalNs = fc.constantFrom(1e6, 1e9, 300e9, 5400e9, 86_400e9);
const rangeParts = { log: randomLogQuery, intervalNs, offsetNs: fc.constantFrom(0, 60e9, -30e9, 1500) };
const overLines = fc.record({
  kind: fc.constant('range_aggregation' as const),
  op: fc.constantFrom<RangeOp>('rate', 'count_over_time', 'bytes_over_time', 'bytes_rate', 'absent_over_time'),
  range: fc.record(rangeParts) as fc.Arbitrary<LogRange>,
});
const overNumbers = fc
  .tuple(
    fc.constantFrom<RangeOp>(
      'avg_over_time',
      'max_over_time',
      'stddev_over_time',
      'first_over_time',
      'quantile_over_time',
    ),
    fc.record({ ...rangeParts, unwrap }),
    grouping,
  )
  .map(
    ([op, range, by]): MetricExpr => ({
      kind: 'range_aggregation',
      op,
      ...(op === 'quantile_over_time' ? { param: 0.99 } : {}),
      range,
      ...by,
    }),
  );
const literal: fc.Arbitrary<MetricExpr> = fc
  .oneof(count, fc.constantFrom(-1, 0.25, 1e30, -1e-7))
  .map((value) => ({ kind: 'literal', value }));
const arithmetic: BinaryOp[] = ['+', '-', '*', '/', '%', '^', '==', '!=', '>', '>=', '<', '<='];
const matching = fc.oneof(
  fc.constant({}),
  fc.record({
    matching: fc.record({
      on: fc.boolean(),
      labels: fc.array(name, { maxLength: 2 }),
      cardinality: fc.constant('one-to-one' as const),
      include: fc.constant([] as string[]),
    }),
  }),
  fc.record({
    matching: fc.record({
      on: fc.boolean(),
      labels: fc.array(name, { maxLength: 2 }),
      cardinality: fc.constantFrom('many-to-one' as const, 'one-to-many' as const),
      include: fc.array(name, { maxLength: 2 }),
    }),
  }),
);

const { metric } = fc.letrec<{ metric: MetricExpr; vector: MetricExpr }>((tie) => ({
  vector: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    overLines,
    overNumbers,
    fc.record({ kind: fc.constant('vector' as const), value: count }),
    fc
      .tuple(
        fc.constantFrom<VectorOp>('sum', 'avg', 'count', 'max', 'min', 'stddev', 'stdvar'),
        tie('metric'),
        grouping,
      )
      .map(([op, expr, by]): MetricExpr => ({ kind: 'vector_aggregation', op, expr, ...by })),
    fc
      .tuple(fc.constantFrom<VectorOp>('topk', 'bottomk'), tie('metric'), grouping)
      .map(([op, expr, by]): MetricExpr => ({ kind: 'vector_aggregation', op, param: 3, expr, ...by })),
    fc
      .tuple(fc.constantFrom<VectorOp>('sort', 'sort_desc'), tie('metric'))
      .map(([op, expr]): MetricExpr => ({ kind: 'vector_aggregation', op, expr })),
    tie('metric').map(
      (expr): MetricExpr => ({
        kind: 'label_replace',
        expr,
        target: 'x',
        replacement: '$1',
        source: 'app',
        pattern: '(.*)"',
      }),
    ),
    fc
      .tuple(fc.constantFrom<BinaryOp>('and', 'or', 'unless'), tie('vector'), tie('vector'), matching)
      .map(([op, lhs, rhs, extra]): MetricExpr => ({ kind: 'binary', op, lhs, rhs, returnBool: false, ...extra })),
  ),
  metric: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('vector'),
    literal,
    fc
      .tuple(fc.constantFrom(...arithmetic), tie('metric'), tie('metric'), fc.boolean(), matching)
      .map(([op, lhs, rhs, returnBool, extra]): MetricExpr => ({ kind: 'binary', op, lhs, rhs, returnBool, ...extra })),
  ),
}));

export const randomQuery: fc.Arbitrary<Expr> = fc.oneof(randomLogQuery, metric);
