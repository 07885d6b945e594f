import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { memorySource, openCompact } from '../../block/block.ts';
import { encodeCompact } from '../../block/encode.ts';
import { buildMetricPlan } from '../plan/build-plan.ts';
import type { SamplesPlan } from '../plan/plan.ts';
import { plainText, type SourceBlock } from '../source.ts';
import { parse } from '../syntax/parse.ts';
import { createBlockRunner } from './block-runner.ts';
import { holesThatDecide } from './deciding-holes.ts';

/* What is decided over a compact text without its lines, against the same lines one by one, over plain text. */

const value = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'a1',
      'b-2',
      '1.5',
      '12ms',
      'x',
      '2026-11-22T10:00:00Z',
      '2026-11-22 10:00:00,123',
      'b12',
    ),
  },
);
const shapes = [
  '{"code":#,"a":"#"}',
  '{"a":"x#y","deep":{"a":"#","code":#}}',
  '{"code":"#","code":#}',
  '{"a#":"#","code":"#"}',
  '{"code":"\\u00#1","a":"#"}',
  '{"code":"\\"#\\\\#","level":"\\#"}',
  '{"n":[#,{"code":#}],"code":"#"',
  '{"cod\\u0065":"#","a1":"#"}',
  '{"code":-#,"level":"error#"} #',
  '{"code":tru#}',
  ' {"level":#,"a1":#,"code":7}',
  'code=# level=# a=#',
  'code="# #" level="x\\"#" #=5 a',
  'a#=# code=# x="\\#"',
  'level="\\# #" code="#',
  '# code=#',
  'code=#=5 level=#',
  '#',
  'plain',
];
const line = fc
  .tuple(fc.constantFrom(...shapes), fc.infiniteStream(value))
  .map(([shape, values]) => shape.replaceAll('#', () => values.next().value!));

const queries = [
  'sum(count_over_time({a="b"} | json | code >= 1 [10s]))',
  'sum by (code) (count_over_time({a="b"} | json | code != "" [10s]))',
  'sum by (deep_a, a1) (count_over_time({a="b"} | json | __error__="" [10s]))',
  'sum by (level, __error__) (count_over_time({a="b"} | logfmt [10s]))',
  'sum by (level, code) (count_over_time({a="b"} | logfmt | level=~".*1" or code > 0 | drop code [3s]))',
  'sum by (a) (sum_over_time({a="b"} | json | unwrap code | __error__="" [10s]))',
  'sum by (x) (count_over_time({a="b"} |= "1" | json | keep code | a_extracted != "" [10s]))',
  'max_over_time({a="b"} | logfmt | unwrap duration(code) | __error__="" [10s]) by (code)',
];

const pattern = fc.constantFrom(
  'code="[0-9]{2,}',
  'e":[0-9]',
  '[a-f][0-9]{1,2}',
  '[a-z]+=[0-9b]',
  '(?i)[A-C]O[D-E]E',
  '(?i)[jk]',
  '"[^ ]"',
  '=(a|b)',
  '[0-9]{2}:[0-9]',
  'T1[0-9]',
  '[0-9.]+ms',
  'x[0-9]*y',
  '(?i)ERRO[rs]?1',
  '[12][^a-z\\s]',
  '\\d\\d',
  '[\u00fc]',
  '.1',
);

test('a pattern finds the same lines in what it has to see of them', () => {
  const foreign = fc.constantFrom('K 1', 'größe=12', 'code="12\u017f"');
  const lines = fc.array(fc.oneof({ weight: 9, arbitrary: line }, foreign), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(
      lines,
      fc.constantFrom('|~', '!~'),
      fc.array(pattern, { minLength: 1, maxLength: 2 }),
      (texts, op, patterns) => {
        const query = `sum(count_over_time({a="b"} ${op} ${patterns.map((one) => JSON.stringify(one)).join(' or ')} [10s]))`;
        const [compact, plain] = [blockOf(texts, true), blockOf(texts, false)];
        assert.deepEqual(seriesOf(query, compact), seriesOf(query, plain), query);
      },
    ),
    { numRuns: 300 },
  );
});

test('what is counted by classes of lines is what is counted line by line', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 150 }), fc.constantFrom(...queries), (texts, query) => {
      const [compact, plain] = [blockOf(texts, true), blockOf(texts, false)];
      assert.deepEqual(seriesOf(query, compact), seriesOf(query, plain), query);
    }),
    { numRuns: 300 },
  );
});

function blockOf(lines: readonly string[], isCompact: boolean): SourceBlock {
  // Lines come three times, so that values occur again.
  const texts = [...lines, ...lines, ...lines].map((text) => Buffer.from(`${text}\n`));
  const starts = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) starts[i + 1] = starts[i]! + text.length;
  const whole = { text: Buffer.concat(texts), starts };
  const times = BigInt64Array.from(texts, (_, i) => 1_000_000_000n + BigInt(i) * 10_000_000n);
  const compact = isCompact ? openCompact(memorySource(encodeCompact(whole))) : undefined;
  return {
    labels: { a: 'b' },
    timeMin: times[0]!,
    timeMax: times.at(-1)!,
    text: { ...plainText(whole), ...(compact && { compact }) },
    lineCount: texts.length,
    times: () => times,
  };
}

function seriesOf(query: string, block: SourceBlock): unknown {
  const times = { startNs: 2_000_000_000n, endNs: 8_000_000_000n, stepNs: 1_000_000_000 };
  const expr = parse(query);
  assert.ok(expr.kind !== 'log' && expr.kind !== 'variants');
  const { plan } = buildMetricPlan(expr, times).reads[0]!;
  const result = outcomeOf(() => createBlockRunner(plan as SamplesPlan).run(block));
  if (typeof result === 'string' || result.kind !== 'samples') return result;
  const series = [...result.series].map(({ key, labels, buckets, a }) => {
    return { key, labels, samples: buckets.map((bucket, i) => [bucket, a[i]!]).sort(([a], [b]) => a! - b!) };
  });
  return { matched: result.matchedLines, series: series.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

function outcomeOf<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

test('a hole decides where a needed field has it in its value; nobody can say where it may be a part of the name, or of an escape', () => {
  const expr = parse('sum by (a1) (count_over_time({a="b"} | json [1s]))');
  assert.ok(expr.kind !== 'log' && expr.kind !== 'variants');
  const { plan } = buildMetricPlan(expr, { startNs: 0n, endNs: 0n, stepNs: 1 }).reads[0]!;
  const decide = holesThatDecide(plan, plan.stages)!;
  assert.deepEqual(decide({ pieces: ['{"a1":"x', '","b":', '}'], holes: ['word', 'number'] }), [0]);
  assert.deepEqual(decide({ pieces: ['{"b":"', '","a1":', '}'], holes: ['date and time', 'number'] }), [1]);
  assert.deepEqual(decide({ pieces: ['GET /', ' {"a1":', '}'], holes: ['word', 'word'] }), []);
  assert.equal(decide({ pieces: ['{"', '":"x"}'], holes: ['word'] }), undefined);
  assert.equal(decide({ pieces: ['{"a1":"\\', '"}'], holes: ['word'] }), undefined);
  assert.equal(decide({ pieces: ['{"a1":', '}'], holes: ['word'] }), undefined);
});
