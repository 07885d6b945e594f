import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { epochMs, type LokiUnderTest, startLoki } from './loki-under-test.ts';

let loki: LokiUnderTest;
const ns = (second: number) => `${BigInt(epochMs + second * 1000)}000000`;

before(async () => {
  loki = await startLoki();
  const { cluster } = loki;
  const web = await cluster.run({ pod: 'web-1', second: 10 });
  const lines = [
    '{"level":"ERROR","msg":"json"}',
    'lvl=warning msg="logfmt"',
    '[error] words alone',
    '{"a":{"severity":"dbg"}}',
    'nothing is told',
    'level=loud msg="not a level, but info is a word"',
  ];
  await cluster.write(web, lines, 10);
});
after(() => loki.close());

interface Stream {
  stream: Record<string, string>;
  values: [string, string][];
}

test('lines of containers have a detected_level, from JSON, logfmt and words', async () => {
  const { json } = await loki.get('query_range', { query: '{pod="web-1"}' });
  const levels = json.data.result.flatMap(({ stream, values }: Stream) =>
    values.map(([, line]) => [line.slice(0, 12), stream.detected_level]),
  );
  assert.deepEqual(levels.sort(), [
    ['[error] word', 'error'],
    ['level=loud m', 'info'],
    ['lvl=warning ', 'warn'],
    ['nothing is t', 'unknown'],
    ['{"a":{"sever', 'debug'],
    ['{"level":"ER', 'error'],
  ]);
});

test('detected_level is filtered and grouped by, before and behind parsers, and is not among the labels of streams', async () => {
  const count = async (pipeline: string) => {
    const query = `sum by (detected_level) (count_over_time({pod="web-1"} ${pipeline} [1h]))`;
    const { json, text } = await loki.get('query', { query, time: ns(600) });
    assert.ok(json, text);
    return Object.fromEntries(
      json.data.result.map(({ metric, value }: { metric: Record<string, string>; value: string[] }) => [
        metric.detected_level,
        value[1],
      ]),
    );
  };
  assert.deepEqual(await count(''), { debug: '1', error: '2', info: '1', unknown: '1', warn: '1' });
  assert.deepEqual(await count('| detected_level=~"error|warn"'), { error: '2', warn: '1' });
  assert.deepEqual(await count('| json | detected_level="error" | drop __error__, __error_details__'), { error: '2' });
  assert.deepEqual(await count('| line_format "info"'), await count(''), 'what stages make of a line changes no level');
  assert.deepEqual(await count('| drop detected_level'), { undefined: '6' });
  const labels = (await loki.get('labels')).json.data;
  assert.equal(labels.includes('detected_level'), false);
  assert.deepEqual((await loki.get('label/detected_level/values')).json.data, []);
  assert.deepEqual((await loki.get('query_range', { query: '{detected_level="error"}' })).json.data.result, []);
});

test('without a grouping, lines of different levels are different series, as pushed ones are', async () => {
  const { json } = await loki.get('query', { query: 'count_over_time({pod="web-1"}[1h])', time: ns(600) });
  assert.equal(json.data.result.length, 5);
});

test('detected_level stays where it comes from, beside what a parser finds', async () => {
  const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
  const query = '{pod="web-1"} |= "json" | json | line_format "{{.detected_level}}"';
  const { json } = await loki.get('query_range', { query }, headers);
  const [[, line, categories]] = json.data.result[0].values;
  assert.equal(line, 'error');
  assert.deepEqual(categories, {
    structuredMetadata: { detected_level: 'error' },
    parsed: { level: 'ERROR', msg: 'json' },
  });
});

test('detected_level is listed among the fields, told by no parser', async () => {
  const { json } = await loki.get('detected_fields', { query: '{pod="web-1"}' });
  const field = json.fields.find(({ label }: { label: string }) => label === 'detected_level');
  assert.deepEqual([field.type, field.parsers, field.cardinality], ['string', null, 5]);
});
