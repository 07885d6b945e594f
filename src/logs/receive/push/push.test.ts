import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { json, message, PushServer, snappy } from './push-under-test.ts';

let server: PushServer;

beforeEach(async () => {
  server = await PushServer.start();
});

afterEach(() => server.close());

const now = () => BigInt(Date.now()) * 1_000_000n;

test('JSON is stored with its times to the nanosecond, the service and the level, and answered with 204', async () => {
  const time = now();
  const body = json([
    {
      stream: { app: 'web', b: 'ü' },
      values: [
        [`${time}`, 'level=warn ü'],
        [`${time + 1n}`, 'plain', { trace_id: 'x' }],
      ],
    },
  ]);
  assert.deepEqual(await server.push(body), { status: 204, text: '' });
  assert.deepEqual(await server.lines(), [
    {
      labels: { app: 'web', b: 'ü', service_name: 'web' },
      time,
      line: 'level=warn ü',
      metadata: { detected_level: 'warn' },
    },
    {
      labels: { app: 'web', b: 'ü', service_name: 'web' },
      time: time + 1n,
      line: 'plain',
      metadata: { detected_level: 'unknown', trace_id: 'x' },
    },
  ]);
});

test('Protocol buffers are stored likewise, whatever the encoding around them', async () => {
  const time = now();
  const encodings: [string, (body: Buffer) => Buffer][] = [
    ['', (body) => body],
    ['snappy', (body) => body],
    ['gzip', gzipSync],
    ['deflate', deflateRawSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ];
  for (const [i, [encoding, pack]] of encodings.entries()) {
    const pushed = message(`{job="j${i}", x='y'}`, [[time, '{"level":"error"}', { 'a.b': 'c' }]]);
    const headers = { 'content-type': 'application/x-protobuf', ...(encoding && { 'content-encoding': encoding }) };
    assert.deepEqual(await server.push(pack(snappy(pushed)), headers), { status: 204, text: '' }, encoding);
  }
  const lines = await server.lines();
  assert.equal(lines.length, encodings.length);
  for (const { labels, time: stored, line, metadata } of lines) {
    assert.deepEqual([labels.x, labels.service_name, stored], ['y', labels.job, time]);
    assert.deepEqual([line, metadata], ['{"level":"error"}', { a_b: 'c', detected_level: 'error' }]);
  }
});

test('JSON comes packed too', async () => {
  const body = gzipSync(json([{ stream: { app: 'a' }, values: [[`${now()}`, 'x']] }]));
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip' };
  assert.equal((await server.push(body, headers)).status, 204);
  assert.equal((await server.lines()).length, 1);
});

test('What is good is stored, and 400 tells the first problem of what is not, in the words that clients know', async () => {
  const good = [`${now()}`, 'good'];
  const cases: [object, RegExp][] = [
    [{ stream: {}, values: [good] }, /^error at least one label pair is required per stream\n$/],
    [{ stream: { 'a-b': 'x' }, values: [good] }, /^Error parsing labels/],
    [{ stream: { a: 'x'.repeat(2049) }, values: [good] }, /^stream '.*' has label value too long: 'x+…'\n$/],
    [{ stream: { ['n'.repeat(1025)]: 'x' }, values: [good] }, /has label name too long/],
    [
      { stream: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`l${i}`, 'x'])), values: [good] },
      /has 16 label names; limit 15\n$/,
    ],
    [
      { stream: { a: 'b' }, values: [[`${now() + 3_600_000_000_000n}`, 'future']] },
      /^entry for stream '\{a="b", service_name="unknown_service"\}' has timestamp too new: \d{4}-/,
    ],
    [
      { stream: { a: 'b' }, values: [[`${now()}`, 'x'.repeat(256 * 1024 + 1)]] },
      /^Max entry size '262144' bytes exceeded for stream '.*' while adding an entry with length '262145' bytes\n$/,
    ],
    [
      { stream: { a: 'b' }, values: [[`${now()}`, 'x', { m: 'x'.repeat(70_000) }]] },
      /structured metadata too large: '70001'/,
    ],
  ];
  for (const [i, [bad, text]] of cases.entries()) {
    const time = `${now()}`;
    const stream = { stream: { case: `${i}` }, values: [[time, 'kept']] };
    const answer = await server.push(json([bad, stream, bad]));
    assert.equal(answer.status, 400);
    assert.match(`${answer.text.split('\n')[0]}\n`, text);
  }
  assert.equal((await server.lines()).length, cases.length);
});

test('Lines of 1970 are taken', async () => {
  assert.equal(
    (
      await server.push(
        json([
          {
            stream: { a: 'b' },
            values: [
              ['1', 'old'],
              ['-5', 'older'],
            ],
          },
        ]),
      )
    ).status,
    204,
  );
  assert.deepEqual(
    (await server.lines()).map(({ time }) => time),
    [-5n, 1n],
  );
});

test('A push repeated is not doubled', async () => {
  const body = json([
    {
      stream: { a: 'b' },
      values: [
        [`${now()}`, 'x'],
        ['1000', 'same'],
        ['1000', 'same'],
      ],
    },
  ]);
  for (let i = 0; i < 3; i++) assert.equal((await server.push(body)).status, 204);
  assert.equal((await server.lines()).length, 3);
});

test('Who may not push is told so; another namespace and another tenant are refused', async () => {
  const body = (labels: object) => json([{ stream: labels, values: [[`${now()}`, 'x']] }]);
  server.principal = { ...server.principal, roles: ['reader'] };
  assert.deepEqual(await server.push(body({ a: 'b' })), {
    status: 403,
    text: 'tester may not push logs: the role "agent" is needed\n',
  });
  server.principal = { ...server.principal, roles: ['agent'], namespaces: ['shop'] };
  assert.equal((await server.push(body({ namespace: 'shop' }))).status, 204);
  const forged = await server.push(body({ namespace: 'bank' }));
  assert.equal(forged.status, 400);
  assert.match(forged.text, /tester may not push to the namespace "bank"/);
  assert.equal((await server.push(body({ a: 'b' }), { 'x-scope-orgid': 'other' })).status, 403);
  server.principal = { ...server.principal, choosesTenant: true };
  assert.equal((await server.push(body({ a: 'b' }), { 'x-scope-orgid': 'other' })).status, 204);
  assert.equal((await server.lines('default')).length, 1);
  assert.equal((await server.lines('other')).length, 1);
});

test('What cannot be read is refused with 400 and its reason', async () => {
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const cases: [Buffer, Record<string, string>, RegExp][] = [
    [Buffer.from('{"streams": [{'), {}, /^the body is not JSON/],
    [Buffer.from('{"streams": {}}'), {}, /^streams must be a list/],
    [json([{ stream: { a: 'b' }, values: [['x', 'y']] }]), {}, /^streams\[0\]\.values\[0\]\[0\] must be nanoseconds/],
    [json([{ stream: { a: 'b' }, values: [['1', 2]] }]), {}, /^streams\[0\]\.values\[0\]\[1\] must be a line/],
    [Buffer.from('garbage'), protobuf, /^the body is not snappy/],
    [snappy(Buffer.from([0x0a, 0xff])), protobuf, /^the protocol buffer cannot be read/],
    [
      snappy(message('{a="b"', [[1n, 'x']])),
      protobuf,
      /^Error parsing labels '\{a="b"' with error: parse error at line 1/,
    ],
    [Buffer.from('x'), { 'content-encoding': 'br' }, /^Content-Encoding "br" not supported/],
    [Buffer.from('x'), { 'content-encoding': 'gzip' }, /^the body cannot be unpacked as gzip/],
    [gzipSync(Buffer.alloc(40 * 1024 * 1024)), { 'content-encoding': 'gzip' }, /more than 33554432 bytes/],
    [zstdCompressSync(Buffer.alloc(40 * 1024 * 1024)), { 'content-encoding': 'zstd' }, /more than 33554432 bytes/],
    [Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0]), protobuf, /^the body is not snappy/],
    [snappy(Buffer.from('0a00'.repeat(60_000), 'hex')), protobuf, /^more than 50000 streams in one push/],
  ];
  for (const [body, headers, text] of cases) {
    const answer = await server.push(body, headers);
    assert.equal(answer.status, 400, String(text));
    assert.match(answer.text, text);
  }
  assert.equal((await server.lines()).length, 0);
});

test('A store without room is 503 or 429 with Retry-After, never 400', async () => {
  for (const [code, status] of [
    ['disk-full', 503],
    ['overloaded', 429],
    ['unavailable', 503],
  ] as const) {
    server.failWith = code;
    const answer = await server.push(json([{ stream: { a: 'b' }, values: [['1', 'x']] }]));
    assert.equal(answer.status, status);
    assert.equal(answer.retryAfter, '1');
  }
});
