import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { memorySource, openCompact } from '../../../block/block.ts';
import { encodeCompact } from '../../../block/encode.ts';
import { type BlockPlan, createLineMatcher, parse, plainText } from '../../../query/query.ts';
import { FilterVerdict } from './filter-verdict.ts';

function stagesOf(pipeline: string) {
  const expr = parse(`{app="shop"} ${pipeline}`);
  assert.ok(expr.kind === 'log');
  return expr.stages;
}

function verdictOf(pipeline: string, lines: readonly string[]) {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const starts = Uint32Array.from([0, ...lines.map((line) => Buffer.byteLength(line) + 1)]);
  for (let at = 1; at < starts.length; at++) starts[at]! += starts[at - 1]!;
  const { filter } = openCompact(memorySource(encodeCompact({ text, starts })));
  const stages = stagesOf(pipeline);
  const verdict = new FilterVerdict({ stages } as unknown as BlockPlan).of(filter);
  const times = () => new BigInt64Array(lines.length);
  const range = { timeMin: 0n, timeMax: 0n, times };
  const block = { labels: { app: 'shop' }, ...range, text: plainText({ text, starts }), lineCount: lines.length };
  const passed = createLineMatcher(stages)(block).reduce((sum, mark) => sum + mark, 0);
  return { verdict, passed };
}

const word = fc.constantFrom(
  'GET',
  'get',
  'widget',
  'POST',
  'Post',
  'ſet',
  'Kit',
  'kit',
  'a-b',
  'x7f',
  '12ms',
  'T10',
  'naïve',
);
const line = fc.array(word, { maxLength: 3 }).map((words) => words.join(' '));
const pipeline = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom('|=', '!=', '|>', '!>'), fc.array(word, { minLength: 1, maxLength: 3 }))
        .map(
          ([op, words]) =>
            `${op} ${words.map((each) => JSON.stringify(op.endsWith('>') ? `<_>${each}<_>` : each)).join(' or ')}`,
        ),
      fc
        .tuple(
          fc.constantFrom('|~', '!~'),
          fc.constantFrom(
            '(?i)GET',
            '(?i)kit',
            '(?i)set',
            'GET|POST',
            'PO.*ST',
            'x[0-9]f',
            '(?i)post|put',
            'wid(get)?',
          ),
        )
        .map(([op, pattern]) => `${op} ${JSON.stringify(pattern)}`),
      fc.constantFrom('| line_format "GET"', '| json', '| logfmt | widget="x"', '| decolorize', '|= ip("10.0.0.1")'),
    ),
    { maxLength: 3 },
  )
  .map((stages) => stages.join(' '));

test('what a filter says of a block is so', () => {
  const said = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), pipeline, (lines, stages) => {
      const { verdict, passed } = verdictOf(stages, lines);
      said.set(verdict, (said.get(verdict) ?? 0) + 1);
      if (verdict === 'none') assert.equal(passed, 0);
      if (verdict === 'all') assert.equal(passed, lines.length);
    }),
    { numRuns: 500 },
  );
  for (const verdict of ['none', 'all', 'open']) assert.ok((said.get(verdict) ?? 0) > 0, verdict);
});

test('a block that cannot hold what is looked for gives nothing, or all where that is refused', () => {
  const lines = ['POST /widget', 'PUT /widget'];
  const verdicts = {
    '|= "GET"': 'none',
    '!= "GET"': 'all',
    '|= "GET" or "PATCH"': 'none',
    '!= "GET" or "PATCH"': 'all',
    '|= "GET" or "PUT"': 'open',
    '!= "GET" or "PUT"': 'open',
    '!~ "GET /[a-z]+"': 'all',
    '|~ "(?i)get"': 'open',
    '!~ "(?i)patch"': 'all',
    '!= "GET" | json': 'open',
    '| json |= "GET"': 'none',
    '| line_format "GET" |= "GET"': 'open',
    '!= "GET" |= "PATCH"': 'none',
    '': 'all',
  };
  for (const [stages, verdict] of Object.entries(verdicts))
    assert.equal(verdictOf(stages, lines).verdict, verdict, stages);
});
