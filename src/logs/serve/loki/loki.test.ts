import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { epochMs, type LokiUnderTest, reader, startLoki } from './loki-under-test.ts';

let loki: LokiUnderTest;
const ns = (second: number) => `${BigInt(epochMs + second * 1000)}000000`;

before(async () => {
  loki = await startLoki();
  const { cluster } = loki;
  await cluster.pod('web-1', { labels: { app: 'web' } });
  const web = await cluster.run({ pod: 'web-1', second: 10 });
  await cluster.write(web, ['{"status":200,"path":"/"}', '{"status":500,"path":"/cart"}'], 10);
  await cluster.write(web, ['{"status":200,"path":"/late"}'], 600);
  const job = await cluster.run({ pod: 'job-1', namespace: 'shop', container: 'work', second: 20 });
  await cluster.write(job, ['level=info msg="began" took=1.5s', 'level=error msg="broke" took=20ms'], 20);
  const secret = await cluster.run({ pod: 'vault-0', namespace: 'secret', second: 30 });
  await cluster.write(secret, ['the password is swordfish'], 30);
  await cluster.gap(secret);
});
after(() => loki.close());

const lines = (answer: { json: { data: { result: { values: string[][] }[] } } }) =>
  answer.json.data.result.flatMap(({ values }) => values.map(([, line]) => line));

test('a log query gives streams of equal labels, latest first', async () => {
  const { status, json } = await loki.get('query_range', { query: '{app="web"}' });
  assert.equal(status, 200);
  const stream = {
    app: 'web',
    container: 'app',
    detected_level: 'unknown',
    job: 'default/web',
    namespace: 'default',
    node_name: 'n1',
    pod: 'web-1',
    service_name: 'web',
    stream: 'stdout',
    taffrail_provenance: 'attested',
  };
  assert.deepEqual(json.data.result, [
    {
      stream,
      values: [
        [ns(600), '{"status":200,"path":"/late"}'],
        [`${BigInt(ns(10)) + 1_000_000n}`, '{"status":500,"path":"/cart"}'],
        [ns(10), '{"status":200,"path":"/"}'],
      ],
    },
  ]);
  assert.equal(json.data.stats.summary.totalEntriesReturned, 3);
});

test('limit, direction, interval and a posted form mean what they mean to Loki', async () => {
  const query = '{namespace=~"default|shop"}';
  const asked = async (more: Record<string, string>) => lines(await loki.post('query_range', { query, ...more }));
  assert.deepEqual(await asked({ limit: '1' }), ['{"status":200,"path":"/late"}']);
  assert.deepEqual(await asked({ limit: '1', direction: 'FORWARD' }), ['{"status":200,"path":"/"}']);
  assert.deepEqual(await asked({ interval: '10', direction: 'forward' }), [
    '{"status":200,"path":"/"}',
    '{"status":200,"path":"/late"}',
    'level=info msg="began" took=1.5s',
  ]);
  assert.deepEqual(await asked({ interval: '5m' }), [
    '{"status":200,"path":"/late"}',
    'level=error msg="broke" took=20ms',
  ]);
});

test('times are nanoseconds, seconds with and without a fraction, and RFC 3339; the end is left out', async () => {
  const seconds = epochMs / 1000;
  for (const [start, end] of [
    [ns(10), ns(600)],
    [String(seconds + 10), String(seconds + 600)],
    [`${seconds + 10}.0`, `${seconds + 600}.000`],
    ['2024-01-01T00:00:10Z', '2024-01-01T01:10:00+01:00'],
  ] as const) {
    const answer = await loki.get('query_range', { query: '{app="web"}', start, end });
    assert.equal(lines(answer).length, 2, `${start} to ${end}`);
  }
});

test('labels come by where they are from, for a client that asks for that', async () => {
  const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
  const query = '{namespace="shop"} | logfmt';
  const { json, text } = await loki.get('query_range', { query }, headers);
  assert.deepEqual(json.data.encodingFlags, ['categorize-labels']);
  assert.ok(text.indexOf('encodingFlags') < text.indexOf('"result"'), 'Grafana reads the answer as it comes');
  assert.equal(json.data.result.length, 1);
  assert.equal('level' in json.data.result[0].stream, false);
  assert.deepEqual(
    json.data.result[0].values.map(([, , categories]: unknown[]) => categories),
    [
      {
        structuredMetadata: { detected_level: 'error' },
        parsed: { level: 'error', msg: 'broke', took: '20ms' },
      },
      {
        structuredMetadata: { detected_level: 'info' },
        parsed: { level: 'info', msg: 'began', took: '1.5s' },
      },
    ],
  );
  const forward = await loki.get('query_range', { query, direction: 'forward' }, headers);
  const order = (values: [string][]) => values.map(([time]) => time);
  assert.deepEqual(
    order(forward.json.data.result[0].values),
    order(json.data.result[0].values).reverse(),
    'also where each of the lines has labels of its own',
  );
  const plain = await loki.get('query_range', { query });
  assert.equal(plain.json.data.result.length, 2);
  assert.equal(plain.json.data.result[0].stream.level, 'error');
});

test('numbers come as scalar, vector and matrix', async () => {
  const time = ns(600);
  const instant = async (query: string) => (await loki.get('query', { query, time })).json.data;
  assert.deepEqual((await instant('1 + 1')).result, [epochMs / 1000 + 600, '2']);
  const { resultType, result } = await instant('vector(1)+vector(1)');
  assert.deepEqual([resultType, result], ['vector', [{ metric: {}, value: [epochMs / 1000 + 600, '2'] }]]);
  const byStatus = await instant('sum by (status) (count_over_time({app="web"} | json [20m]))');
  assert.deepEqual(
    byStatus.result.map(({ metric, value }: { metric: object; value: string[] }) => [metric, value[1]]),
    [
      [{ status: '200' }, '2'],
      [{ status: '500' }, '1'],
    ],
  );
  const range = { start: ns(0), end: ns(600), step: '300' };
  const { json } = await loki.get('query_range', {
    query: 'sum by (pod) (count_over_time({namespace="shop"}[5m]))',
    ...range,
  });
  assert.equal(json.data.resultType, 'matrix');
  assert.deepEqual(json.data.result[0].values, [[epochMs / 1000 + 300, '2']]);
});

test('labels, values and series are those of the range and of the selector', async () => {
  const data = async (path: string, parameters: Record<string, string> = {}) =>
    (await loki.get(path, parameters)).json.data;
  assert.deepEqual(await data('label/namespace/values'), ['default', 'secret', 'shop']);
  assert.deepEqual(await data('label/pod/values', { query: '{namespace="shop"}' }), ['job-1']);
  assert.deepEqual(await data('label/pod/values', { start: ns(700), end: ns(800) }), []);
  assert.ok((await data('labels')).includes('service_name'));
  const series = await data('series', { 'match[]': '{app="web", stream="stdout"}' });
  assert.deepEqual(
    series.map(({ pod }: { pod: string }) => pod),
    ['web-1'],
  );
});

test('sizes are told without reading lines', async () => {
  const { json } = await loki.get('index/stats', { query: '{app="web", stream="stdout"}' });
  assert.deepEqual([json.streams, json.entries, json.bytes], [1, 3, 86]);
  const volume = await loki.get('index/volume', { query: '{namespace=~".+"}' });
  assert.deepEqual(
    volume.json.data.result.map(({ metric }: { metric: { namespace: string } }) => metric.namespace),
    ['default', 'shop', 'secret'],
  );
  const range = await loki.get('index/volume_range', { query: '{namespace="shop"}', step: '1200' });
  assert.equal(range.json.data.resultType, 'matrix');
  const names = await loki.get('index/volume', {
    query: '{namespace="shop"}',
    aggregateBy: 'labels',
    targetLabels: 'pod',
  });
  assert.deepEqual(names.json.data.result[0].metric, { pod: '' });
});

test('fields of lines are found with their types and parsers', async () => {
  const { json } = await loki.get('detected_fields', { query: '{namespace=~"default|shop"}' });
  const types = Object.fromEntries(
    json.fields.map(({ label, type, parsers }: Record<string, string>) => [label, [type, parsers]]),
  );
  assert.deepEqual(types, {
    detected_level: ['string', null],
    status: ['int', ['json']],
    path: ['string', ['json']],
    level: ['string', ['logfmt']],
    msg: ['string', ['logfmt']],
    took: ['duration', ['logfmt']],
  });
  const values = await loki.get('detected_field/status/values', { query: '{app="web"}' });
  assert.deepEqual(values.json.values.sort(), ['200', '500']);
});

test('what is missing from an answer is said in its warnings', async () => {
  const { json } = await loki.get('query_range', { query: '{namespace="secret"}' });
  assert.equal(json.warnings.length, 1);
  assert.match(json.warnings[0], /^secret\/vault-0 app \(instance 0\): 2\S* ?KiB missing, rotated away/);
  const other = await loki.get('query_range', { query: '{namespace="shop"}' });
  assert.equal('warnings' in other.json, false);
});

test('mistakes are answered with 400 and a text that says where', async () => {
  for (const [path, parameters, message] of [
    ['query_range', { query: '{app="web"' }, /^parse error at line 1, col 11: syntax error: unexpected \$end/],
    ['query_range', { query: '{app=~".*"}' }, /^parse error : queries require at least one regexp or equality matcher/],
    ['query_range', { query: '{app="a"}', limit: '0' }, /^limit must be a positive value/],
    ['query_range', { query: '{app="a"}', limit: '5001' }, /max_entries_limit_per_query \(5001 > 5000\)/],
    ['query_range', { query: '{app="a"}', direction: 'up' }, /^invalid direction 'up'/],
    ['query_range', { query: '{app="a"}', start: '2', end: '1' }, /^end timestamp must not be before/],
    ['query_range', { query: '{app="a"}', start: 'soon' }, /could not parse 'start' parameter/],
    ['query_range', { query: 'rate({app="a"}[1m])', step: '-1' }, /^zero or negative query resolution step/],
    [
      'query_range',
      { query: 'rate({app="a"}[1m])', start: '0' },
      /^the query time range exceeds the limit \(query length:/,
    ],
    [
      'index/volume_range',
      { query: '{app="a"}', step: '0.0000000001' },
      /^exceeded maximum resolution of 11,000 points/,
    ],
    ['query_range', { query: 'rate({app="a"}[1m])', step: '0.1' }, /^exceeded maximum resolution of 11,000 points/],
    ['query', { query: '{app="a"}' }, /^log queries are not supported as an instant query type/],
    ['labels', { query: '{app="a"} |= "x"' }, /^only label matchers are supported/],
    ['series', { 'match[]': '{' }, /^parse error/],
    ['format_query', { query: '{' }, /^\{"status":"invalid-query","error":"parse error at line 1, col 2/],
    ['tail', { query: '{app="a"}' }, /WebSockets/],
  ] as const) {
    const { status, text } = await loki.get(path, parameters);
    assert.equal(status, 400, `${path} ${JSON.stringify(parameters)}: ${text}`);
    assert.match(text, message);
  }
});

test('namespaces that a reader may not see show nowhere', async (t) => {
  loki.principal = { ...reader, namespaces: ['shop'] };
  t.after(() => {
    loki.principal = reader;
  });
  const query = '{pod=~".+"}';
  for (const [path, parameters] of [
    ['query_range', { query }],
    ['query_range', { query: '{namespace="secret"}' }],
    ['query', { query: 'count_over_time({pod=~".+"}[1h])' }],
    ['query', { query: 'absent_over_time({namespace="secret"}[1h])' }],
    ['labels', {}],
    ['label/namespace/values', {}],
    ['label/pod/values', { query: '{namespace="secret"}' }],
    ['series', { 'match[]': '{namespace=~"secret|shop|default"}' }],
    ['index/stats', { query }],
    ['index/volume', { query }],
    ['index/volume_range', { query, targetLabels: 'pod' }],
    ['detected_labels', { query }],
    ['detected_fields', { query }],
    ['detected_field/pod/values', { query }],
  ] as const) {
    const { status, text } = await loki.get(path, parameters);
    assert.equal(status, 200, text);
    const isEcho = parameters !== undefined && 'query' in parameters && parameters.query.includes('absent');
    if (!isEcho) assert.doesNotMatch(text, /secret|vault|swordfish|web-1|"default/, `${path}: ${text}`);
  }
  const { json } = await loki.get('index/stats', { query });
  assert.equal(json.entries, 2);
});

test('a tenant is chosen by header only where nobody has to say who they are', async (t) => {
  t.after(() => {
    loki.principal = reader;
  });
  const asked = (tenant: string) => loki.get('labels', {}, { 'X-Scope-OrgID': tenant });
  assert.equal((await asked('acme')).status, 200);
  assert.equal((await asked('other')).status, 403);
  assert.equal((await asked('acme|other')).status, 400);
  loki.principal = { ...reader, choosesTenant: true };
  assert.deepEqual((await asked('other')).json.data, []);
  assert.notDeepEqual((await asked('acme')).json.data, []);
  loki.principal = { ...reader, roles: ['agent'] };
  assert.equal((await asked('acme')).status, 403);
});

test('more queries at once than may wait are refused with 429, and the others are answered', async (t) => {
  const narrow = await startLoki({ settings: { runningMax: 1, queuedMax: 2 } });
  t.after(() => narrow.close());
  const query = '{a="b"}';
  const answers = await Promise.all(Array.from({ length: 30 }, () => narrow.get('query_range', { query })));
  const statuses = new Set(answers.map(({ status }) => status));
  assert.ok(
    statuses.has(200) && [...statuses].every((status) => status === 200 || status === 429),
    [...statuses].join(),
  );
});

test('a pushed stream is read beside those of containers, with its metadata', async (t) => {
  const pushing = await startLoki();
  t.after(() => pushing.close());
  const { cluster } = pushing;
  const id = await cluster.run({ pod: 'web-1', second: 1 });
  await cluster.write(id, ['container'], 2);
  const bytes = Buffer.from('earlierlater');
  const labels = { app: 'pushed', namespace: 'default' };
  await cluster.store.push(reader.tenant, { name: 'somebody', namespaces: '*' }, [
    {
      labels,
      bytes,
      from: [0, 7],
      to: [7, 12],
      seconds: [epochMs / 1000 + 1, epochMs / 1000 + 3],
      nanos: [0, 0],
      metadata: { sets: [{ trace: 'abc' }], of: [0, 0] },
    },
  ]);
  const answer = await pushing.get('query_range', { query: '{namespace="default"}', direction: 'forward' });
  assert.deepEqual(lines(answer).sort(), ['container', 'earlier', 'later']);
  const two = await pushing.get('query_range', { query: '{namespace="default"}', limit: '2' });
  assert.deepEqual(lines(two).sort(), ['container', 'later']);
  const pushed = answer.json.data.result.find(({ stream }: { stream: object }) => 'trace' in stream);
  assert.deepEqual(pushed.stream, { ...labels, trace: 'abc' });
  assert.deepEqual((await pushing.get('label/app/values')).json.data, ['pushed']);
  pushing.principal = { ...reader, namespaces: ['other'] };
  assert.deepEqual((await pushing.get('series')).json.data, []);
});
