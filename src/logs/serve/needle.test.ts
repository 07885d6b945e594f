import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { blockOf } from './lines-under-test.ts';
import { compileNeedle, requiredLiteral } from './needle.ts';
import { Pace } from './pace.ts';

async function found(pattern: string, lines: readonly string[], ignoreCase = false): Promise<number[]> {
  const hits: number[] = [];
  await compileNeedle(pattern, ignoreCase).find(blockOf(lines), new Pace(), (line) => hits.push(line));
  return hits;
}

test('the literal of a pattern is what every match must contain', () => {
  const cases: [pattern: string, ignoreCase: boolean, literal: string | undefined][] = [
    ['error', false, 'error'],
    ['status=5\\d\\d', false, 'status=5'],
    ['^GET /api/.*HTTP', false, 'GET /api/'],
    ['a\\.b\\.c', false, 'a.b.c'],
    ['colou?r', false, 'colo'],
    ['ab*c', false, 'a'],
    ['ab+c', false, 'ab'],
    ['ab{0,3}cd', false, 'cd'],
    ['x*', false, undefined],
    ['(a|b)cde', false, undefined],
    ['a|b', false, undefined],
    ['[abc]def', false, undefined],
    ['\\x41bc', false, undefined],
    ['(?i)abc', false, undefined],
    ['Timeout', true, 'timeout'],
    ['disk', true, 'di'],
    ['é', true, undefined],
    ['grün', false, 'grün'],
  ];
  for (const [pattern, ignoreCase, literal] of cases)
    assert.equal(requiredLiteral(pattern, ignoreCase), literal, pattern);
});

test('looking for the literal first finds exactly the lines that the expression matches', async () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    'k',
    'S',
    '.',
    '\\.',
    '\\d',
    '*',
    '?',
    '+',
    '{0,2}',
    '{2}',
    '{',
    '}',
    '^',
    '$',
    '\\b',
    'é',
    '\\w',
    '\\pL',
    '\\Qa',
  );
  const letter = fc.constantFrom('a', 'b', 'A', 'k', 'K', '\u212a', 's', 'ſ', '.', '1', 'é', 'É', ' ', '{');
  const line = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
      fc.array(line, { maxLength: 12 }),
      fc.boolean(),
      async (pattern, lines, ignoreCase) => {
        let expression: RE2JS;
        try {
          expression = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
        } catch {
          return;
        }
        const expected = lines.flatMap((text, i) => (expression.test(Buffer.from(text)) ? [i] : []));
        assert.deepEqual(await found(pattern, lines, ignoreCase), expected, `${pattern} in ${JSON.stringify(lines)}`);
      },
    ),
    { numRuns: 600 },
  );
});

test('a needle does not match over the end of a line', async () => {
  assert.deepEqual(await found('a\\nb', ['xa', 'b']), []);
  assert.deepEqual(await found('ab', ['xa', 'b', 'ab']), [2]);
  assert.deepEqual(await found('end$', ['end', 'ending', 'the end']), [0, 2]);
});

test('bytes that are not UTF-8 neither match by accident nor disturb their neighbours', async () => {
  const block = blockOf(['aXb', 'found']);
  block.text[1] = 0xff;
  const hits: number[] = [];
  await compileNeedle('found', false).find(block, new Pace(), (line) => hits.push(line));
  await compileNeedle('^a.b$', false).find(block, new Pace(), (line) => hits.push(line));
  assert.deepEqual(hits, [1, 0]);
});

test('patterns that cost other engines an eternity are matched in linear time', async () => {
  const line = 'a'.repeat(20_000);
  const started = performance.now();
  assert.deepEqual(await found('(a+)+$b', [line]), []);
  assert.deepEqual(await found('(a*)*c', [line]), []);
  assert.ok(performance.now() - started < 4000);
});

test('a pattern that is not one is refused with what is wrong', () => {
  for (const pattern of ['(', 'a**b(', '[z-a]', '(?=x)', 'x'.repeat(5000)]) {
    assert.throws(
      () => compileNeedle(pattern, false),
      { name: 'Fault', code: 'bad-request', message: /^grep: / },
      pattern,
    );
  }
});

test('long work lets others have a turn', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await found(
    '(x|y)z',
    Array.from({ length: 60_000 }, () => 'the quick brown fox jumps over the lazy dog'),
  );
  clearInterval(timer);
  assert.ok(turns >= 3, `${turns} turns`);
});
