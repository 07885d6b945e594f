import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type LokiUnderTest, startLoki } from './loki-under-test.ts';

const path = `/loki/api/v1/query_range?${new URLSearchParams({ query: '{pod="web-1"}', limit: '5000' })}`;

/** More than what lies between two sockets. */
async function startWithMuch(stalledMsMax: number): Promise<LokiUnderTest> {
  const loki = await startLoki({ settings: { stalledMsMax } });
  const id = await loki.cluster.run({ pod: 'web-1', second: 1 });
  const lines = Array.from({ length: 200 }, (_, at) => `${at} ${'x'.repeat(8000)}`);
  for (let batch = 0; batch < 10; batch++) await loki.cluster.write(id, lines, batch + 1);
  return loki;
}

test('a client that takes nothing of its answer is cut', { timeout: 30_000 }, async (t) => {
  const loki = await startWithMuch(300);
  t.after(() => loki.close());
  const socket = connect(Number(loki.url.port), '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, 'readable');
  // What was sent before the end can still be read, and is not all.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  let bytes = 0;
  socket.on('data', (chunk) => (bytes += chunk.length));
  await once(socket, 'close');
  assert.ok(bytes > 0 && bytes < 16_000_000, `${bytes} bytes`);
});

test('a client that takes its answer slowly, or waits long for it, is not', { timeout: 30_000 }, async (t) => {
  const loki = await startWithMuch(2000);
  t.after(() => loki.close());
  const answer = await fetch(new URL(path, loki.url));
  let bytes = 0;
  for await (const chunk of answer.body!) {
    bytes += chunk.length;
    if (bytes % 4_000_000 < chunk.length) await new Promise((resolve) => setTimeout(resolve, 600));
  }
  assert.ok(bytes > 16_000_000);
});
