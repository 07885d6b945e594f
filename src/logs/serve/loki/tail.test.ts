import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { epochMs, type LokiUnderTest, reader, startLoki } from './loki-under-test.ts';

function tail({ url }: LokiUnderTest, parameters: Record<string, string>, headers = {}) {
  const address = new URL(
    `/loki/api/v1/tail?${new URLSearchParams({ start: String(epochMs / 1000), ...parameters })}`,
    url,
  );
  address.protocol = 'ws:';
  const socket = new WebSocket(address, { headers });
  const lines: string[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    for (const { values } of JSON.parse(String(data)).streams) lines.push(...values.map(([, line]: string[]) => line));
    wake();
  });
  const until = async (count: number) => {
    while (lines.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return lines;
  };
  return { socket, until };
}

test('a tail goes over from what is stored to what comes, by selector and pipeline', { timeout: 20_000 }, async (t) => {
  const loki = await startLoki();
  t.after(() => loki.close());
  const { cluster } = loki;
  const id = await cluster.run({ pod: 'web-1' });
  await cluster.write(id, ['ok 1', 'bad 1'], 1);
  const { socket, until } = tail(loki, { query: '{pod=~"web.*"} |= "ok"' });
  assert.deepEqual(await until(1), ['ok 1']);
  await cluster.write(id, ['bad 2', 'ok 2'], 2);
  await cluster.write(await cluster.run({ pod: 'other' }), ['ok of another'], 3);
  await cluster.write(await cluster.run({ pod: 'web-2' }), ['ok 3'], 4);
  const seconds = [epochMs / 1000 + 5];
  await cluster.store.push(reader.tenant, { name: 'x', namespaces: '*' }, [
    { labels: { pod: 'web-3' }, bytes: Buffer.from('ok 4'), from: [0], to: [4], seconds, nanos: [0] },
  ]);
  assert.deepEqual((await until(4)).toSorted(), ['ok 1', 'ok 2', 'ok 3', 'ok 4']);
  socket.close();
  await once(socket, 'close');
});

test('a tail tells where labels come from, of lines in the order of their times, and holds them back', {
  timeout: 20_000,
}, async (t) => {
  const loki = await startLoki();
  t.after(() => loki.close());
  await loki.cluster.write(await loki.cluster.run({ pod: 'web-1' }), ['n=1', 'n=2', 'n=3'], 1);
  const query = '{pod="web-1"} | logfmt';
  const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
  const { socket } = tail(loki, { query, delay_for: '1' }, headers);
  const [data] = await once(socket, 'message');
  const { streams, encodingFlags } = JSON.parse(String(data));
  assert.deepEqual(encodingFlags, ['categorize-labels']);
  assert.equal(streams.length, 1);
  assert.deepEqual(
    streams[0].values.map(([, line, { parsed }]: [string, string, { parsed: object }]) => [line, parsed]),
    ['1', '2', '3'].map((n) => [`n=${n}`, { n }]),
  );
  socket.terminate();
});

test('a tail shows no line of a namespace that its reader may not see', { timeout: 20_000 }, async (t) => {
  const loki = await startLoki();
  t.after(() => loki.close());
  const { cluster } = loki;
  loki.principal = { ...reader, namespaces: ['shop'] };
  const hidden = await cluster.run({ pod: 'a', namespace: 'secret' });
  await cluster.write(hidden, ['swordfish'], 1);
  const { socket, until } = tail(loki, { query: '{pod=~".+"}' });
  await once(socket, 'open');
  await cluster.write(hidden, ['swordfish again'], 2);
  await cluster.write(await cluster.run({ pod: 'b', namespace: 'shop' }), ['seen'], 3);
  assert.deepEqual(await until(1), ['seen']);
  socket.terminate();
});

test('a tail that may not be is refused before it begins, and more than may be at once', {
  timeout: 20_000,
}, async (t) => {
  const loki = await startLoki({ settings: { tailsMax: 1 } });
  t.after(() => loki.close());
  const refused = async (parameters: Record<string, string>) => {
    const { socket } = tail(loki, parameters);
    const [, answer] = await once(socket, 'unexpected-response');
    socket.on('error', () => {});
    socket.terminate();
    return answer.statusCode;
  };
  assert.equal(await refused({ query: '{' }), 400);
  assert.equal(await refused({ query: '{a="b"}', delay_for: '6' }), 400);
  const { socket } = tail(loki, { query: '{a="b"}' });
  await once(socket, 'open');
  assert.equal(await refused({ query: '{a="b"}' }), 429);
  loki.principal = { ...reader, roles: ['agent'] };
  assert.equal(await refused({ query: '{a="b"}' }), 403);
  socket.terminate();
});
