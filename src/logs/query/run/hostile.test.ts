import assert from 'node:assert/strict';
import test from 'node:test';
import { MemorySource } from '../memory-source.ts';
import { rangeQuery } from './engine.ts';

const scope = { tenant: 'test', namespaces: '*' as const };

function sourceOf(lines: readonly string[]): MemorySource {
  const source = new MemorySource();
  source.add(
    { app: 'x' },
    lines.map((line, at) => ({ timeNs: BigInt(at), line })),
  );
  return source;
}

async function linesOf(pipeline: string, lines: readonly string[]) {
  const request = {
    query: `{app="x"} ${pipeline}`,
    source: sourceOf(lines),
    scope,
    startNs: 0n,
    endNs: 1000n,
    stepNs: 0,
  };
  const { value } = await rangeQuery({ ...request, direction: 'forward' });
  assert.ok(value.type === 'streams');
  return value.streams.flatMap(({ labels, entries }) => entries.map(({ line }) => ({ labels, line })));
}

// Backtracking would take longer than the universe for the first three, and hours for the others; none may hold the test's process.
test('patterns that explode elsewhere take time linear in the line', async () => {
  const line = `${'a'.repeat(50_000)}!`;
  const patterns = [
    '(a+)+$',
    '(a|a)*b',
    '(a*)*c',
    '(?i)(A+)+$',
    'a*a*a*a*a*b',
    '(.*)(.*)(.*)(.*)x',
    '([a-z]+)*[0-9]',
    '^(([a-z])+.)+[A-Z]$',
  ];
  for (const pattern of patterns) {
    const found = await linesOf(`|~ "${pattern}"`, [line]);
    assert.deepEqual(found, [], pattern);
  }
  const [parsed] = await linesOf('| regexp "(?P<all>(a+)+)$"', [line]);
  assert.equal(parsed?.labels.all, undefined);
  assert.deepEqual(await linesOf('| logfmt | v=~"(a+)+b"', [`v=${line}`]), []);
  const [replaced] = await linesOf('| line_format `{{ regexReplaceAll "(a+)+$" __line__ "b" }}`', [line]);
  assert.equal(replaced?.line, line);
});

test('a line of ten megabytes goes through every parser', async () => {
  const big = 'x'.repeat(10 * 1024 * 1024);
  const [json] = await linesOf('| json | status=200 | keep status', [`{"big":"${big}","status":200}`]);
  assert.deepEqual(json?.labels, { status: '200' });
  const [logfmt] = await linesOf('| logfmt | status=200 | keep status', [`big="${big}" status=200`]);
  assert.deepEqual(logfmt?.labels, { status: '200' });
  const [pattern] = await linesOf('| pattern "<_> status=<status>" | keep status', [`${big} status=200`]);
  assert.deepEqual(pattern?.labels, { status: '200' });
  assert.equal((await linesOf('|= "needle"', [`${big}needle`]))[0]?.line.length, big.length + 6);
  assert.equal((await linesOf('|~ "x*needle.$"', [`${big}needle!`])).length, 1);
  const [formatted] = await linesOf('| line_format "{{__line__}}{{__line__}}"', [big]);
  assert.equal(formatted?.labels.__error__, 'TemplateFormatErr');
});

test('JSON that is deep, wide or broken is an error of its line at most', async () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const [nested] = await linesOf('| json', [deep]);
  assert.equal(nested?.labels.__error__, 'JSONParserErr');
  const [skipped] = await linesOf('| json b', [deep]);
  assert.equal(skipped?.labels.b, '');
  const [arrays] = await linesOf('| json', [`{"list":${'['.repeat(100_000)}${']'.repeat(100_000)},"b":1}`]);
  assert.deepEqual(arrays?.labels, { app: 'x', b: '1' });
  const wide = `{${Array.from({ length: 20_000 }, (_, at) => `"k${at}":${at}`).join(',')}}`;
  assert.equal((await linesOf('| json | k19999=19999 | keep k5', [wide]))[0]?.labels.k5, '5');
  for (const broken of [
    '{',
    '{"',
    '{"a',
    '{"a"',
    '{"a":',
    '{"a":"',
    '{"a":"\\',
    '{"a":1',
    '{"a":1,',
    '{"a":[1,{',
    '{"a":tru}',
    '{"\\ud800":1}',
  ]) {
    const [found] = await linesOf('| json', [broken]);
    assert.equal(found?.line, broken);
  }
  const [polluting] = await linesOf('| json | line_format `{{ .__proto__ }}`', ['{"__proto__":"p","constructor":"c"}']);
  assert.equal(polluting?.line, 'p');
  assert.equal(({} as Record<string, unknown>).p, undefined);
});

test('templates cannot run away', async () => {
  const wild = [
    '{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ end }}{{ template "a" }}',
    '{{ range $i := 1000000000 }}x{{ end }}',
    '{{ repeat 999999999 "x" }}',
    '{{ indent 999999999 "x" }}',
    '{{ alignLeft 999999999 "x" }}',
    '{{ $x := "xx" }}{{ range 40 }}{{ $x = print $x $x }}{{ end }}{{ $x }}',
    '{{ range 1000 }}{{ range 1000 }}{{ if true }}{{ end }}{{ end }}{{ end }}',
  ];
  for (const template of wild) {
    const [found] = await linesOf(`| line_format \`${template}\``, ['line']);
    assert.equal(found?.labels.__error__, 'TemplateFormatErr', template);
  }
});

test('a query stops when it is told to, and when its time is over', async () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
  const request = {
    query: 'count_over_time({app="x"} | logfmt [1h])',
    source: sourceOf(lines),
    scope,
    startNs: 0n,
    endNs: 0n,
    stepNs: 1e9,
  };
  const aborted = AbortSignal.abort();
  await assert.rejects(rangeQuery({ ...request, signal: aborted }), { name: 'QueryStoppedError', why: 'canceled' });
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs++, sleep: async () => {} };
  await assert.rejects(rangeQuery(request, { clock, timeoutMs: 3 }), { name: 'QueryStoppedError', why: 'timeout' });
});

test('an answer has at most so many series, and says so in words that clients know', async () => {
  const lines = Array.from({ length: 600 }, (_, at) => `id=${at}`);
  const request = {
    query: 'count_over_time({app="x"} | logfmt [1h])',
    source: sourceOf(lines),
    scope,
    startNs: 1000n,
    endNs: 1000n,
    stepNs: 1e9,
  };
  await assert.rejects(rangeQuery(request), /maximum number of series \(500\) reached for a single query/);
  const { value } = await rangeQuery(request, { seriesMax: 600 });
  assert.ok(value.type === 'matrix' && value.series.length === 600);
});

test('only streams of the namespaces that the caller may see are read', async () => {
  const source = new MemorySource();
  for (const namespace of ['a', 'b']) source.add({ app: 'x', namespace }, [{ timeNs: 1n, line: namespace }]);
  const request = {
    query: '{app="x"}',
    source,
    scope: { tenant: 'test', namespaces: ['b'] },
    startNs: 0n,
    endNs: 10n,
    stepNs: 0,
  };
  const { value } = await rangeQuery(request);
  assert.ok(value.type === 'streams');
  assert.deepEqual(
    value.streams.flatMap(({ entries }) => entries.map(({ line }) => line)),
    ['b'],
  );
});

test('a limited query stops reading where no later block can add a line', async () => {
  const source = new MemorySource(10);
  source.add(
    { app: 'x' },
    Array.from({ length: 1000 }, (_, at) => ({ timeNs: BigInt(at), line: `${at}` })),
  );
  const request = { query: '{app="x"}', source, scope, startNs: 0n, endNs: 2000n, stepNs: 0, limit: 15 };
  const { value, statistics } = await rangeQuery({ ...request, direction: 'backward' });
  assert.ok(value.type === 'streams' && value.streams[0]!.entries[14]!.line === '985');
  assert.ok(statistics.blocksOpened <= 3, `${statistics.blocksOpened} blocks`);
});
