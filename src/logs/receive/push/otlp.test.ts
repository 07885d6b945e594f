import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { field, PushServer, whole } from './push-under-test.ts';

let server: PushServer;

beforeEach(async () => {
  server = await PushServer.start();
});

afterEach(() => server.close());

const timeNs = 1_700_000_000_000_000_001n;
const labels = { service_name: 'checkout', k8s_namespace_name: 'shop' };
const metadata = {
  ...{
    detected_level: 'warn',
    host_name: 'n7',
    scope_name: 'lib',
    scope_version: '1.2',
    http_method: 'GET',
    id: '9007199254740993',
  },
  ...{ observed_timestamp: '1700000000000000002', severity_number: '13', deep_a: 'x', deep_b: '[1,"y"]', flags: '1' },
  ...{ trace_id: '0102030405060708090a0b0c0d0e0f10' },
};

const request = {
  resourceLogs: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'checkout' } },
          { key: 'k8s.namespace.name', value: { stringValue: 'shop' } },
          { key: 'host.name', value: { stringValue: 'n7' } },
        ],
      },
      scopeLogs: [
        {
          scope: { name: 'lib', version: '1.2' },
          logRecords: [
            {
              timeUnixNano: String(timeNs),
              observedTimeUnixNano: String(timeNs + 1n),
              severityNumber: 13,
              body: { stringValue: 'out of stock' },
              flags: 1,
              traceId: '0102030405060708090A0B0C0D0E0F10',
              attributes: [
                { key: 'http.method', value: { stringValue: 'GET' } },
                { key: 'id', value: { intValue: '9007199254740993' } },
                {
                  key: 'deep',
                  value: {
                    kvlistValue: {
                      values: [
                        { key: 'a', value: { stringValue: 'x' } },
                        { key: 'b', value: { arrayValue: { values: [{ intValue: 1 }, { stringValue: 'y' }] } } },
                      ],
                    },
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  ],
};

function fixed(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([Buffer.from([number * 8 + 1]), bytes]);
}

const text = (value: string) => field(1, value);
const attribute = (number: number, key: string, value: Buffer) =>
  field(number, Buffer.concat([field(1, key), field(2, value)]));

function protobufRequest(): Buffer {
  const list = field(5, Buffer.concat([field(1, whole(3, 1n)), field(1, text('y'))]));
  const deep = field(6, Buffer.concat([attribute(1, 'a', text('x')), attribute(1, 'b', list)]));
  const record = Buffer.concat([
    ...[fixed(1, timeNs), fixed(11, timeNs + 1n), whole(2, 13n), field(5, text('out of stock'))],
    ...[
      attribute(6, 'http.method', text('GET')),
      attribute(6, 'id', whole(3, 9007199254740993n)),
      attribute(6, 'deep', deep),
    ],
    ...[Buffer.from([8 * 8 + 5, 1, 0, 0, 0]), field(9, Buffer.from(Array.from({ length: 16 }, (_, i) => i + 1)))],
  ]);
  const scope = field(1, Buffer.concat([field(1, 'lib'), field(2, '1.2')]));
  const resource = Buffer.concat([
    ...[attribute(1, 'service.name', text('checkout')), attribute(1, 'k8s.namespace.name', text('shop'))],
    attribute(1, 'host.name', text('n7')),
  ]);
  return field(1, Buffer.concat([field(1, resource), field(2, Buffer.concat([scope, field(2, record)]))]));
}

test('OTLP as JSON and as protocol buffers gives the same line, with labels and structured metadata as Loki has them', async () => {
  const answer = await server.push(Buffer.from(JSON.stringify(request)), {}, '/otlp/v1/logs');
  assert.deepEqual(answer, { status: 200, text: '{}' });
  const expected = [{ labels, time: timeNs, line: 'out of stock', metadata }];
  assert.deepEqual(await server.lines(), expected);
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
  const again = await server.push(gzipSync(protobufRequest()), headers, '/v1/logs');
  assert.deepEqual(again, { status: 200, text: '' });
  assert.deepEqual(await server.lines(), expected, 'and is recognised as the same line');
});

test('A record without anything is an empty line of an unknown service, now', async () => {
  const before = Date.now();
  const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] };
  assert.equal((await server.push(Buffer.from(JSON.stringify(body)), {}, '/v1/logs')).status, 200);
  const [line] = await server.lines();
  assert.deepEqual([line?.labels, line?.line], [{ service_name: 'unknown_service' }, '']);
  assert.ok(Number(line!.time / 1_000_000n) >= before);
});

test('What is not taken is a partial success; what cannot be read is refused; overload is told with Retry-After', async () => {
  const record = { body: { stringValue: 'x'.repeat(300_000) } };
  const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [record, { body: { stringValue: 'kept' } }] }] }] };
  const partial = await server.push(Buffer.from(JSON.stringify(body)), {}, '/v1/logs');
  assert.equal(partial.status, 200);
  assert.match(partial.text, /"rejectedLogRecords":"1","errorMessage":"Max entry size/);
  assert.equal((await server.lines()).length, 1);
  const broken = await server.push(Buffer.from('{'), {}, '/v1/logs');
  assert.deepEqual([broken.status, /^\{"message":"the body is not JSON/.test(broken.text)], [400, true]);
  const protobuf = { 'content-type': 'application/x-protobuf' };
  assert.equal((await server.push(Buffer.from([0x0a, 0x7f]), protobuf, '/v1/logs')).status, 400);
  assert.equal((await server.push(Buffer.from('x'), { 'content-type': 'text/plain' }, '/v1/logs')).status, 400);
  server.failWith = 'overloaded';
  const full = await server.push(Buffer.from(JSON.stringify(request)), {}, '/v1/logs');
  assert.deepEqual([full.status, full.retryAfter], [429, '1']);
});

test('Attributes that many lines would share are bounded by what they come to', async () => {
  const attributes = [{ key: 'long', value: { stringValue: 'x'.repeat(50_000) } }];
  const logRecords = Array.from({ length: 2000 }, () => ({}));
  const body = Buffer.from(
    JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }),
  );
  const answer = await server.push(body, {}, '/v1/logs');
  assert.equal(answer.status, 400);
  assert.match(answer.text, /more than 67108864 bytes of structured metadata in one push/);
});
