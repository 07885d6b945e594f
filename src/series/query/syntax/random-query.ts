import fc from 'fast-check';

/** Queries that are valid with all features, for tests: vectors of any shape, up to a depth. */
export function queryFor(depth: number): fc.Arbitrary<string> {
  return vector(depth);
}

const name = fc.constantFrom('up', 'requests_total', 'a:b', 'sum', 'offset', 'fill', 'by');
const label = fc.constantFrom('job', 'instance', 'le', '"with space"', 'on', 'bool');
const duration = fc.constantFrom('5m', '1h30m', '90', '15s', '1d', '0.5', '250ms');
const text = fc.constantFrom('"x"', "'it\\'s'", '`raw\\d`', '"\\u00e4\\n"', '"\\xff"');
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('NaN', 'Inf', '0x1f', '1_000', '.5', '3m'),
);

const matcher = fc.tuple(label, fc.constantFrom('=', '!=', '=~', '!~'), text).map(([key, op, value]) => {
  return `${key}${op}${value}`;
});

const at = fc.constantFrom('', '', ' @ 1.5', ' @ -3', ' @ start()', ' @ end()');
const offset = fc.oneof(
  fc.constantFrom('', '', ' offset (1m * 2)', ' offset -step()', ' offset -(1m)'),
  duration.map((value) => ` offset -${value}`),
);
const selector = fc
  .tuple(name, fc.array(matcher, { maxLength: 2 }), at, offset)
  .map(([metric, matchers, when, shift]) => `${metric}{${matchers.join(',')}}${when}${shift}`);
const range = fc
  .tuple(name, duration, fc.constantFrom('', ' anchored', ' smoothed'), at)
  .map(([metric, length, extension, when]) => `${metric}[${length}]${extension}${when}`);
const labels = fc.array(label, { maxLength: 2 }).map((names) => `(${names.join(', ')})`);

function vector(depth: number): fc.Arbitrary<string> {
  if (depth <= 0)
    return fc.oneof(
      selector,
      range.map((over) => `rate(${over})`),
    );
  const inner = vector(depth - 1);
  const aggregation = fc
    .tuple(fc.constantFrom('sum', 'COUNT', 'stddev'), fc.constantFrom('by', 'without'), labels, inner)
    .map(([op, by, names, of]) => `${op} ${by} ${names} (${of})`);
  const matching = fc.oneof(
    fc.constant(''),
    labels.map((names) => `on ${names}`),
    labels.map((names) => `ignoring ${names} group_left (le)`),
    fc.constant('fill(-1)'),
  );
  const arithmetic = fc
    .tuple(inner, fc.constantFrom('+', '^', '/', 'atan2', '== bool', '</'), matching, inner)
    .map(([left, op, how, right]) => `(${left}) ${op} ${how} (${right})`);
  const withNumber = fc
    .tuple(number, fc.constantFrom('*', '-', '>'), inner)
    .map(([left, op, right]) => `${left} ${op} (${right})`);
  const sets = fc
    .tuple(inner, fc.constantFrom('and', 'or', 'unless'), inner)
    .map(([left, op, right]) => `(${left}) ${op} ${right}`);
  return fc.oneof(
    { depthSize: 'small' },
    selector,
    aggregation,
    arithmetic,
    withNumber,
    sets,
    inner.map((of) => `-${of}`),
    inner.map((of) => `(${of})`),
    fc.tuple(number, inner).map(([k, of]) => `topk(${k}, ${of})`),
    fc.tuple(inner, duration).map(([of, length]) => `max_over_time((${of})[${length}:] offset 1m)`),
    fc.tuple(inner, text).map(([of, value]) => `label_replace(${of}, "a", ${value}, "b", "c.*")`),
  );
}
