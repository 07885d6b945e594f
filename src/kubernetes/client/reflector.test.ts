import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { issue } from '../pki/certificate.ts';
import type { KubeObject, KubernetesClient, ReflectorHandlers } from './client.ts';
import { createClient } from './http-client.ts';
import { createReflector, type ReflectorSurroundings } from './reflector.ts';
import { type ScriptedServer, sendJson, startScriptedServer } from './scripted-server.ts';

type Step = (response: ServerResponse, query: URLSearchParams, request: IncomingMessage) => void;

const path = '/api/v1/pods';
const quick: ReflectorSurroundings = {
  random: () => 0,
  watchTimeoutSeconds: 1,
  watchGraceMs: 200,
  backoff: { initialMs: 10, delayMsMax: 50 },
};

let server: ScriptedServer;
let client: KubernetesClient;
let lists: Step[];
let watches: Step[];
let stop: AbortController;
let running: Promise<void>;
let events: string[];
let troubles: string[];

beforeEach(async () => {
  lists = [];
  watches = [];
  events = [];
  troubles = [];
  running = Promise.resolve();
  stop = new AbortController();
  server = await startScriptedServer(issue, (request, response) => {
    const query = new URL(request.url ?? '', 'https://x').searchParams;
    const step = query.has('watch') ? watches.shift() : lists.shift();
    // Past the script's end the server just keeps the connection open.
    if (step) step(response, query, request);
    else response.writeHead(200).flushHeaders();
  });
  client = createClient(server.access);
});

afterEach(async () => {
  stop.abort();
  await running;
  client.close();
  await server.close();
});

function reflect(surroundings = quick, options = {}, handlers: Partial<ReflectorHandlers<KubeObject>> = {}) {
  const told = (what: string) => (o: KubeObject) =>
    void events.push(`${what} ${o.metadata.name} ${o.metadata.uid}@${o.metadata.resourceVersion}`);
  const reflector = createReflector(
    client,
    { path, ...options },
    {
      onUpsert: told('+'),
      onDelete: told('-'),
      onSynced: () => void events.push('synced'),
      onTrouble: (error) => void troubles.push((error as Error).message),
      ...handlers,
    },
    surroundings,
  );
  running = reflector.run(stop.signal);
  return reflector;
}

function pod(name: string, resourceVersion: number, uid = name): KubeObject {
  return { metadata: { name, namespace: 'default', uid, resourceVersion: String(resourceVersion) } };
}

function list(resourceVersion: number, ...items: KubeObject[]): Step {
  return (response) =>
    sendJson(response, {
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(resourceVersion) },
      items,
    });
}

function event(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > deadline) assert.fail(`${what}; events: ${events.join(' | ')}; troubles: ${troubles.join(' | ')}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a list in pages is told page by page, then the watch begins at its resource version', async () => {
  lists = [
    (response, query) => {
      assert.equal(query.get('limit'), '2');
      assert.equal(query.get('labelSelector'), 'a=b');
      sendJson(response, {
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '9', continue: 'next' },
        items: [pod('a', 1), pod('b', 2)],
      });
    },
    (response, query) => {
      assert.equal(query.get('continue'), 'next');
      list(9, pod('c', 3))(response, query, undefined as never);
    },
  ];
  let watched: URLSearchParams | undefined;
  watches = [
    (response, query) => {
      watched = query;
      response.write(event('ADDED', pod('d', 10)) + event('MODIFIED', pod('a', 11)) + event('DELETED', pod('b', 12)));
    },
  ];
  const reflector = reflect(quick, { pageSize: 2, labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n' });
  assert.equal(reflector.synced, false);
  await until(() => events.length === 7, 'seven events');
  assert.equal(reflector.synced, true);
  assert.deepEqual(events, ['+ a a@1', '+ b b@2', '+ c c@3', 'synced', '+ d d@10', '+ a a@11', '- b b@12']);
  assert.equal(watched?.get('resourceVersion'), '9');
  assert.equal(watched?.get('allowWatchBookmarks'), 'true');
  assert.equal(watched?.get('fieldSelector'), 'spec.nodeName=n');
  assert.deepEqual(troubles, []);
});

test('what the transform returns is what handlers get, with the kind that the list leaves out', async () => {
  lists = [list(1, pod('a', 1))];
  const seen: unknown[] = [];
  reflect(
    quick,
    {
      transform: (o: KubeObject) => ({
        kind: o.kind,
        apiVersion: o.apiVersion,
        metadata: { name: o.metadata.name.toUpperCase() },
      }),
    },
    { onUpsert: (o) => void seen.push(o) },
  );
  await until(() => seen.length === 1, 'an object');
  assert.deepEqual(seen, [{ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'A' } }]);
});

test('a watch that ends is resumed at the last bookmark, without a list', async () => {
  lists = [list(5)];
  watches = [
    (response) =>
      void response.end(event('ADDED', pod('a', 6)) + event('BOOKMARK', { metadata: { resourceVersion: '40' } })),
    (response, query) => void response.write(event('ADDED', pod(`from-${query.get('resourceVersion')}`, 41))),
  ];
  reflect();
  await until(() => events.length === 3, 'both watches');
  assert.deepEqual(events, ['synced', '+ a a@6', '+ from-40 from-40@41']);
  assert.equal(server.requests.filter((request) => !request.includes('watch=')).length, 1);
});

test('410 in the stream or as an answer brings a new list; what vanished in between is told as deleted', async () => {
  for (const expire of [
    (response: ServerResponse) => void response.end(event('ERROR', gone)),
    (response: ServerResponse) => sendJson(response, gone, 410),
  ]) {
    lists.push(list(5, pod('a', 1), pod('b', 2)), list(9, pod('b', 2), pod('c', 8)));
    watches.push(expire, () => {});
    reflect();
    await until(() => events.length === 6, 'the second list');
    assert.deepEqual(events, ['+ a a@1', '+ b b@2', 'synced', '+ b b@2', '+ c c@8', '- a a@1']);
    stop.abort();
    await running;
    stop = new AbortController();
    events = [];
  }
});

test('a name that came back with another uid while nobody watched is deleted before it is added', async () => {
  lists = [list(5, pod('a', 1, 'old')), list(9, pod('a', 8, 'new'))];
  watches = [(response) => sendJson(response, gone, 410)];
  reflect();
  await until(() => events.length === 4, 'the second list');
  assert.deepEqual(events, ['+ a old@1', 'synced', '- a old@1', '+ a new@8']);
});

test('a page token that expired starts the list over, and the second time it is asked for in one piece', async () => {
  const first: Step = (response) =>
    sendJson(response, { metadata: { resourceVersion: '9', continue: 'next' }, items: [pod('a', 1)] });
  const expired: Step = (response) => sendJson(response, gone, 410);
  lists = [
    first,
    expired,
    first,
    expired,
    (response, query) => {
      assert.equal(query.get('limit'), null);
      list(12, pod('b', 10))(response, query, undefined as never);
    },
  ];
  reflect();
  await until(() => events.includes('synced'), 'the list');
  assert.deepEqual(events.slice(-3), ['+ b b@10', '- a a@1', 'synced']);
});

test('a connection that breaks within an event resumes and tells the event once', async () => {
  lists = [list(5)];
  const whole = event('ADDED', pod('b', 7));
  watches = [
    (response) => {
      response.write(event('ADDED', pod('a', 6)) + whole.slice(0, 20));
      setTimeout(() => response.destroy(), 20);
    },
    (response, query) => {
      assert.equal(query.get('resourceVersion'), '6');
      for (const byte of whole) response.write(byte);
    },
  ];
  reflect();
  await until(() => events.length === 3, 'the resumed watch');
  assert.deepEqual(events, ['synced', '+ a a@6', '+ b b@7']);
  assert.equal(troubles.length, 1);
});

test('an event that was told already is not told again when a server repeats it', async () => {
  lists = [list(5, pod('a', 3))];
  watches = [
    (response) =>
      void response.write(event('ADDED', pod('a', 3)) + event('DELETED', pod('x', 4)) + event('ADDED', pod('b', 6))),
  ];
  reflect();
  await until(() => events.length === 3, 'the watch');
  assert.deepEqual(events, ['+ a a@3', 'synced', '+ b b@6']);
});

test('a server that falls silent without closing is left after the time of the watch', async () => {
  lists = [list(5)];
  watches = [
    (response) => void response.writeHead(200).flushHeaders(),
    (response) => void response.write(event('ADDED', pod('a', 6))),
  ];
  reflect();
  await until(() => events.length === 2, 'the second watch');
  assert.match(troubles.join(), /fell silent/);
});

test('an event of several megabytes is read; one beyond the limit is not held, and a list takes its place', async () => {
  const large = pod('large', 6);
  large.metadata.annotations = { text: 'x'.repeat(3_000_000) };
  const endless: Step = (response) => void response.write(Buffer.alloc(5_000_000, 0x61));
  lists = [list(5), list(7, pod('listed', 7))];
  watches = [
    (response) => void response.end(event('ADDED', large)),
    endless,
    endless,
    endless,
    endless,
    endless,
    endless,
  ];
  reflect({ ...quick, eventBytesMax: 4_000_000 });
  await until(() => events.length === 4, 'the list');
  assert.deepEqual(events, ['synced', '+ large large@6', '+ listed listed@7', '- large large@6']);
  assert.match(troubles[0]!, /larger than eventBytesMax \(4000000 bytes\)/);
});

test('refusals are waited out with growing pauses, at least as long as Retry-After asks', async () => {
  const busy: Step = (response) => {
    response.setHeader('retry-after', '1');
    sendJson(response, { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'busy' }, 429);
  };
  lists = [busy, busy, list(5)];
  const pauses: number[] = [];
  reflect({
    ...quick,
    clock: {
      nowMs: () => 0,
      monotonicMs: () => performance.now(),
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          if (delayMs === 1200) return signal?.addEventListener('abort', () => reject(signal.reason));
          pauses.push(delayMs);
          resolve();
        }),
    },
    backoff: { initialMs: 1600, delayMsMax: 10_000 },
  });
  await until(() => events.length === 1, 'the list');
  assert.deepEqual(pauses, [1000, 1600]);
  assert.deepEqual(troubles, ['busy', 'busy']);
});

test('a watch that ends at once again and again is not asked for in a spin', async () => {
  lists = [list(5)];
  watches = Array.from({ length: 100 }, () => (response: ServerResponse) => void response.end());
  reflect({ ...quick, backoff: { initialMs: 40, delayMsMax: 80 } });
  await until(() => troubles.length >= 3, 'some troubles');
  assert.ok(server.requests.length < 10, `${server.requests.length} requests`);
});

test("what a handler throws is the caller's defect: run rejects with it", async () => {
  lists = [list(5, pod('a', 1))];
  const defect = new Error('defect');
  reflect(
    quick,
    {},
    {
      onUpsert() {
        throw defect;
      },
    },
  );
  const failed = running;
  running = Promise.resolve();
  await assert.rejects(failed, defect);
});

test('run resolves when it is stopped, whether it lists, watches or waits', async () => {
  for (const step of [() => {}, list(5), (response: ServerResponse) => void response.destroy()] as Step[]) {
    lists = [step];
    const asked = server.requests.length;
    reflect({ ...quick, backoff: { initialMs: 60_000, delayMsMax: 60_000 } });
    await until(() => server.requests.length > asked, 'a request');
    await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort();
    await running;
    stop = new AbortController();
  }
});
