import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { epochMs, type LokiUnderTest, reader, startLoki } from './loki-under-test.ts';

let loki: LokiUnderTest;
const ns = (second: number) => `${BigInt(epochMs + second * 1000)}000000`;
const at = (second: number) => new Date(epochMs + second * 1000).toISOString();

before(async () => {
  loki = await startLoki({ settings: { minedLinesMax: 400 } });
  const { cluster } = loki;
  const web = await cluster.run({ pod: 'web-1', second: 10 });
  for (const second of [10, 70, 130]) {
    const lines = Array.from({ length: 20 }, (_, n) => `level=info msg="served" user=${second * n} took=${n}ms`);
    await cluster.write(web, [...lines, `level=error msg="refused" user=${second}`], second);
  }
  await cluster.write(web, ['level=warn msg="late" n=1', 'level=warn msg="late" n=2'], 131);
  const many = await cluster.run({ pod: 'many-1', namespace: 'shop', second: 20 });
  await cluster.write(
    many,
    Array.from({ length: 1000 }, (_, n) => `tick ${n}`),
    20,
  );
  const secret = await cluster.run({ pod: 'vault-0', namespace: 'secret', second: 30 });
  await cluster.write(secret, ['the password is swordfish'], 30);
  await cluster.gap(secret);
});
after(() => loki.close());

test('patterns come in the shape of Loki, by level and step', async () => {
  const { status, json } = await loki.get('patterns', {
    query: '{pod="web-1"}',
    start: ns(0),
    end: ns(600),
    step: '1m',
  });
  assert.equal(status, 200);
  const minute = (n: number) => epochMs / 1000 + n * 60;
  assert.deepEqual(json, {
    status: 'success',
    data: [
      {
        pattern: 'level=info msg="served" user=<_> took=<_>',
        level: 'info',
        samples: [0, 1, 2].map((n) => [minute(n), 20]),
      },
      { pattern: 'level=error msg="refused" user=<_>', level: 'error', samples: [0, 1, 2].map((n) => [minute(n), 1]) },
      { pattern: 'level=warn msg="late" n=<_>', level: 'warn', samples: [[minute(2), 2]] },
    ],
  });
});

test('a pattern is a filter that finds its lines', async () => {
  const { json } = await loki.get('patterns', { query: '{pod="web-1"}', start: ns(0), end: ns(600) });
  for (const { pattern, samples } of json.data) {
    const query = `sum(count_over_time({pod="web-1"} |> \`${pattern}\` [1h]))`;
    const found = (await loki.get('query', { query, time: ns(600) })).json.data.result[0].value[1];
    const counted = samples.reduce((sum: number, [, count]: [number, number]) => sum + count, 0);
    assert.equal(Number(found), counted, pattern);
  }
});

test('filters and parsers choose the lines that are mined', async () => {
  const { json } = await loki.get('patterns', { query: '{pod="web-1"} |= "msg" | logfmt | level="error"' });
  assert.deepEqual(
    json.data.map(({ pattern }: { pattern: string }) => pattern),
    ['level=error msg="refused" user=<_>'],
  );
});

test('of more lines than are mined some stand for all, and the answer says so', async () => {
  const { json } = await loki.get('patterns', { query: '{pod="many-1"}', step: '1h' });
  assert.match(json.warnings[0], /^one line in 3 was looked at, and counts as 3 \(minedLinesMax is 400\)/);
  assert.equal(json.data[0].pattern, 'tick <_>');
  const [[, counted]] = json.data[0].samples;
  assert.ok(Math.abs(counted - 1000) <= 3, String(counted));
});

test('what gaps make incomplete is said', async () => {
  const { json } = await loki.get('patterns', { query: '{namespace="secret"}' });
  assert.match(json.warnings[0], /^secret\/vault-0 app \(instance 0\): .* missing/);
});

test('mistakes are answered with 400, and lines of other namespaces are not mined', async (t) => {
  for (const [parameters, message] of [
    [{ query: '{' }, /^parse error/],
    [{ query: '' }, /^parse error/],
    [{ query: 'rate({a="b"}[1m])' }, /^only log selector is supported/],
    [{ query: '{a="b"}', start: '0', step: '1s' }, /^exceeded maximum resolution of 11,000 points/],
    [{ query: '{a="b"}', step: '-1' }, /^zero or negative query resolution step/],
  ] as const) {
    const { status, text } = await loki.get('patterns', parameters as Record<string, string>);
    assert.equal(status, 400, text);
    assert.match(text, message);
  }
  loki.principal = { ...reader, namespaces: ['shop'] };
  t.after(() => {
    loki.principal = reader;
  });
  const { text } = await loki.get('patterns', { query: '{pod=~".+"}' });
  assert.match(text, /tick/);
  assert.doesNotMatch(text, /password|served|vault/);
});

async function changes(body: unknown) {
  const answer = await fetch(new URL('/taffrail/v1/patterns/changes', loki.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: JSON.parse(await answer.text()) };
}

test('two times are compared: what is new, gone, or comes more often', async () => {
  const query = '{pod="web-1"}';
  const { status, json } = await changes({
    before: { query, start: at(0), end: at(69) },
    after: { query, start: at(69), end: at(200) },
  });
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual(json.lines, [21, 44]);
  assert.deepEqual(
    json.changes.map(({ kind, pattern, lines, level }: Record<string, unknown>) => [kind, pattern, lines, level]),
    [
      ['new', 'level=warn msg="late" n=<_>', [0, 2], 'warn'],
      ['same', 'level=info msg="served" user=<_> took=<_>', [20, 40], 'info'],
      ['same', 'level=error msg="refused" user=<_>', [1, 2], 'error'],
    ],
  );
  const back = await changes({
    before: { query, start: at(69), end: at(200) },
    after: { query: '{namespace="secret"}', start: at(0), end: at(200) },
  });
  assert.deepEqual(
    back.json.changes.map(({ kind }: { kind: string }) => kind),
    ['new', 'gone', 'gone', 'gone'],
  );
});

test('a comparison names what is wrong with it', async () => {
  const side = { query: '{a="b"}', start: at(0), end: at(1) };
  for (const [body, message] of [
    [{ before: side }, /^after\.query wants/],
    [{ before: { ...side, end: 'soon' }, after: side }, /^before\.end wants a time/],
    [{ before: side, after: { ...side, end: at(0) } }, /^after\.end must be later/],
    [{ before: { ...side, query: '{' }, after: side }, /^parse error/],
  ] as const) {
    const { status, json } = await changes(body);
    assert.equal(status, 400);
    assert.match(json.error.message, message);
  }
});
