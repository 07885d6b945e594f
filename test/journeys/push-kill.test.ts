import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { storedLines } from '../../src/logs/receive/push/push-under-test.ts';
import { openStore } from '../../src/logs/store/open.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { startServing, temporaryDirectory, until } from './processes.ts';

const CLIENTS = 4;
const KILLS = 3;
const LINES_PER_PUSH = 20;
const RETRY_MS = 20;

/* Clients that push, each the next request once the one before is acknowledged, and the same again as long as it is not. */

interface Client {
  /** Every line of which the server has said that it has it, as often as it was sent. */
  acknowledged: string[];
  /** The request whose answer never came. */
  pending: string[];
}

test('kill -9 during push from several clients that retry: every acknowledged line is there as often as it was sent', async (t) => {
  const dataDir = join(temporaryDirectory(t, 'push-kill'), 'server');
  const server = { url: '' };
  const stop = new AbortController();
  const clients: Client[] = Array.from({ length: CLIENTS }, () => ({ acknowledged: [], pending: [] }));
  const pushing = clients.map((client, number) => pushForever(server, client, number, stop.signal));
  for (let kill = 0; kill < KILLS; kill++) {
    const { process, url } = await startServing('server', dataDir);
    server.url = url;
    const acknowledged = () => clients.reduce((sum, client) => sum + client.acknowledged.length, 0);
    const before = acknowledged();
    await until('something is acknowledged between two kills', () => acknowledged() > before);
    await sleep(150 * kill);
    await process.stop('SIGKILL');
  }
  const { process, url } = await startServing('server', dataDir);
  server.url = url;
  await sleep(300);
  stop.abort();
  await Promise.all(pushing);
  await process.stop();

  const store = await openStore({ dataDir, log: silentLogger, metrics: new MetricsRegistry(), clock: systemClock });
  const counts = new Map<string, number>();
  for (const { line } of await storedLines(store)) counts.set(line, (counts.get(line) ?? 0) + 1);
  await store.close();
  for (const { acknowledged, pending } of clients) {
    const expected = countsOf(acknowledged);
    const wrong = [...expected].filter(([line, count]) => counts.get(line) !== count);
    assert.deepEqual(wrong, [], 'lines that were acknowledged are there as often as they were sent');
    const half = [...countsOf(pending)].filter(([line, count]) => (counts.get(line) ?? 0) > count);
    assert.deepEqual(half, [], 'lines that were not acknowledged are there no more often than they were sent');
  }
  const sent = clients.flatMap(({ acknowledged, pending }) => [...acknowledged, ...pending]);
  const known = new Set(sent);
  assert.deepEqual(
    [...counts.keys()].filter((line) => !known.has(line)),
    [],
    'nothing else is there',
  );
});

async function pushForever(
  server: { url: string },
  client: Client,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  for (let push = 0; !signal.aborted; push++) {
    // Every second line comes twice, at the same time: repeats that are meant.
    const lines = Array.from(
      { length: LINES_PER_PUSH },
      (_, i) => `client ${number} push ${push} line ${(i >> 1) << (i & 1 & push)}`,
    );
    const timeNs = BigInt(Date.now()) * 1_000_000n;
    const values = lines.map((line, i) => [`${timeNs + BigInt(i >> 1)}`, line]);
    // Half of the clients share one stream.
    const body = JSON.stringify({ streams: [{ stream: { job: 'push-kill', half: `${number % 2}` }, values }] });
    client.pending = lines;
    for (;;) {
      if (await isTaken(server.url, body)) break;
      if (signal.aborted) return;
      await sleep(RETRY_MS);
    }
    client.acknowledged.push(...lines);
    client.pending = [];
  }
}

async function isTaken(url: string, body: string): Promise<boolean> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', body, headers });
    await response.arrayBuffer();
    return response.status === 204;
  } catch {
    return false;
  }
}

function countsOf(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
