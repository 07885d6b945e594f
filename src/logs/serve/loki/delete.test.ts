import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { createHttpServer } from '../../../http/http.ts';
import type { Principal } from '../../../http/principal.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import { openTestStore, temporaryDirectory } from '../../store/store-fixture.ts';
import { Deletes } from '../deletion/deletes.ts';
import { registerLogReads } from '../serve.ts';
import { Cluster, tenant } from '../server-under-test.ts';
import { registerLokiApi } from './loki.ts';
import { epochMs, nowMs } from './loki-under-test.ts';

const admin: Principal = { name: 'operator', tenant, roles: ['reader', 'admin'], namespaces: '*' };
const cancelPeriodMs = 60_000;

/** A server that can be stopped and started on its directory. */
class DeletingServer {
  readonly directory = temporaryDirectory();
  principal: Principal = admin;
  nowMs = nowMs;
  cluster!: Cluster;
  deletes!: Deletes;
  url!: string;
  #close!: () => Promise<void>;

  async start(): Promise<void> {
    const store = await openTestStore(this.directory.path);
    const clock: Clock = { ...systemClock, nowMs: () => this.nowMs };
    let last = 0;
    const common = { clock, log: silentLogger, metrics: new MetricsRegistry() };
    this.deletes = new Deletes({
      ...{ ...common, dataDir: this.directory.path, store, cancelPeriodMs },
      random: () => `id${this.deletes?.list(tenant).length ?? 0}-${last++}`,
    });
    const http = createHttpServer({ host: '127.0.0.1', port: 0, ready: () => true, ...common });
    const parts = { store: this.deletes.store, principalOf: () => this.principal, ...common };
    registerLogReads(http.app, parts);
    registerLokiApi(http.app, { ...parts, deletes: this.deletes });
    this.url = await http.listen();
    this.cluster = new Cluster(store);
    this.#close = async () => {
      await http.close();
      await this.deletes.close();
      await store.close();
    };
  }

  async restart(): Promise<void> {
    await this.#close();
    await this.start();
  }

  async end(): Promise<void> {
    await this.#close();
    this.directory.remove();
  }

  async call(
    method: string,
    parameters: Record<string, string>,
  ): Promise<{ status: number; text: string; id: string }> {
    const answer = await fetch(`${this.url}/loki/api/v1/delete?${new URLSearchParams(parameters)}`, { method });
    return { status: answer.status, text: await answer.text(), id: answer.headers.get('x-delete-request-id') ?? '' };
  }

  async list(): Promise<Record<string, unknown>[]> {
    return JSON.parse((await this.call('GET', {})).text);
  }

  async lines(query: string): Promise<string[]> {
    const parameters = new URLSearchParams({
      query,
      direction: 'forward',
      limit: '5000',
      start: String(epochMs / 1000 - 60),
    });
    const answer = await fetch(`${this.url}/loki/api/v1/query_range?${parameters}`);
    const { data } = (await answer.json()) as { data: { result: { values: [string, string][] }[] } };
    return data.result.flatMap(({ values }) => values.map(([, line]) => line)).sort();
  }

  async json(path: string): Promise<{ data: unknown }> {
    return (await (await fetch(`${this.url}/loki/api/v1/${path}`)).json()) as { data: unknown };
  }

  async push(labels: Record<string, string>, lines: readonly string[], second: number): Promise<void> {
    const bytes = Buffer.from(lines.join(''));
    const to = lines.map((_, at) => lines.slice(0, at + 1).join('').length);
    await this.cluster.store.push(tenant, { name: 'somebody', namespaces: '*' }, [
      {
        ...{ labels, bytes, to, from: [0, ...to.slice(0, -1)] },
        ...{ seconds: lines.map((_, at) => epochMs / 1000 + second + at), nanos: lines.map(() => 0) },
      },
    ]);
  }
}

const at = (second: number) => String(epochMs / 1000 + second);

async function started(t: { after(fn: () => unknown): void }): Promise<DeletingServer> {
  const server = new DeletingServer();
  await server.start();
  t.after(() => server.end());
  const web = await server.cluster.run({ pod: 'web-1', second: 1 });
  await server.cluster.write(web, ['early'], 10);
  await server.cluster.write(web, ['middle', 'also in the middle'], 100);
  await server.cluster.write(web, ['late'], 200);
  const other = await server.cluster.run({ pod: 'other-1', second: 1 });
  await server.cluster.write(other, ['of another pod'], 100);
  await server.push({ app: 'job' }, ['one', 'two', 'three'], 100);
  return server;
}

const left = ['early', 'late', 'of another pod'];
const middle = { query: '{pod="web-1"}', start: at(50), end: at(150) };

test('lines of a time range are gone at once from every read, and stay so over restarts', async (t) => {
  const server = await started(t);
  const { status, id } = await server.call('POST', middle);
  assert.deepEqual([status, id !== ''], [204, true]);
  for (const state of ['now', 'after a restart']) {
    assert.deepEqual(await server.lines('{pod=~".+"}'), left, state);
    const count = await server.json(
      `query?time=${at(600)}&query=${encodeURIComponent('sum(count_over_time({pod=~".+"}[1h]))')}`,
    );
    assert.equal((count.data as { result: { value: string[] }[] }).result[0]!.value[1], '3');
    const patterns = await server.json(`patterns?query=${encodeURIComponent('{pod=~".+"}')}`);
    assert.doesNotMatch(JSON.stringify(patterns), /middle/);
    const logs = await fetch(`${server.url}/taffrail/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pod: 'web-1' }),
    });
    const text = await logs.text();
    assert.ok(text.includes('early') && text.includes('late') && !text.includes('middle'), state);
    const [request] = await server.list();
    assert.deepEqual(request, {
      ...{ request_id: id, start_time: epochMs / 1000 + 50, end_time: epochMs / 1000 + 150 },
      ...{ query: '{pod="web-1"}', status: 'received', created_at: nowMs / 1000 },
    });
    await server.restart();
  }
});

test('a request can be cancelled for a while, and brings its lines back; not when it is processed', async (t) => {
  const server = await started(t);
  const { id } = await server.call('PUT', middle);
  assert.equal((await server.call('DELETE', { request_id: id })).status, 204);
  assert.equal((await server.lines('{pod="web-1"}')).length, 4);
  assert.deepEqual(await server.list(), []);
  const again = await server.call('POST', middle);
  server.nowMs += cancelPeriodMs + 1;
  await server.deletes.process();
  assert.equal((await server.list())[0]?.status, 'processed');
  const late = await server.call('DELETE', { request_id: again.id });
  assert.deepEqual([late.status, /already processed is not allowed/.test(late.text)], [400, true]);
  assert.equal((await server.call('DELETE', { request_id: 'none' })).status, 404);
  await server.restart();
  assert.deepEqual(await server.lines('{pod=~".+"}'), left);
});

test('whole streams give up their room when they can no longer be cancelled, and are not among the streams before', async (t) => {
  const server = await started(t);
  const ended = await server.cluster.run({ pod: 'ended-1', second: 1 });
  await server.cluster.write(ended, ['the last words'], 100);
  await server.cluster.end(ended);
  for (const query of ['{app="job"}', '{pod="ended-1"}'])
    await server.call('POST', { query, start: at(0), end: at(3000) });
  assert.deepEqual(await server.lines('{app="job"}'), []);
  const labels = (await server.json('label/app/values')).data;
  assert.deepEqual(labels, []);
  assert.equal((await server.json('label/pod/values')).data?.toString(), 'other-1,web-1');
  const store = server.cluster.store;
  const scope = { tenant, namespaces: '*' } as const;
  assert.equal(store.pushedStreams(scope).length, 1, 'still stored, and hidden');
  server.nowMs += cancelPeriodMs + 1;
  await server.deletes.process();
  assert.deepEqual(store.pushedStreams(scope), []);
  assert.deepEqual(store.instances(scope, { pod: 'ended-1' }), []);
  await server.push({ app: 'job' }, ['one', 'two', 'three'], 100);
  assert.deepEqual(await server.lines('{app="job"}'), [], 'a repeated push does not bring them back');
  assert.deepEqual(store.instances(scope, { pod: 'web-1' }).length, 1);
});

test('one output of a container is deleted without the other, and a pushed stream without its neighbours', async (t) => {
  const server = await started(t);
  await server.push({ app: 'job', part: 'b' }, ['four'], 100);
  await server.call('POST', { query: '{app="job", part=""}', start: at(101), end: at(102) });
  assert.deepEqual(await server.lines('{app="job"}'), ['four', 'one']);
  await server.call('POST', { query: '{pod="web-1", stream="stderr"}', start: at(0), end: at(3000) });
  assert.equal((await server.lines('{pod="web-1"}')).length, 4);
});

test('with filters only the lines that come through are gone, at once, over restarts and when others are processed', async (t) => {
  const server = await started(t);
  await server.push({ app: 'job', part: 'b' }, ['level=info n=1', 'level=error n=2', '{"level":"error","n":3}'], 100);
  const whole = { start: at(0), end: at(3000) };
  const { id } = await server.call('POST', { ...whole, query: '{pod=~".+"} |= "middle" != "also" | pod="web-1"' });
  const queries = ['{app="job"} | logfmt | level="error" or part!="b" | n=""', '{part="b"} | json | n > 2'];
  for (const query of queries) assert.equal((await server.call('POST', { ...whole, query })).status, 204);
  const expected = ['also in the middle', 'early', 'late', 'of another pod'];
  const kept = ['level=error n=2', 'level=info n=1'];
  for (const state of ['now', 'after a restart', 'processed']) {
    assert.deepEqual(await server.lines('{pod=~".+"}'), expected, state);
    assert.deepEqual(await server.lines('{app="job"}'), kept, state);
    const count = `query?time=${at(600)}&query=${encodeURIComponent('sum(count_over_time({app="job"}[1h]))')}`;
    assert.equal(((await server.json(count)).data as { result: { value: string[] }[] }).result[0]!.value[1], '2');
    if (state === 'now') await server.restart();
    else {
      server.nowMs += cancelPeriodMs + 1;
      await server.deletes.process();
    }
  }
  assert.deepEqual(new Set((await server.list()).map(({ status }) => status)), new Set(['processed']));
  assert.equal((await server.call('DELETE', { request_id: id })).status, 400);
  assert.equal(JSON.parse(readFileSync(join(server.directory.path, 'deletes.json'), 'utf8')).version, 2);
});

test('a request with a filter can be cancelled, and the list is then as older versions read it', async (t) => {
  const server = await started(t);
  const { id } = await server.call('POST', { ...middle, query: '{pod="web-1"} | detected_level="unknown" |= "also"' });
  assert.deepEqual(await server.lines('{pod="web-1"}'), ['early', 'late', 'middle']);
  await server.call('POST', { query: '{app="job"}', start: at(0), end: at(3000) });
  assert.equal((await server.call('DELETE', { request_id: id })).status, 204);
  assert.equal((await server.lines('{pod="web-1"}')).length, 4);
  assert.equal(JSON.parse(readFileSync(join(server.directory.path, 'deletes.json'), 'utf8')).version, 1);
});

test('only administrators delete, list and cancel; within their namespaces', async (t) => {
  const server = await started(t);
  const { id } = await server.call('POST', middle);
  for (const principal of [
    { ...admin, roles: ['reader'] as const },
    { ...admin, roles: ['agent'] as const },
  ]) {
    server.principal = principal;
    for (const method of ['POST', 'GET', 'DELETE']) {
      assert.equal((await server.call(method, { ...middle, request_id: id })).status, 403);
    }
  }
  server.principal = { ...admin, name: 'of-shop', namespaces: ['shop'] };
  assert.equal((await server.call('POST', { query: '{pod=~".+"}', start: at(0), end: at(3000) })).status, 204);
  assert.equal((await server.call('DELETE', { request_id: id })).status, 404, 'that of somebody else');
  server.principal = { ...admin, tenant: 'other' };
  assert.deepEqual(await server.list(), []);
  server.principal = admin;
  assert.deepEqual(await server.lines('{pod=~".+"}'), left, 'nothing of other namespaces was deleted');
});

test('mistakes are answered in the words of Loki, and delete nothing', async (t) => {
  const server = await started(t);
  for (const [parameters, message] of [
    [{ ...middle, query: '' }, /^query not set/],
    [{ ...middle, query: '{' }, /^parse error/],
    [{ ...middle, query: 'rate({a="b"}[1m])' }, /^invalid query expression/],
    [{ ...middle, query: '{pod="web-1"} |~ "("' }, /^parse error/],
    [{ ...middle, start: '' }, /^start time not set/],
    [{ ...middle, start: 'soon' }, /^invalid start time: require unix seconds or RFC3339 format/],
    [{ ...middle, end: at(50) }, /^start time can't be greater than or equal to end time/],
    [{ ...middle, end: String(nowMs / 1000 + 60) }, /^deletes in the future are not allowed/],
  ] as const) {
    const { status, text } = await server.call('POST', parameters);
    assert.equal(status, 400, text);
    assert.match(text, message);
  }
  assert.deepEqual(await server.list(), []);
  assert.equal((await server.lines('{pod=~".+"}')).length, 5);
});

test('a damaged or newer list of deletions is refused, not forgotten', async (t) => {
  const server = await started(t);
  await server.call('POST', middle);
  const path = join(server.directory.path, 'deletes.json');
  const open = () =>
    new Deletes({
      ...{ dataDir: server.directory.path, store: server.cluster.store, clock: systemClock, log: silentLogger },
      ...{ random: () => 'x', cancelPeriodMs },
    });
  for (const [text, code] of [
    ['{', 'corrupt'],
    ['{"version":1,"sha256":"0","requests":[]}', 'corrupt'],
    ['{"version":3}', 'newer-format'],
  ]) {
    writeFileSync(path, text!);
    assert.throws(open, { code });
  }
});
