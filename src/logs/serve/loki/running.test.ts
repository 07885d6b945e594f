import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { type LokiUnderTest, reader, startLoki } from './loki-under-test.ts';

interface Listed {
  id: string;
  query: string;
  by: string;
  kind: string;
  state: string;
  language: string;
}

async function listed(loki: LokiUnderTest): Promise<Listed[]> {
  const answer = await fetch(new URL('/taffrail/v1/queries', loki.url));
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { queries: Listed[] }).queries;
}

async function cancel(loki: LokiUnderTest, id: string): Promise<number> {
  return (await fetch(new URL(`/taffrail/v1/queries/${id}`, loki.url), { method: 'DELETE' })).status;
}

async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (let left = 500; left > 0; left--) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('waited in vain');
}

/** Long enough to be seen while it runs. */
async function startFull(t: { after(fn: () => unknown): void }): Promise<{ loki: LokiUnderTest; query: string }> {
  const loki = await startLoki({ settings: { runningMax: 1, queuedMax: 5 } });
  t.after(() => loki.close());
  const id = await loki.cluster.run({ pod: 'web-1', second: 1 });
  const line = 'a'.repeat(2000);
  for (let batch = 0; batch < 8; batch++)
    await loki.cluster.write(
      id,
      Array.from({ length: 900 }, () => line),
      batch + 1,
    );
  const heavy = '| line_format "{{ regexReplaceAll \\"(a|aa)+b\\" __line__ \\"x\\" }}"';
  return { loki, query: `sum(bytes_over_time({pod="web-1"} ${heavy.repeat(20)} [1h]))` };
}

test('queries that run and wait are listed, and each can be ended', async (t) => {
  const { loki, query } = await startFull(t);
  const first = loki.get('query', { query });
  await until(async () => (await listed(loki))[0]?.state === 'running');
  const second = loki.get('query_range', { query: '{pod="web-1"}' });
  const [running, queued] = await until(async () => {
    const all = await listed(loki);
    return all.length === 2 && all;
  });
  assert.deepEqual(
    [running!.query, running!.by, running!.kind, running!.language],
    [query, 'somebody', 'instant', 'logql'],
  );
  assert.deepEqual([queued!.state, queued!.kind], ['queued', 'range']);
  assert.equal(await cancel(loki, 'logql-999'), 404);
  assert.equal(await cancel(loki, queued!.id), 204);
  assert.equal((await second).status, 499);
  assert.equal(await cancel(loki, running!.id), 204);
  const { status, text } = await first;
  assert.equal(status, 499, text);
  assert.match(text, /canceled/);
  assert.deepEqual(await listed(loki), []);
});

test("only an administrator sees and ends the queries of others; nobody another tenant's", async (t) => {
  const { loki, query } = await startFull(t);
  const asked = loki.get('query', { query });
  const [{ id }] = (await until(async () => {
    const all = await listed(loki);
    return all.length > 0 && all;
  })) as [Listed];
  for (const principal of [
    { ...reader, name: 'somebody-else' },
    { ...reader, roles: ['admin'] as const, tenant: 'other' },
  ]) {
    loki.principal = principal;
    assert.deepEqual(await listed(loki), []);
    assert.equal(await cancel(loki, id), 404);
  }
  loki.principal = { ...reader, roles: ['agent'] };
  assert.equal((await fetch(new URL('/taffrail/v1/queries', loki.url))).status, 403);
  loki.principal = { ...reader, name: 'operator', roles: ['admin'] };
  assert.equal((await listed(loki)).length, 1);
  assert.equal(await cancel(loki, id), 204);
  assert.equal((await asked).status, 499);
});

test('a query leaves the list when its client goes away', async (t) => {
  const { loki, query } = await startFull(t);
  const gone = new AbortController();
  const url = new URL(`/loki/api/v1/query?${new URLSearchParams({ query })}`, loki.url);
  const asked = fetch(url, { signal: gone.signal }).catch(() => 'gone');
  await until(async () => (await listed(loki)).length === 1);
  gone.abort();
  assert.equal(await asked, 'gone');
  await until(async () => (await listed(loki)).length === 0);
});

test('a tail is listed, and ends when it is ended', async (t) => {
  const { loki } = await startFull(t);
  const url = new URL('/loki/api/v1/tail?query={pod="web-1"}&limit=1', loki.url);
  url.protocol = 'ws:';
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const [{ id, kind, state }] = (await until(async () => {
    const all = await listed(loki);
    return all.length > 0 && all;
  })) as [Listed];
  assert.deepEqual([kind, state], ['tail', 'running']);
  assert.equal(await cancel(loki, id), 204);
  await closed;
  assert.deepEqual(await listed(loki), []);
});
