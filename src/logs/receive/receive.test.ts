import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createHttpServer, type HttpServer } from '../../http/http.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { limits } from '../batch/batch.ts';
import type { LogStore } from '../store/store.ts';
import { batch, offer, openTestStore, temporaryDirectory } from '../store/store-fixture.ts';
import { BodyBudget } from './body.ts';
import { registerReceive } from './receive.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: LogStore;
let server: HttpServer;
let metrics: MetricsRegistry;
let roles: 'agent'[] | 'reader'[];

beforeEach(async () => {
  directory = temporaryDirectory();
  store = await openTestStore(directory.path);
  metrics = new MetricsRegistry();
  roles = ['agent'];
  const log = silentLogger;
  server = createHttpServer({ host: '127.0.0.1', port: 0, log, metrics, ready: () => true });
  const principalOf = () => ({ name: 'test', tenant: 'acme', roles, namespaces: '*' as const });
  registerReceive(server.app, { store, principalOf, log, metrics });
});

afterEach(async () => {
  await server.close();
  await store.close();
  directory.remove();
});

const resolve = (payload: object) =>
  server.app.inject({ method: 'POST', url: '/taffrail/v1/agent/resolve', headers: { host: 'localhost' }, payload });

const ship = (payload: Buffer, headers: Record<string, string> = { 'taffrail-epoch': store.epoch }) =>
  server.app.inject({
    method: 'POST',
    url: '/taffrail/v1/agent/frames',
    headers: { host: 'localhost', 'content-type': 'application/octet-stream', ...headers },
    payload,
  });

async function resolvedId(): Promise<string> {
  const answer = await resolve({ agent: { node: 'n1', version: '1' }, offers: [offer()] });
  return answer.json().instances[0].id;
}

test('An agent resolves and ships, and is told what became of each frame', async () => {
  const id = await resolvedId();
  const frames = [batch(id, { from: 0, lines: ['one'] }), batch(id, { from: 4, lines: ['two'] })];
  const answer = await ship(Buffer.concat([...frames, frames[0]!].map((frame) => frame.bytes)));
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), {
    epoch: store.epoch,
    results: [{ status: 'stored' }, { status: 'stored' }, { status: 'held' }],
  });
  assert.equal(store.status().lineCount, 2);
  assert.match(metrics.exposition(), /taffrail_receive_frames_total\{status="held"\} 1/);
  assert.match(metrics.exposition(), /taffrail_receive_in_flight_bytes 0/);
});

test('Another epoch is a conflict, before the body is looked at', async () => {
  for (const headers of [{ 'taffrail-epoch': 'another' }, {}] as Record<string, string>[]) {
    const answer = await ship(Buffer.from('no frame'), headers);
    assert.equal(answer.statusCode, 409);
    assert.equal(answer.json().error.code, 'conflict');
  }
});

test('Only agents may ship', async () => {
  roles = ['reader'];
  assert.equal((await ship(Buffer.alloc(0))).statusCode, 403);
  assert.equal((await resolve({})).statusCode, 403);
});

test('What is wrong with a request is named', async () => {
  const message = async (payload: object) => (await resolve(payload)).json().error.message;
  assert.equal(await message({ agent: 7 }), 'agent must be an object');
  const offers = [offer(), { ...offer(), segments: ['../x'] }];
  assert.equal(
    await message({ agent: { node: 'n', version: '1' }, offers }),
    'offers[1].segments[0] must be the name of a segment',
  );
  const damaged = batch(await resolvedId(), { from: 0, lines: ['one'] }).bytes;
  damaged[damaged.length - 1]! ^= 1;
  const answer = await ship(damaged);
  assert.equal(answer.statusCode, 400);
  assert.match(answer.json().error.message, /frame at byte 0 .* checksum/);
});

test('A body beyond the limit is refused by name', async () => {
  const answer = await ship(Buffer.alloc(limits.requestBytesMax + 1));
  assert.equal(answer.statusCode, 400);
  assert.match(answer.json().error.message, /requestBytesMax/);
  assert.match(metrics.exposition(), /taffrail_receive_refused_requests_total\{code="bad-request"\} 1/);
});

test('Requests beyond the bytes in flight are refused until others are done', async () => {
  const budget = new BodyBudget(100, 100);
  const request = (bytes: number) => ({ headers: { 'content-length': String(bytes) }, raw: {} }) as never;
  const body = (bytes: number) => [Buffer.alloc(bytes)] as never;
  const first = request(60);
  assert.equal((await budget.receive(first, body(60))).length, 60);
  await assert.rejects(budget.receive(request(60), body(60)), { code: 'overloaded' });
  budget.release(first);
  budget.release(first);
  assert.equal(budget.inFlightBytes(), 0);
  await budget.receive(request(60), body(60));
  await assert.rejects(budget.receive(request(10), body(5)), { code: 'bad-request' });
});
