import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { passes, patternScan } from '../run/pattern-scan.ts';
import { platformPattern } from './platform-pattern.ts';
import { plainLiteral, requiredLiteral } from './required-literal.ts';

const piece = fc.constantFrom(
  'a',
  'b',
  'ab',
  'K',
  's',
  '.',
  '.*',
  '.+',
  '\\d',
  '\\w+',
  '[ab]',
  '[^a]',
  '[^a]*',
  'a?',
  '(a|b)',
  '(?:ab)?',
  'b{2}',
  'a{1,3}',
  '^',
  '$',
  '\\.',
  '\\b',
  '|',
  '-',
  '[a-c]+',
  '\\s',
  '(a)',
  '.*?',
  '\\S*',
);
const pattern = fc
  .tuple(fc.constantFrom('', '(?i)', '(?s)', '(?is)'), fc.array(piece, { minLength: 1, maxLength: 6 }))
  .map(([flags, pieces]) => flags + pieces.join(''));
const line = fc
  .array(fc.constantFrom('a', 'b', 'A', 'k', 'S', '1', ' ', '.', '-', '\n', 'c'), { maxLength: 12 })
  .map((chars) => chars.join(''));

test("what runs on the platform's engine gives what RE2's automaton gives", () => {
  fc.assert(
    fc.property(pattern, line, (source, text) => {
      const fast = platformPattern(source)?.test(text);
      if (fast !== undefined) assert.equal(fast, RE2JS.compile(source).matcher(text).find());
    }),
    { numRuns: 5000 },
  );
});

test("lines that a pattern is found in over a whole text are those of RE2's automaton", () => {
  fc.assert(
    fc.property(pattern, fc.array(line, { minLength: 1, maxLength: 6 }), fc.boolean(), (source, all, isNegative) => {
      const op = isNegative ? '!~' : '|~';
      const scan = patternScan({ kind: 'line_filter', op, terms: [{ text: source, isIp: false }] });
      const text = Buffer.from(all.map((one) => `${one}\n`).join(''));
      const starts = Uint32Array.from([0, ...all.keys()], (_, at) => all.slice(0, at).join('').length + at);
      const told = scan?.tell({ text, starts }, () => {});
      for (const [at, one] of all.entries()) {
        if (told === undefined || told[at] === 0) continue;
        assert.equal(told[at] === passes, RE2JS.compile(source).matcher(one).find() !== isNegative, `${source} ${one}`);
      }
    }),
    { numRuns: 5000 },
  );
});

test('a text that a pattern requires is in every line that it matches', () => {
  fc.assert(
    fc.property(pattern, line, (source, text) => {
      const literal = requiredLiteral(source);
      const matches = RE2JS.compile(source).matcher(text).find();
      const holds = (needle: { text: string; ignoreCase: boolean }) =>
        (needle.ignoreCase ? text.toLowerCase() : text).includes(needle.text);
      if (literal && matches) assert.ok(holds(literal), `${source} requires ${literal.text}`);
      const plain = plainLiteral(source);
      if (plain) assert.equal(holds(plain), matches);
    }),
    { numRuns: 5000 },
  );
});

test('patterns that could take long are left to the automaton', () => {
  for (const source of [
    '(a+)+$',
    '(a|a)*b',
    '(a*){1,50}b',
    '\\pL+',
    'é',
    '(?m)^a',
    '[[:alpha:]]',
    '\\Qa\\E',
    'a{1,1000}{2}',
  ]) {
    assert.equal(platformPattern(source), undefined, source);
  }
  for (const source of ['error', 'a.*b', '\\d{3}ms', '(?i)time ?out', 'status=(\\d+) ', '^GET|POST$'])
    assert.ok(platformPattern(source), source);
  assert.ok(platformPattern('(.*)(.*)x')!.charsMax < 100);
  assert.ok(platformPattern('a+a+a+b')!.charsMax < 100);
  assert.ok(platformPattern('error: .* failed')!.charsMax > 100_000);
});

test('required literals are the longest run of plain characters', () => {
  assert.deepEqual(requiredLiteral('status.?:\\d{3}.*upstream'), { text: 'upstream', ignoreCase: false });
  assert.deepEqual(requiredLiteral('(?i)Timeout|x'), undefined);
  assert.deepEqual(requiredLiteral('(?i)BACKOFF'), { text: 'bac', ignoreCase: true });
  assert.deepEqual(requiredLiteral('(?:abc)+d?'), { text: 'abc', ignoreCase: false });
  assert.equal(requiredLiteral('[a-z]+'), undefined);
});
