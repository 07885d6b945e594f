import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../base/fault.ts';
import { allFeatures, noFeatures } from './features.ts';
import { parse, parseMatchers } from './parse.ts';
import { ParseError } from './parse-error.ts';
import { prettify } from './prettify.ts';
import { print } from './print.ts';
import { queryFor } from './random-query.ts';

/** Query and the message that Prometheus 3 gives. */
const refused: [string, string][] = [
  ['', 'unknown position: parse error: no expression found in input'],
  ['1 +', '1:4: parse error: unexpected end of input'],
  ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
  ['sum(', '1:5: parse error: unclosed left parenthesis'],
  ['sum(foo bar)', '1:9: parse error: unexpected identifier "bar" in aggregation'],
  ['foo)', "1:5: parse error: unexpected right parenthesis ')'"],
  ['foo\n  bar', '2:3: parse error: unexpected identifier "bar"'],
  ['"ä" bar', '1:6: parse error: unexpected identifier "bar"'],
  ['foo{', '1:5: parse error: unexpected end of input inside braces'],
  ['foo{a}', '1:6: parse error: unexpected "}" in label matching, expected label matching operator'],
  ['foo{a="b" c}', '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
  ['rate(foo[5m],)', '1:13: parse error: trailing commas not allowed in function call args'],
  ['1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
  ['foo[0s]', '1:5: parse error: duration must be greater than 0'],
  ['foo[5m', '1:7: parse error: unclosed left bracket'],
  ['foo offset', '1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()'],
  ['sum by (a b) (x)', '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'],
  ['rate(foo)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
  ['{a=""}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['foo{a=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
  ['nope(1)', '1:1: parse error: unknown function with name "nope"'],
  ['a + on (x) group_left (x) b', '1:3: parse error: label "x" must not occur in ON and GROUP clause at once'],
  ['1e999', '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e999": value out of range'],
];

test('what is wrong with a query is said where and as Prometheus says it', () => {
  for (const [query, message] of refused) {
    assert.throws(() => parse(query, allFeatures), { name: 'Fault', code: 'bad-request', message }, query);
  }
});

test('experimental parts of the language are refused by name unless they are switched on', () => {
  const experimental: [string, RegExp][] = [
    ['mad_over_time(a[5m])', /function "mad_over_time" is not enabled/],
    ['limitk(1, a)', /limitk\(\) is experimental/],
    ['a[5m + 1m]', /experimental duration expression is not enabled/],
    ['a[5m] anchored', /anchored modifier is experimental and not enabled/],
    ['a + fill(0) b', /binop fill modifiers are experimental and not enabled/],
  ];
  for (const [query, message] of experimental) {
    assert.throws(() => parse(query, noFeatures), { message });
    parse(query, allFeatures);
  }
});

const printed: [string, string][] = [
  ['SUM(foo)BY(job,"a b")', 'sum by (job, "a b") (foo)'],
  ['-2^2', '-2 ^ 2'],
  ['foo offset(5m)*2', 'foo offset (5m) * 2'],
  ['foo{b="1",a!~"2"}@1.5 offset-5m', 'foo{a!~"2",b="1"} @ 1.500 offset -5m'],
  ['a/on(x)group_left(y)fill_left(-1)b', 'a / on (x) group_left (y) fill_left (-1) b'],
  ["'it\\'s'", '"it\'s"'],
  ['"\\xc5"', '"\\xc5"'],
  ['017 + 0x1F + 1_000 + 1d12h', '15 + 31 + 1000 + 1d12h'],
  ['foo[1m30s:]', 'foo[1m30s:]'],
];

test('a query is printed in one canonical form', () => {
  for (const [query, canonical] of printed) {
    assert.equal(print(parse(query, allFeatures)), canonical);
    assert.equal(print(parse(canonical, allFeatures)), canonical);
  }
});

test('long queries are laid out over lines, short parts stay together, and the layout parses to the same', () => {
  const query =
    'sum by(job)(rate(http_requests_total{job=~"api-.+",status!~"5.."}[5m])) / on(job) group_left sum without(x)(rate(http_requests_total[5m] offset 1w))';
  const expr = parse(query, allFeatures);
  assert.equal(
    prettify(expr),
    '  sum by (job) (rate(http_requests_total{job=~"api-.+",status!~"5.."}[5m]))\n' +
      '/ on (job) group_left ()\n' +
      '  sum without (x) (rate(http_requests_total[5m] offset 1w))',
  );
  assert.equal(print(parse(prettify(expr), allFeatures)), print(expr));
});

test('a selector on its own gives its matchers', () => {
  assert.deepEqual(parseMatchers('up{job=~"a|b"}').map(String), ['job=~"a|b"', '__name__="up"']);
  assert.deepEqual(parseMatchers('{"a b"!="c"}').map(String), ['"a b"!="c"']);
  assert.throws(() => parseMatchers('up[5m]'), { message: '1:3: parse error: unexpected "["' });
});

test('any expression prints as text that parses to the same and prints the same', () => {
  fc.assert(
    fc.property(queryFor(4), (query) => {
      const canonical = print(parse(query, allFeatures));
      assert.equal(print(parse(canonical, allFeatures)), canonical);
      assert.equal(print(parse(prettify(parse(query, allFeatures)), allFeatures)), canonical);
    }),
    { numRuns: 400 },
  );
});

const fragments = [
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
  '=~',
  '!=',
  '-',
  '^',
  '@',
  'offset',
  'by',
  'on',
  'sum',
  'rate',
  'foo',
  '"',
  '`',
  '5m',
  '1e',
  ':',
  '#',
  '\n',
  '\\',
  'fill',
  'ä',
  '\ud800',
];

test('no text crashes the parser: it parses, or is refused at a position', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...fragments)).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, (query) => {
      try {
        parse(query, allFeatures);
      } catch (error) {
        assert.ok(error instanceof ParseError && error instanceof Fault, String(error));
      }
    }),
    { numRuns: 800 },
  );
});

test('expressions that are nested or chained too deeply are refused, not crashed on', () => {
  const depth = 20_000;
  for (const query of [
    `${'('.repeat(depth)}1`,
    '-'.repeat(depth),
    `a${' + a'.repeat(depth)}`,
    `a[${'('.repeat(depth)}`,
    `a${' @ 1'.repeat(depth)}`,
  ]) {
    assert.throws(() => parse(query, allFeatures), ParseError);
  }
  assert.throws(() => parse(' '.repeat(2 ** 20 + 1)), /longer than 1048576 characters/);
});
