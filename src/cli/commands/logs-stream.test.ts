import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import type { LogsRequest } from '../../logs/serve/protocol.ts';
import { type ServerUnderTest, startServerUnderTest } from '../../logs/serve/server-under-test.ts';
import { LogsStream, linesOf } from './logs-stream.ts';

let server: ServerUnderTest;
let proxy: Server;
let sockets: Set<Socket>;
/** Bytes of the server's that the proxy lets through on the next connections, before it cuts them. */
let cuts: number[];

beforeEach(async () => {
  server = await startServerUnderTest();
  sockets = new Set();
  cuts = [];
  proxy = createServer((socket) => forward(socket, cuts.shift() ?? Number.POSITIVE_INFINITY));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await server.close();
});

function forward(socket: Socket, left: number): void {
  const upstream = connect(Number(server.url.port), '127.0.0.1');
  for (const one of [socket, upstream]) {
    sockets.add(one);
    one.on('error', () => {});
    one.on('close', () => {
      socket.destroy();
      upstream.destroy();
    });
  }
  socket.pipe(upstream);
  upstream.on('data', (chunk) => {
    socket.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) socket.end();
  });
}

async function read(request: LogsRequest, isEnough = (_: string[]) => false): Promise<string[]> {
  const stop = new AbortController();
  const url = new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  const clock = { ...systemClock, sleep: async () => {} };
  const lines: string[] = [];
  for await (const event of new LogsStream(request, {
    resolve: () => ({ url }),
    signal: stop.signal,
    clock,
  }).events()) {
    if (event.kind === 'lines') lines.push(...Array.from(linesOf(event.runs), ({ bytes }) => bytes.toString()));
    if (isEnough(lines)) stop.abort();
  }
  return lines;
}

/** Three containers that write at the same time, in batches of several sizes. */
async function fill(): Promise<void> {
  const { cluster } = server;
  const ids = await Promise.all(['a', 'b', 'c'].map((container) => cluster.run({ container })));
  for (let round = 0; round < 6; round++) {
    for (const [i, id] of ids.entries()) {
      const lines = Array.from({ length: 40 + 13 * i }, (_, n) => `${i} ${round} ${n} ${'x'.repeat((n * 37) % 500)}`);
      await cluster.write(id, lines, round + 1);
    }
  }
}

const requests: LogsRequest[] = [
  { pod: 'web-1', allContainers: true },
  { pod: 'web-1', allContainers: true, tail: 150 },
  { pod: 'web-1', allContainers: true, grep: ' (3|7|20) x', before: 2, after: 1 },
];

test('an answer that is cut anywhere, again and again, is put together without loss or doubles', async () => {
  await fill();
  for (const request of requests) {
    const whole = await read(request);
    assert.ok(whole.length > 100);
    for (let seed = 1; seed <= 12; seed++) {
      // The head and the first cursor take a few hundred bytes; some cuts come right behind them.
      cuts = Array.from({ length: 6 }, (_, i) => 700 + ((seed * 7919 + i * 104_729) % 40_000));
      assert.deepEqual(await read(request), whole, `cut after ${cuts}`);
      cuts = [];
    }
  }
});

test('following is cut in what is stored and in what comes, and still gives everything once', async () => {
  await fill();
  const id = await server.cluster.run({ container: 'a' });
  for (const [turn, more] of [{}, { grep: ' (3|7|20) x|hit', before: 3, after: 2 }].entries()) {
    const request: LogsRequest = { pod: 'web-1', container: 'a', ...more };
    cuts = [3000, 900, 20_000, 1200, 60_000, 800, 5000];
    const last = `hit, the last of turn ${turn}`;
    const following = read({ ...request, follow: true }, (lines) => lines.includes(last));
    for (let i = 0; i < 60; i++) {
      await server.cluster.write(id, [`${i}`, i % 3 === 0 ? 'hit' : 'miss', `after ${i}`], 100 + i);
      if (i % 10 === 5) for (const socket of sockets) socket.destroy();
    }
    await server.cluster.write(id, [last], 200);
    const lines = await following;
    cuts = [];
    assert.deepEqual(lines, await read(request));
    assert.ok(lines.length > 50);
  }
});

test('a server that was never reached, or refuses, is not asked again', async () => {
  await assert.rejects(read({ pod: 'nope' }), { code: 'not-found' });
  cuts = [0];
  await assert.rejects(read({ pod: 'nope' }), { code: 'unavailable' });
  await server.close();
  await assert.rejects(read({ pod: 'nope' }), { code: 'unavailable' });
  server = await startServerUnderTest();
});

test('an answer that never comes to its end is given up after some attempts', async () => {
  await fill();
  cuts = Array.from({ length: 100 }, () => 500);
  await assert.rejects(read({ pod: 'web-1', allContainers: true }), {
    code: 'unavailable',
    message: /broke off|ended its answer early/,
  });
  assert.ok(cuts.length > 50);
});
