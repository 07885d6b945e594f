import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { field, json, message, snappy, whole } from '../../src/logs/receive/push/push-under-test.ts';
import { type Running, startServing, temporaryDirectory, until } from './processes.ts';

/* Bad input against a real server: each has a limit with a name and an error that a client understands, and others notice nothing. */

const settings = ['--log-query-max-concurrency', '2', '--log-query-queue-max', '20'];
const protobuf = { 'content-type': 'application/x-protobuf' };
const nowMs = Date.now();
const nowNs = BigInt(nowMs) * 1_000_000n;

let server: { process: Running; url: string };
const ends: (() => unknown)[] = [];

before(async () => {
  const dataDir = join(temporaryDirectory({ after: (fn) => ends.push(fn) }, 'loki-bad'), 'server');
  server = await startServing('server', dataDir, settings);
  await well({ app: 'good' }, ['first', 'second']);
  const heavy = Array.from({ length: 2000 }, () => 'a'.repeat(2000));
  for (let part = 0; part < 4; part++) await well({ app: 'heavy' }, heavy, nowNs + BigInt(part) * 1_000_000n);
  // What has just been pushed is in memory, and read on the thread that answers; what is on disk is read on others.
  await server.process.stop();
  server = await startServing('server', dataDir, settings);
  ends.push(() => server.process.stop());
});
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function push(body: Buffer, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${server.url}/loki/api/v1/push`, {
    ...{ method: 'POST', body: new Uint8Array(body) },
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: answer.status, text: await answer.text() };
}

async function well(labels: Record<string, string>, lines: readonly string[], timeNs = nowNs): Promise<void> {
  const body = json([{ stream: labels, values: lines.map((line, at) => [`${timeNs + BigInt(at)}`, line]) }]);
  assert.deepEqual(await push(body), { status: 204, text: '' });
}

async function get(path: string, parameters: Record<string, string>, signal?: AbortSignal) {
  const url = `${server.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`;
  const answer = await fetch(url, { ...(signal && { signal }) });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
}

async function linesOf(query: string, parameters: Record<string, string> = {}) {
  const { status, text } = await get('query_range', { query, direction: 'forward', ...parameters });
  assert.equal(status, 200, text);
  const streams: { stream: Record<string, string>; values: [string, string][] }[] = JSON.parse(text).data.result;
  return streams.flatMap(({ stream, values }) => values.map(([time, line]) => ({ stream, time, line })));
}

/** The same process is there, and answers and takes as before. */
async function othersAreWell(): Promise<void> {
  assert.ok(server.process.isRunning, server.process.stderr);
  assert.equal((await fetch(`${server.url}/ready`)).status, 200);
  await well({ app: 'good' }, ['first', 'second']);
  assert.deepEqual(
    (await linesOf('{app="good"}')).map(({ line }) => line),
    ['first', 'second'],
  );
}

async function refused(cases: readonly (readonly [body: Buffer, headers: Record<string, string>, text: RegExp])[]) {
  for (const [body, headers, expected] of cases) {
    const { status, text } = await push(body, headers);
    assert.equal(status, 400, `${expected}: ${text}`);
    assert.match(text, expected);
    assert.ok(text.length < 4096, `${expected}: a message of ${text.length} characters`);
  }
  await othersAreWell();
}

test('broken protocol buffers are refused with what is wrong with them', async () => {
  const good = message('{a="b"}', [[nowNs, 'line']]);
  await refused([
    [Buffer.from('garbage'), protobuf, /^the body is not snappy/],
    [snappy(good).subarray(0, 20), protobuf, /^the body is not snappy/],
    [snappy(good.subarray(0, good.length - 3)), protobuf, /^the protocol buffer cannot be read/],
    [snappy(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])), protobuf, /^the protocol buffer cannot be read/],
    [snappy(Buffer.alloc(1000, 0xff)), protobuf, /^the protocol buffer cannot be read/],
  ]);
});

test('what unpacks into more than there is room for is refused, however it is packed or sent', async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  // Claims 4 GB; claims 40 MB and has them, as copies of one byte.
  const claims = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
  const copies = Buffer.concat([
    Buffer.from([0x80, 0x80, 0x80, 0x14, 0, 0x61]),
    Buffer.alloc(3 * 655_360, Buffer.from([0xfe, 1, 0])),
  ]);
  await refused([
    [claims, protobuf, /^the body is not snappy.*33554432/s],
    [copies, protobuf, /^the body is not snappy.*33554432/s],
    [gzipSync(zeros), { 'content-encoding': 'gzip' }, /more than 33554432 bytes \(decodedBytesMax\)/],
    [zstdCompressSync(zeros), { 'content-encoding': 'zstd' }, /more than 33554432 bytes \(decodedBytesMax\)/],
    [Buffer.alloc(17 * 1024 * 1024, ' '), {}, /requestBytesMax is 16777216/],
  ]);
  // Nor is one that does not say how long it is.
  let pieces = 0;
  const body = new ReadableStream({
    pull: (to) => (pieces++ < 20 ? to.enqueue(new Uint8Array(1024 * 1024)) : to.close()),
  });
  const answer = await fetch(`${server.url}/loki/api/v1/push`, { method: 'POST', body, duplex: 'half' });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /the body has more than 16777216 bytes; requestBytesMax is 16777216/);
});

test('JSON that is deep or wide is refused before it is made into objects', async () => {
  const deep = Buffer.from(`{"streams":${'['.repeat(7e6)}${']'.repeat(7e6)}}`);
  const many = Array.from({ length: 60_000 }, () => ({ stream: {}, values: [] }));
  await refused([
    [deep, {}, /nested more than 128 deep \(jsonDepthMax\)/],
    [Buffer.from(`{"streams":${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}}`), {}, /nested more than 128 deep/],
    [json(many), {}, /^more than 50000 streams in one push/],
  ]);
});

test('a million labels are refused, as labels, as their text and as metadata', async () => {
  const names = Array.from({ length: 1_000_000 }, (_, at) => `l${at}`);
  const object = Buffer.from(`{${names.map((name) => `"${name}":"x"`).join(',')}}`);
  const around = (before: string, after: string) => Buffer.concat([Buffer.from(before), object, Buffer.from(after)]);
  const text = `{${names.map((name) => `${name}="x"`).join(',')}}`;
  const pair = field(3, Buffer.concat([field(1, 'name'), field(2, 'x')]));
  const entry = Buffer.concat([
    field(1, whole(1, nowNs / 1_000_000_000n)),
    field(2, 'line'),
    Buffer.alloc(pair.length * 500_000, pair),
  ]);
  const metadata = field(1, Buffer.concat([field(1, '{a="b"}'), field(2, entry)]));
  await refused([
    [
      around('{"streams":[{"stream":', ',"values":[["1","x"]]}]}'),
      {},
      /more than 1024 fields in one object \(jsonFieldsMax\)/,
    ],
    [around('{"streams":[{"stream":{"a":"b"},"values":[["1","x",', ']]}]}'), {}, /more than 1024 fields in one object/],
    [snappy(message(text, [[nowNs, 'x']])), protobuf, /^Error parsing labels.*more than 262144 characters/],
    [snappy(metadata), protobuf, /a line has more than 1024 pairs of metadata/],
    [
      json([{ stream: Object.fromEntries(names.slice(0, 900).map((name) => [name, 'x'])), values: [['1', 'x']] }]),
      {},
      /has 900 label names; limit 15/,
    ],
  ]);
});

test('label names that are not allowed are refused, and the rest of the push is taken', async () => {
  for (const name of ['a-b', '1a', 'a b', 'ü', 'a"b', '{', '__proto__ ']) {
    const bad = { stream: { [name]: 'x' }, values: [[`${nowNs}`, 'bad']] };
    const good = { stream: { app: 'names' }, values: [[`${nowNs}`, `beside ${name}`]] };
    const { status, text } = await push(json([bad, good]));
    assert.equal(status, 400);
    assert.match(text, /^Error parsing labels .* is not the name of a label/);
  }
  assert.equal((await linesOf('{app="names"}')).length, 7);
  await othersAreWell();
});

test('a line of ten megabytes is refused, and the lines beside it are taken', async () => {
  const values = [
    [`${nowNs}`, 'small'],
    [`${nowNs + 1n}`, 'x'.repeat(10 * 1024 * 1024)],
  ];
  const { status, text } = await push(json([{ stream: { app: 'big' }, values }]));
  assert.equal(status, 400);
  assert.match(
    text,
    /^Max entry size '262144' bytes exceeded for stream '.*' while adding an entry with length '10485760'/,
  );
  assert.deepEqual(
    (await linesOf('{app="big"}')).map(({ line }) => line),
    ['small'],
  );
  await othersAreWell();
});

test('a line of the future is refused; one of 1970 is taken and found where it belongs', async () => {
  const later = nowNs + 3_600_000_000_000n;
  const values = [
    ['1', 'the beginning'],
    [`${later}`, 'tomorrow'],
  ];
  const { status, text } = await push(json([{ stream: { app: 'times' }, values }]));
  assert.equal(status, 400);
  assert.match(text, /^entry for stream '.*' has timestamp too new: \d{4}-/);
  const found = await linesOf('{app="times"}', { start: '0', end: '1' });
  assert.deepEqual(
    found.map(({ time, line }) => [time, line]),
    [['1', 'the beginning']],
  );
  assert.deepEqual(
    await linesOf('{app="times"}', { start: String(nowMs / 1000 - 60), end: String(nowMs / 1000 + 7200) }),
    [],
  );
  await othersAreWell();
});

test('templates that call themselves and patterns that explode elsewhere end with their line', async () => {
  const line = `${'a'.repeat(50_000)}!`;
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  await well({ app: 'wild' }, [line]);
  await well({ app: 'deep' }, [deep]);
  const cyclic = '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}';
  for (const template of [cyclic, '{{ range $i := 1000000000 }}x{{ end }}', '{{ repeat 999999999 "x" }}']) {
    const [found] = await linesOf(`{app="wild"} | line_format \`${template}\``);
    assert.equal(found?.stream.__error__, 'TemplateFormatErr', template);
    assert.equal(found?.line, line);
  }
  for (const pattern of ['(a+)+$', '(a|a)*b', '(?i)(A+)+$', '(.*)(.*)(.*)(.*)x'])
    assert.deepEqual(await linesOf(`{app="wild"} |~ "${pattern}"`), [], pattern);
  assert.equal((await linesOf('{app="deep"} | json'))[0]?.stream.__error__, 'JSONParserErr');
  const { status, text } = await get('query_range', { query: `{app="wild"} |~ "${'(a{1000}){1000}'.repeat(3)}"` });
  assert.equal(status, 400);
  assert.match(text, /\S/);
  await othersAreWell();
});

test('a query over a year, with too many steps, or too long to be read is refused with the limit', async () => {
  const year = { start: String(nowMs / 1000 - 365 * 86_400), end: String(nowMs / 1000) };
  for (const [parameters, expected] of [
    [
      { query: '{app="good"}', ...year },
      /^the query time range exceeds the limit \(query length: 8760h0m0s, limit: 721h0m0s\)/,
    ],
    [
      { query: 'rate({app="good"}[1m])', start: '0', end: '1000000', step: '1' },
      /^exceeded maximum resolution of 11,000 points/,
    ],
    [{ query: `{app="good"} ${'|= "x" '.repeat(2000)}` }, /^parse error/],
    [{ query: `${'('.repeat(5000)}1${')'.repeat(5000)}` }, /^parse error/],
    [{ query: '{app="good"}', limit: '1000000' }, /max_entries_limit_per_query \(1000000 > 5000\)/],
  ] as const) {
    const { status, text } = await get('query_range', parameters);
    assert.equal(status, 400, text);
    assert.match(text, expected);
  }
  const counted = await get('query', { query: 'sum(count_over_time({app="good"}[1y]))' });
  assert.equal(JSON.parse(counted.text).data.result[0].value[1], '2', 'one number over a year is no matter');
  await othersAreWell();
});

test('of a thousand queries at once some wait, the others are told to come again, and nobody else waits', {
  timeout: 60_000,
}, async () => {
  // Takes some twenty seconds where nobody ends it.
  const slow = '| line_format "{{ regexReplaceAll \\"(a|aa)+b\\" __line__ \\"x\\" }}"'.repeat(100);
  const gone = new AbortController();
  // As many as may run, so that all others wait or are refused.
  const held = [1, 2].map((at) =>
    get('query', { query: `sum(bytes_over_time({app="heavy"} ${slow} [1h])) + ${at}` }, gone.signal).catch(
      () => 'gone',
    ),
  );
  await until('both run', async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return /^taffrail_loki_queries_active 2$/m.test(metrics);
  });
  const answers = Array.from({ length: 1000 }, () => get('query_range', { query: '{app="good"}' }));
  let refusedCount = 0;
  for (const answer of answers) void answer.then(({ status }) => status === 429 && refusedCount++);
  await until('980 are refused', () => refusedCount === 980);
  // What takes no turn is not held up: labels, pushes, readiness.
  assert.equal((await get('labels', {})).status, 200);
  await well({ app: 'good' }, ['first', 'second']);
  assert.equal((await fetch(`${server.url}/ready`)).status, 200);
  gone.abort();
  assert.deepEqual(await Promise.all(held), ['gone', 'gone']);
  const all = await Promise.all(answers);
  const refusals = all.filter(({ status }) => status === 429);
  assert.equal(refusals.length, 980);
  for (const { retryAfter, text } of refusals) {
    assert.equal(retryAfter, '1');
    assert.match(text, /^too many outstanding requests: 20 queries wait already/);
  }
  assert.ok(all.every(({ status }) => status === 200 || status === 429));
  await othersAreWell();
});

test('clients that stop reading hold up nobody', { timeout: 60_000 }, async () => {
  const lines = Array.from({ length: 2000 }, (_, at) => `${at} ${'x'.repeat(5000)}`);
  await well({ app: 'long' }, lines);
  const { port } = new URL(server.url);
  const parameters = new URLSearchParams({ query: '{app="long"}', limit: '5000' });
  const sockets = Array.from({ length: 30 }, () => connect(Number(port), '127.0.0.1'));
  try {
    // More of them than queries may run or wait: each has its answer begun, and takes no more of it.
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.write(`GET /loki/api/v1/query_range?${parameters} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      await once(socket, 'readable');
      socket.pause();
    }
    await othersAreWell();
    assert.equal((await linesOf('{app="long"}', { limit: '5000' })).length, 2000);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await othersAreWell();
});

test('a tail that stops reading holds up neither pushes nor other tails', { timeout: 60_000 }, async () => {
  const tail = () => {
    const url = new URL(`${server.url}/loki/api/v1/tail?${new URLSearchParams({ query: '{app="flood"}' })}`);
    url.protocol = 'ws:';
    return new WebSocket(url);
  };
  const [stopped, reading] = [tail(), tail()];
  let lines = 0;
  reading.on('message', (data) => {
    for (const { values } of JSON.parse(String(data)).streams) lines += values.length;
  });
  try {
    await Promise.all([once(stopped, 'open'), once(reading, 'open')]);
    stopped.pause();
    const flood = Array.from({ length: 1000 }, (_, at) => `${at} ${'x'.repeat(8000)}`);
    for (let part = 0; part < 3; part++) await well({ app: 'flood' }, flood, nowNs + BigInt(part) * 1_000_000n);
    await until('the other tail has all lines', () => lines === 3000);
    await othersAreWell();
  } finally {
    stopped.terminate();
    reading.terminate();
  }
});
