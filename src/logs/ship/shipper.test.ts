import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { type Clock, systemClock } from '../../base/clock.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import type { FrameResult } from '../batch/batch.ts';
import { shipMetrics } from './metrics.ts';
import { defaultShipSettings } from './settings.ts';
import { Shipper, type ShipperOptions } from './shipper.ts';

type Reply = { status: number; body?: unknown; headers?: Record<string, string> };
type Handler = (body: string, request: IncomingMessage) => Reply | Promise<Reply>;

let server: Server;
let handler: Handler;
let shipper: Shipper;
let requests: string[];
let slept: number[];
let epochs: number;

/** Frames are texts of three characters here; the shipper does not look into them. */
const stored = (body: string): Reply => ({
  status: 200,
  body: { epoch: 'e1', results: body.match(/.../g)!.map((): FrameResult => ({ status: 'stored' })) },
});

/** Sleeps a millisecond, and notes how long it should have been. */
const clock: Clock = {
  ...systemClock,
  sleep(delayMs, signal) {
    slept.push(delayMs);
    return systemClock.sleep(1, signal);
  },
};

beforeEach(async () => {
  requests = [];
  slept = [];
  epochs = 0;
  handler = stored;
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (request.url!.endsWith('/resolve')) {
      response.end(JSON.stringify({ epoch: 'e1', instances: [] }));
      return;
    }
    requests.push(body);
    const reply = await handler(body, request);
    response.writeHead(reply.status, reply.headers);
    response.end(JSON.stringify(reply.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  shipper = create();
  await shipper.resolve({ agent: { node: 'n', version: '1' }, offers: [] });
});

afterEach(async () => {
  shipper.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function create(more: Partial<ShipperOptions> = {}): Shipper {
  return new Shipper({
    to: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    token: () => 'secret',
    settings: { ...defaultShipSettings, retryInitialMs: 100, retryDelayMsMax: 1000 },
    clock,
    random: () => 0,
    log: silentLogger,
    metrics: shipMetrics(new MetricsRegistry()),
    onNewEpoch: () => {
      epochs++;
    },
    onProgress: () => {},
    ...more,
  });
}

function push(frame: string, owner: object): Promise<FrameResult> {
  return new Promise((resolve) => shipper.push({ frame: Buffer.from(frame), owner, onResult: resolve }));
}

test('frames of several owners travel together, with epoch and token', async () => {
  let headers: IncomingMessage['headers'] = {};
  handler = (body, request) => {
    headers = request.headers;
    return stored(body);
  };
  const results = [push('aa1', {}), push('bb1', {})];
  shipper.pump();
  assert.deepEqual(await Promise.all(results), [{ status: 'stored' }, { status: 'stored' }]);
  assert.deepEqual(requests, ['aa1bb1']);
  assert.equal(headers['taffrail-epoch'], 'e1');
  assert.equal(headers.authorization, 'Bearer secret');
  assert.equal(shipper.queuedBytes, 0);
});

test('while frames of an owner are on their way, its next ones wait, and others do not', async () => {
  const release = Promise.withResolvers<void>();
  handler = async (body) => {
    if (body === 'aa1') await release.promise;
    return stored(body);
  };
  const [a, b] = [{}, {}];
  const first = push('aa1', a);
  shipper.pump();
  const second = push('aa2', a);
  const other = push('bb1', b);
  shipper.pump();
  await other;
  assert.deepEqual(requests, ['aa1', 'bb1']);
  release.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(requests, ['aa1', 'bb1', 'aa2']);
});

test('what is not taken is sent again, later and later, or when the server says', async () => {
  const replies: Reply[] = [
    { status: 503 },
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 500 },
    { status: 503, headers: { 'retry-after': '9999' } },
  ];
  handler = (body) => replies.shift() ?? stored(body);
  const result = push('aa1', {});
  shipper.pump();
  assert.deepEqual(await result, { status: 'stored' });
  assert.deepEqual(slept, [50, 7000, 200, defaultShipSettings.retryAfterMsMax]);
  assert.deepEqual(requests, ['aa1', 'aa1', 'aa1', 'aa1', 'aa1']);
});

test('where a request as a whole is not acceptable, each frame is tried alone and only the bad one is refused', async () => {
  handler = (body) => (body.includes('bad') ? { status: 400 } : stored(body));
  const owner = {};
  const results = [push('aa1', {}), push('bad', owner), push('aa2', owner)];
  shipper.pump();
  const statuses = (await Promise.all(results)).map(({ status }) => status);
  assert.deepEqual(statuses, ['stored', 'refused', 'stored']);
});

test('an answer that cannot be read settles nothing: the frames are sent again', async () => {
  const replies: Reply[] = [{ status: 200, body: 'a page' }, { status: 404 }];
  handler = (body) => replies.shift() ?? stored(body);
  const result = push('aa1', {});
  shipper.pump();
  assert.deepEqual(await result, { status: 'stored' });
  assert.equal(requests.length, 3);
  assert.equal(shipper.queuedBytes, 0);
});

test('a new epoch drops all that was pushed', async () => {
  handler = () => ({ status: 409 });
  let answered = false;
  push('aa1', {}).then(() => {
    answered = true;
  });
  shipper.pump();
  while (epochs === 0) await systemClock.sleep(5);
  assert.equal(shipper.queuedBytes, 0);
  assert.ok(!shipper.hasEpoch);
  assert.ok(!answered);
});

test('an answer with another epoch counts as a conflict', async () => {
  handler = () => ({ status: 200, body: { epoch: 'e2', results: [{ status: 'stored' }] } });
  push('aa1', {});
  shipper.pump();
  while (epochs === 0) await systemClock.sleep(5);
  assert.equal(epochs, 1);
});

test('beyond its limit the queue has no room until something is answered', async () => {
  shipper.close();
  shipper = create({ settings: { ...defaultShipSettings, queuedBytesMax: 5 } });
  await shipper.resolve({ agent: { node: 'n', version: '1' }, offers: [] });
  const results = [push('aa1', {}), push('aa2', {})];
  assert.ok(!shipper.hasRoom);
  shipper.pump();
  await Promise.all(results);
  assert.ok(shipper.hasRoom);
});
