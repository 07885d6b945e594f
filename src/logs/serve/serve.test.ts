import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { callServer, getJson } from '../../cli/server-call.ts';
import type { InstancesAnswer, LogsRequest } from './protocol.ts';
import { numbered, seenOf } from './reader-under-test.ts';
import { type ServerUnderTest, startServerUnderTest } from './server-under-test.ts';

let server: ServerUnderTest;

beforeEach(async () => {
  server = await startServerUnderTest();
});

afterEach(() => server.close());

const ask = (request: LogsRequest, ...rest: [enough?: number, each?: Parameters<typeof seenOf>[3]]) =>
  seenOf(server, request, ...rest);

test('the lines of a pod come in the order of its file, and the latest instance is meant', async () => {
  const { cluster } = server;
  await cluster.write(await cluster.run({ attempt: 0, second: 1 }), ['old']);
  const id = await cluster.run({ attempt: 1, second: 5 });
  await cluster.write(id, ['a', '', 'b\tc'], 6);
  await cluster.write(id, ['earlier in time, later in the file'], 5);
  assert.deepEqual(await ask({ pod: 'web-1' }), {
    lines: ['a', '', 'b\tc', 'earlier in time, later in the file'],
    notices: [],
  });
});

test('instances: all of them in order, the one before, one by its restart number', async () => {
  const { cluster } = server;
  for (let attempt = 0; attempt < 5; attempt++) {
    await cluster.write(await cluster.run({ attempt, second: attempt * 10 + 1 }), [`run ${attempt}`], attempt * 10 + 1);
  }
  await cluster.write(await cluster.run({ podUid: 'second', attempt: 0, second: 100 }), ['second uid'], 100);
  const lines = async (instance: 'latest' | 'all' | number) => (await ask({ pod: 'web-1', instance })).lines;
  assert.deepEqual(await lines('all'), ['run 0', 'run 1', 'run 2', 'run 3', 'run 4', 'second uid']);
  assert.deepEqual(await lines('latest'), ['second uid']);
  assert.deepEqual(await lines(-1), ['run 4']);
  assert.deepEqual(await lines(-5), ['run 0']);
  assert.deepEqual(await lines(0), ['second uid']);
  await assert.rejects(lines(3), { code: 'not-found', message: 'container "app" in pod "web-1" has no instance 3' });
  await assert.rejects(lines(-6), { code: 'not-found' });
});

test('several containers are merged by time', async () => {
  const { cluster } = server;
  const [a, b] = [await cluster.run({ container: 'a' }), await cluster.run({ container: 'b' })];
  await cluster.write(a, ['a1'], 1);
  await cluster.write(a, ['a3'], 3);
  await cluster.write(b, ['b2'], 2);
  await cluster.write(b, ['b4'], 4);
  assert.deepEqual((await ask({ pod: 'web-1', allContainers: true })).lines, ['a1', 'b2', 'a3', 'b4']);
});

test('--tail counts for each container, over several batches, and over instances where all are asked for', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  for (let i = 0; i < 10; i++) await cluster.write(id, numbered(i * 10, i * 10 + 10), i + 1);
  const other = await cluster.run({ pod: 'web-2' });
  await cluster.write(other, ['x', 'y'], 1);
  const tail = async (count: number, more: LogsRequest = { pod: 'web-1' }) =>
    (await ask({ tail: count, ...more })).lines;
  assert.deepEqual(await tail(3), ['97', '98', '99']);
  assert.deepEqual(await tail(15), numbered(85, 100));
  assert.deepEqual(await tail(0), []);
  assert.deepEqual(await tail(1000), numbered(0, 100));
  assert.deepEqual(await tail(1, {}), ['y', '99']);
  await cluster.write(await cluster.run({ attempt: 1, second: 50 }), ['n1', 'n2'], 50);
  assert.deepEqual(await tail(4, { pod: 'web-1', instance: 'all' }), ['98', '99', 'n1', 'n2']);
  assert.deepEqual(await tail(4), ['n1', 'n2']);
});

test('grep with context, inverted, ignoring case, by stream and time, forward and from the end', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  for (let i = 0; i < 10; i++) {
    await cluster.write(
      id,
      numbered(i * 10, i * 10 + 10).map((line) => (Number(line) % 25 === 0 ? `${line} Error` : line)),
      i + 1,
    );
  }
  const lines = async (more: LogsRequest) => (await ask({ pod: 'web-1', ...more })).lines;
  assert.deepEqual(await lines({ grep: 'Error' }), ['0 Error', '25 Error', '50 Error', '75 Error']);
  assert.deepEqual(await lines({ grep: 'error' }), []);
  assert.deepEqual(await lines({ grep: 'error', ignoreCase: true, tail: 1 }), ['75 Error']);
  assert.deepEqual(await lines({ grep: 'Error', before: 2, after: 1, tail: 2 }), [
    '48',
    '49',
    '50 Error',
    '51',
    '73',
    '74',
    '75 Error',
    '76',
  ]);
  assert.deepEqual(await lines({ grep: '^5[0-9] E|^\\d$', before: 1 }), [
    '0 Error',
    ...numbered(1, 10),
    '49',
    '50 Error',
  ]);
  assert.deepEqual(await lines({ grep: '\\d\\d', invert: true }), ['0 Error', ...numbered(1, 10)]);
  assert.deepEqual(await lines({ since: '2024-01-01T00:00:10.008Z' }), ['98', '99']);
  assert.deepEqual(await lines({ until: '2024-01-01T00:00:01.002Z' }), ['0 Error', '1']);
  assert.deepEqual(await lines({ stream: 'stderr' }), []);
  assert.deepEqual((await lines({ stream: 'stdout' })).length, 100);
});

test('what is missing is said: gaps with size and reason, and what the agent has still to ship', async () => {
  const { cluster } = server;
  const id = await cluster.run();
  await cluster.write(id, ['a']);
  await cluster.gap(id);
  await cluster.tell({ kind: 'progress', instance: id, state: 'live', lagBytes: 3000 });
  assert.deepEqual(await ask({ pod: 'web-1' }), {
    lines: ['a'],
    notices: [
      'default/web-1 app (instance 0): 2 KiB missing, rotated away before they were read; 2.9 KiB not yet shipped from node n1',
    ],
  });
});

test('a node whose agent has gone silent is named, where one of its containers may still write', async () => {
  await server.close();
  server = await startServerUnderTest('*', { silentMs: (_, node) => (node === 'n1' ? 61_000 : null) });
  const { cluster } = server;
  const id = await cluster.run();
  await cluster.write(id, ['a']);
  assert.deepEqual((await ask({ pod: 'web-1' })).notices, ['the agent of node n1 has said nothing for 61 s']);
  await cluster.end(id);
  assert.deepEqual((await ask({ pod: 'web-1' })).notices, []);
});

test('what is not there is refused in the words of kubectl', async () => {
  const { cluster } = server;
  await assert.rejects(ask({ pod: 'nope' }), { code: 'not-found', message: 'pods "nope" not found' });
  assert.deepEqual((await ask({ labelSelector: 'a=b', namespace: 'shop' })).notices, [
    'No resources found in shop namespace.',
  ]);
  await cluster.write(await cluster.run(), ['a']);
  await assert.rejects(ask({ pod: 'web-1', instance: -1 }), {
    message: 'previous terminated container "app" in pod "web-1" not found',
  });
  await assert.rejects(ask({ pod: 'web-1', container: 'x' }), {
    message: 'container x is not valid for pod web-1 out of: app',
  });
});

test('a malformed request is answered with the field that is wrong', async () => {
  const wrong: [unknown, RegExp][] = [
    [{ pod: 7 }, /pod wants a text/],
    [{ pods: 'a' }, /pods is not a field/],
    [{ __proto__: null, constructor: 1 }, /constructor is not a field/],
    [{ tail: -1 }, /tail wants a whole number/],
    [{ instance: 'first' }, /instance wants/],
    [{ since: 'yesterday' }, /since wants a time/],
    [{ grep: '(' }, /grep: /],
    [{ labelSelector: 'a in (' }, /./],
    [{ workload: { kind: 'x' } }, /workload wants/],
    [{ resume: { skip: 0 } }, /resume wants/],
    [{ pod: 'a', follow: true, until: '2024-01-01T00:00:00Z' }, /exclude each other/],
    [[], /not a JSON object/],
  ];
  for (const [body, message] of wrong) {
    await assert.rejects(callServer({ url: server.url }, '/taffrail/v1/logs', { body }), {
      code: 'bad-request',
      message,
    });
  }
});

test('what the caller may not read does not exist for it, in lines, in lists and while following', async (t) => {
  const bounded = await startServerUnderTest(['shop']);
  t.after(() => bounded.close());
  const unbounded = server;
  try {
    server = bounded;
    const secret = await bounded.cluster.run({ namespace: 'secret' });
    await bounded.cluster.write(secret, ['hidden']);
    const open = await bounded.cluster.run({ namespace: 'shop', pod: 'web-2' });
    await bounded.cluster.write(open, ['seen']);
    await assert.rejects(ask({ pod: 'web-1' }), { message: 'pods "web-1" not found' });
    await assert.rejects(ask({ pod: 'web-1', namespace: 'secret' }), { message: 'pods "web-1" not found' });
    const cursor = {
      phase: 'history' as const,
      sequence: bounded.cluster.store.status().sequence,
      ids: [secret, open],
      startSequence: 0,
      since: null,
    };
    assert.deepEqual((await ask({ resume: { cursor, skip: 0 } })).lines, ['seen']);
    const { instances } = await getJson<InstancesAnswer>({ url: bounded.url }, '/taffrail/v1/instances');
    assert.deepEqual(
      instances.map(({ pod }) => pod),
      ['web-2'],
    );
    const later = await bounded.cluster.run({ namespace: 'secret', pod: 'web-3' });
    const following = ask({ follow: true, instance: 'all' }, 2, (seen) => {
      if (seen.lines.length !== 1) return;
      void bounded.cluster.write(later, ['hidden too'], 8).then(() => bounded.cluster.write(open, ['seen too'], 9));
    });
    assert.deepEqual((await following).lines, ['seen', 'seen too']);
  } finally {
    server = unbounded;
  }
});

test("an agent's token reads nothing", async (t) => {
  const agents = await startServerUnderTest('*', { roles: ['agent'] });
  t.after(() => agents.close());
  await assert.rejects(callServer({ url: agents.url }, '/taffrail/v1/logs', { body: { pod: 'a' } }), {
    code: 'forbidden',
  });
  await assert.rejects(getJson({ url: agents.url }, '/taffrail/v1/instances'), { code: 'forbidden' });
});

test('lists of instances are filtered and carry what is known of each', async () => {
  const { cluster } = server;
  await cluster.pod('web-1', { labels: { app: 'web' }, owners: [{ kind: 'Deployment', name: 'web', uid: 'u' }] });
  const id = await cluster.run({}, { exitCode: 137, reason: 'OOMKilled', finishedAt: '2024-01-01T00:01:00Z' });
  await cluster.write(id, ['a', 'b']);
  await cluster.gap(id);
  await cluster.run({ pod: 'other' });
  const list = async (query: string) =>
    (await getJson<InstancesAnswer>({ url: server.url }, `/taffrail/v1/instances${query}`)).instances;
  for (const query of [
    '?pod=web-1',
    '?labelSelector=app%3Dweb',
    '?workload=deployment/web',
    '?namespace=default&container=app&pod=web-1',
  ]) {
    assert.deepEqual(
      (await list(query)).map((one) => one.id),
      [id],
      query,
    );
  }
  const [entry] = await list('?pod=web-1');
  const { startedAt, finishedAt, exitCode, reason, lineCount, textBytes, gaps } = entry!;
  assert.deepEqual(
    { startedAt, finishedAt, exitCode, reason, lineCount, textBytes, gaps },
    {
      startedAt: '2024-01-01T00:00:01Z',
      finishedAt: '2024-01-01T00:01:00Z',
      exitCode: 137,
      reason: 'OOMKilled',
      lineCount: 2,
      textBytes: 4,
      gaps: [{ reason: 'rotated-away', bytes: 2048, noticedAt: '2024-01-01T00:00:00Z' }],
    },
  );
  await assert.rejects(list('?nope=1'), { code: 'bad-request', message: /nope is not a parameter/ });
  await assert.rejects(list('?workload=web'), { code: 'bad-request', message: /workload wants KIND\/NAME/ });
});
