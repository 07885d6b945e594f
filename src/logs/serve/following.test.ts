import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { callServer } from '../../cli/server-call.ts';
import type { LogsRequest } from './protocol.ts';
import { numbered, seenOf } from './reader-under-test.ts';
import { type ServerUnderTest, startServerUnderTest } from './server-under-test.ts';

let server: ServerUnderTest;

beforeEach(async () => {
  server = await startServerUnderTest();
});

afterEach(() => server.close());

const ask = (request: LogsRequest, ...rest: [enough?: number, each?: Parameters<typeof seenOf>[3]]) =>
  seenOf(server, request, ...rest);

/** The pod `web-1`, which has said one thing. */
async function firstOfWeb(): Promise<string> {
  const { cluster } = server;
  await cluster.pod('web-1', { labels: { app: 'web' } });
  const first = await cluster.run({ second: 10 });
  await cluster.write(first, ['first'], 10);
  return first;
}

test('following goes over from what is stored to what comes, without loss or doubles, while both are written to', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  let next = 0;
  const write = async () => {
    const from = next;
    next += 7;
    await cluster.write(id, numbered(from, next), 1 + Math.floor(from / 1000));
  };
  for (let i = 0; i < 20; i++) await write();
  let writing = true;
  const writer = (async () => {
    while (writing) await write();
  })();
  const { lines } = await ask({ pod: 'web-1', follow: true }, 1500);
  writing = false;
  await writer;
  assert.deepEqual(lines, numbered(0, lines.length));
});

test('following takes in restarts and, by selector, new pods; other containers and older runs stay out', async () => {
  const { cluster } = server;
  const first = await firstOfWeb();
  const { lines } = await ask({ labelSelector: 'app=web', follow: true, tail: 10 }, 4, async ({ lines }, { kind }) => {
    if (lines.length !== 1 || kind !== 'lines') return;
    await cluster.write(await cluster.run({ attempt: 7, second: 2 }), ['an older run, shipped late'], 2);
    await cluster.write(await cluster.run({ attempt: 1, second: 20 }), ['restarted'], 20);
    await cluster.pod('other', { labels: { app: 'other' } });
    await cluster.write(await cluster.run({ pod: 'other', second: 21 }), ['of another app'], 21);
    await cluster.pod('web-2', { labels: { app: 'web' }, containers: ['app', 'side'] });
    await cluster.write(await cluster.run({ pod: 'web-2', container: 'side', second: 22 }), ['not the default'], 22);
    await cluster.write(await cluster.run({ pod: 'web-2', second: 22 }), ['new pod'], 22);
    await cluster.write(first, ['late words'], 23);
  });
  assert.deepEqual(lines, ['first', 'restarted', 'new pod', 'late words']);
});

test('lines that come before the labels of their pod wait for them while a selector is followed', async () => {
  const { cluster } = server;
  const first = await firstOfWeb();
  const { lines } = await ask({ labelSelector: 'app=web', follow: true, tail: 10 }, 4, async ({ lines }, { kind }) => {
    if (lines.length !== 1 || kind !== 'lines') return;
    const other = await cluster.run({ pod: 'other', second: 20 });
    const early = await cluster.run({ pod: 'web-2', second: 20 });
    await cluster.write(other, ['of another app'], 20);
    await cluster.write(early, ['before the labels'], 21);
    await cluster.write(first, ['behind it'], 22);
    await cluster.pod('other', { labels: { app: 'other' } });
    await cluster.pod('web-2', { labels: { app: 'web' } });
    await cluster.write(early, ['after them'], 23);
  });
  assert.deepEqual(lines, ['first', 'before the labels', 'behind it', 'after them']);
});

test('a pod of which nothing is ever known holds a follower for a few seconds, not for good', async () => {
  const { cluster } = server;
  const first = await firstOfWeb();
  const { lines } = await ask({ labelSelector: 'app=web', follow: true, tail: 10 }, 2, async ({ lines }, { kind }) => {
    if (lines.length !== 1 || kind !== 'lines') return;
    await cluster.write(await cluster.run({ pod: 'nameless', second: 20 }), ['of nobody'], 20);
    await cluster.write(first, ['behind it'], 22);
  });
  assert.deepEqual(lines, ['first', 'behind it']);
});

test('context goes on over the change from what is stored to what comes', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  await cluster.write(id, ['1', '2', 'hit 3', '4']);
  const { lines } = await ask(
    { pod: 'web-1', follow: true, grep: 'hit', before: 2, after: 2 },
    8,
    ({ lines }, { kind }) => {
      if (lines.length === 4 && kind === 'lines') void cluster.write(id, ['5', '6', '7', '8', 'hit 9'], 2);
    },
  );
  assert.deepEqual(lines, ['1', '2', 'hit 3', '4', '5', '7', '8', 'hit 9']);
});

test('following a pod that has finished ends when its last line was read', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  await cluster.write(id, ['a']);
  const { lines } = await ask({ pod: 'web-1', follow: true }, undefined, async (_, { kind }) => {
    if (kind !== 'lines') return;
    if ((await ask({ pod: 'web-1' })).lines.length > 1) return;
    await cluster.write(id, ['b'], 2);
    await cluster.pod('web-1', { phase: 'Succeeded' });
    await cluster.end(id);
  });
  assert.deepEqual(lines, ['a', 'b']);
});

test('a server that restarts while it is followed is found again, and nothing is lost or comes twice', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  await cluster.write(id, numbered(0, 5));
  let restarts = 0;
  const lost: string[] = [];
  const { lines } = await ask({ pod: 'web-1', follow: true }, 20, async ({ lines }, event) => {
    if (event.kind === 'lost') lost.push(event.error.message);
    if (event.kind !== 'lines' || lines.length !== 5 * (restarts + 1) || restarts === 3) return;
    restarts++;
    await server.restart();
    await cluster.write(id, numbered(restarts * 5, restarts * 5 + 5), 1 + restarts);
  });
  assert.deepEqual(lines, numbered(0, 20));
  assert.equal(lost.length, 3);
});

test('more containers than may be followed are refused as kubectl refuses them', async () => {
  const { cluster } = server;
  for (const pod of ['a', 'b', 'c']) await cluster.write(await cluster.run({ pod }), [pod]);
  await assert.rejects(ask({ follow: true, followedMax: 2 }), {
    code: 'bad-request',
    message:
      'you are attempting to follow 3 log streams, but maximum allowed concurrency is 2, use --max-log-requests to increase the limit',
  });
});

test('a silent follower hears that the server is alive, and one that stops reading is cut', async (t) => {
  const quick = await startServerUnderTest('*', { timing: { heartbeatMs: 40, stalledReaderMsMax: 300 } });
  t.after(() => quick.close());
  const id = await quick.cluster.run();
  await quick.cluster.write(id, ['a']);
  const answer = await callServer({ url: quick.url }, '/taffrail/v1/logs', { body: { pod: 'web-1', follow: true } });
  const beat = Buffer.from([1, 0, 0, 0, 5]);
  let received = Buffer.alloc(0);
  for await (const chunk of answer) {
    received = Buffer.concat([received, chunk]);
    if (received.includes(Buffer.concat([beat, beat]))) break;
  }
  for (let i = 0; i < 8; i++)
    await quick.cluster.write(
      id,
      Array.from({ length: 1000 }, () => 'x'.repeat(4000)),
      2 + i,
    );
  const socket = connect(Number(quick.url.port), '127.0.0.1');
  const body = JSON.stringify({ pod: 'web-1' });
  socket.write(
    `POST /taffrail/v1/logs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  for (const deadline = Date.now() + 10_000; !/end="stalled"} 1/.test(quick.metrics.exposition()); ) {
    assert.ok(Date.now() < deadline, quick.metrics.exposition());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.destroy();
  await once(socket, 'close');
});
