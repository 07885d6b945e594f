import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import test, { before, type TestContext } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import type { KubeObject } from '../../kubernetes/client/client.ts';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { createLogger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { kubeletPage, type PageContainer } from './kubelet-page-fixture.ts';
import { startTestServer, type TestPki, testPki } from './kubelet-under-test.ts';
import { startResourceScraper } from './scrape.ts';
import { type ScrapeSettings, scrapeSettings } from './settings.ts';

let pki: TestPki;
before(async () => {
  pki = await testPki();
});

/** Time goes by fifty times as fast: a resolution of 15 s takes 0.3 s. */
const speed = 50;
/** Whoever sleeps from now on sleeps until the end. */
let isStalled = false;
const clock: Clock = {
  nowMs: () => 1_700_000_000_000 + speed * performance.now(),
  monotonicMs: () => speed * performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      const timer = isStalled ? undefined : setTimeout(resolve, delayMs / speed);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

function nodeObject(
  name: string,
  port: number,
  more: { address?: string; created?: string; ready?: boolean } = {},
): KubeObject {
  const { address = '127.0.0.1', created = '2026-01-01T00:00:00Z', ready = true } = more;
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: created, labels: { host: name } },
    status: {
      addresses: address === '' ? [] : [{ type: 'InternalIP', address }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
    },
  };
}

function podObject(name: string, node: string, running = ['main'], more: object = {}): KubeObject {
  const containerStatuses = running.map((container) => ({ name: container, state: { running: {} } }));
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: '1', labels: { app: name } };
  return { metadata, spec: { nodeName: node }, status: { phase: 'Running', containerStatuses, ...more } };
}

interface Cluster {
  nodes: KubeObject[];
  pods: KubeObject[];
  /** Streams of the pods' watch that are open. */
  watches: Set<ServerResponse>;
}

/** A cluster of one API server and one kubelet, whose page holds `containers`, and the scraper on it. */
async function setUp(
  t: TestContext,
  make: (kubeletPort: number) => Pick<Cluster, 'nodes' | 'pods'>,
  given: Partial<ScrapeSettings> = {},
) {
  const page = {
    offMs: 0,
    fails: false,
    containers: (timeMs: number): PageContainer[] => [{ cpu: timeMs / 10_000, timeMs }],
  };
  const kubelet = await startTestServer(pki.server, (_, response) => {
    const timeMs = Math.trunc(clock.nowMs()) + page.offMs;
    if (page.fails) response.writeHead(500).end('out of order');
    else response.end(kubeletPage(page.containers(timeMs), { cpu: timeMs / 5000, memory: '2.4e+10', timeMs }));
  });
  const cluster: Cluster = { ...make(kubelet.port), watches: new Set() };
  const api = await startTestServer(pki.server, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://api');
    const ofPods = url.pathname === '/api/v1/pods';
    if (url.searchParams.get('watch')) {
      response.writeHead(200).flushHeaders();
      if (!ofPods) return;
      cluster.watches.add(response);
      response.on('close', () => cluster.watches.delete(response));
      return;
    }
    const all = ofPods ? cluster.pods : cluster.nodes;
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = from + Number(url.searchParams.get('limit') ?? all.length);
    const metadata = { resourceVersion: '100', ...(to < all.length ? { continue: String(to) } : {}) };
    response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items: all.slice(from, to) }));
  });
  const logged: string[] = [];
  const metrics = new MetricsRegistry();
  const client = createClient({ ...pki.access, server: `https://127.0.0.1:${api.port}` });
  const scraper = startResourceScraper({
    client,
    settings: scrapeSettings({ useNodeStatusPort: true, ...given }),
    log: createLogger({ write: (line) => void logged.push(line) }),
    metrics,
    clock,
    random: () => 0.5,
  });
  t.after(async () => {
    await scraper.close();
    client.close();
    await Promise.all([api.close(), kubelet.close()]);
  });
  return { scraper, cluster, page, kubelet, api, metrics, logged };
}

async function until(what: string, ask: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`waited in vain: ${what}`);
}

test('nodes and pods are served two rounds after the start, with the figures of the page', async (t) => {
  const { scraper } = await setUp(t, (port) => ({ nodes: [nodeObject('a', port)], pods: [podObject('web-0', 'a')] }));
  assert.equal(typeof scraper.ready(), 'string');
  await until('the pod is served', () => scraper.pod('default', 'web-0') !== undefined);
  assert.equal(scraper.ready(), true);
  const pod = scraper.pod('default', 'web-0')!;
  assert.deepEqual([pod.labels, pod.containers[0]!.name], [{ app: 'web-0' }, 'main']);
  const { usage } = pod.containers[0]!;
  assert.ok(Math.abs(usage.cpuNanocores - 1e8) < 2, `${usage.cpuNanocores} is a tenth of a core`);
  assert.ok(usage.windowMs > 10_000 && usage.windowMs < 25_000, `${usage.windowMs} is about a resolution`);
  const [node] = scraper.nodes();
  assert.ok(Math.abs(node!.usage.cpuNanocores - 2e8) < 2);
  assert.deepEqual([...scraper.pods('default')].length, 1);
  assert.deepEqual([...scraper.pods('elsewhere')], []);
  assert.deepEqual(scraper.whyPod('default', 'web-0'), {
    served: true,
    reason: 'Served',
    message: 'pod default/web-0 is served',
  });
});

test('scraping is timely while rounds begin, and says for how long none has begun', async (t) => {
  t.after(() => {
    isStalled = false;
  });
  const { scraper } = await setUp(t, () => ({ nodes: [], pods: [] }));
  assert.equal(scraper.timely(), true, 'before the first round');
  await until('it is ready', () => scraper.ready() === true);
  assert.equal(scraper.timely(), true);
  isStalled = true;
  await until('no round begins', () => scraper.timely() !== true);
  assert.match(String(scraper.timely()), /^no round of scrapes has begun for \d+\.\d s$/);
});

test('a kubelet that fails for a while keeps its figures, is named once in the log, and comes back', async (t) => {
  const { scraper, page, logged, metrics } = await setUp(t, (port) => ({
    nodes: [nodeObject('a', port)],
    pods: [podObject('web-0', 'a')],
  }));
  await until('the pod is served', () => scraper.pod('default', 'web-0') !== undefined);
  page.fails = true;
  const failures = () => Number(/scrapes_total\{outcome="failed"\} (\d+)/.exec(metrics.exposition())?.[1] ?? 0);
  await until('two rounds failed', () => failures() >= 2);
  assert.ok(scraper.pod('default', 'web-0'));
  await until('the figures are too old', () => scraper.pod('default', 'web-0') === undefined);
  const why = scraper.whyPod('default', 'web-0');
  assert.equal(why.reason, 'TooOld');
  assert.match(why.message, /answered 500 .*out of order/);
  assert.equal(logged.filter((line) => line.includes('gives no page')).length, 1);
  page.fails = false;
  await until('the pod is served again', () => scraper.pod('default', 'web-0') !== undefined);
  assert.equal(logged.filter((line) => line.includes('answers again')).length, 1);
});

test('a kubelet that lies about time is not believed, and the reason says so', async (t) => {
  const { scraper, page, logged, metrics } = await setUp(t, (port) => ({
    nodes: [nodeObject('a', port)],
    pods: [podObject('web-0', 'a')],
  }));
  page.offMs = 3_600_000;
  await until('the skew is seen', () => scraper.whyPod('default', 'web-0').reason === 'ClockSkew');
  assert.equal(scraper.whyNode('a').reason, 'ClockSkew');
  await until('the metric says so', () => /unserved\{kind="pod",reason="ClockSkew"\} 1/.test(metrics.exposition()));
  assert.ok(logged.some((line) => line.includes('timestamps are too far from our clock')));
});

test('of two nodes with one address the ready one is asked, and the other is said not to be', async (t) => {
  const { scraper, logged } = await setUp(t, (port) => ({
    nodes: [nodeObject('gone', port, { ready: false, created: '2026-02-02T00:00:00Z' }), nodeObject('here', port)],
    pods: [podObject('web-0', 'here'), podObject('ghost', 'gone')],
  }));
  await until('the pod is served', () => scraper.pod('default', 'web-0') !== undefined);
  assert.deepEqual(
    [...scraper.nodes()].map(({ name }) => name),
    ['here'],
  );
  assert.equal(scraper.whyNode('gone').reason, 'SharedAddress');
  assert.match(scraper.whyNode('gone').message, /at the address of here/);
  assert.equal(scraper.whyPod('default', 'ghost').reason, 'SharedAddress');
  assert.equal(logged.filter((line) => line.includes('two nodes have one address')).length, 1);
});

test('every way of not being served has its reason', async (t) => {
  const { scraper } = await setUp(
    t,
    (port) => ({
      nodes: [
        nodeObject('a', port),
        nodeObject('bare', port, { address: '' }),
        nodeObject('left-out', port),
        nodeObject('closed', 1),
      ],
      pods: [
        podObject('web-0', 'a'),
        podObject('done', 'a', [], { phase: 'Succeeded' }),
        podObject('waiting', ''),
        podObject('off-page', 'a'),
        podObject('on-bare', 'bare'),
        podObject('on-left-out', 'left-out'),
        podObject('on-nowhere', 'nowhere'),
        podObject('on-closed', 'closed'),
      ],
    }),
    { nodeSelector: 'host!=left-out' },
  );
  await until('the pod is served', () => scraper.pod('default', 'web-0') !== undefined);
  const reasonOf = (name: string) => scraper.whyPod('default', name).reason;
  assert.deepEqual(
    ['done', 'waiting', 'off-page', 'on-bare', 'on-left-out', 'on-nowhere', 'on-closed', 'unknown'].map(reasonOf),
    [
      'NotRunning',
      'NotScheduled',
      'NotOnPage',
      'NoAddress',
      'NodeNotSelected',
      'NoSuchNode',
      'NodeNotScraped',
      'NoSuchPod',
    ],
  );
  assert.match(scraper.whyPod('default', 'on-closed').message, /ECONNREFUSED/);
  assert.deepEqual(
    ['bare', 'left-out', 'closed', 'unknown'].map((name) => scraper.whyNode(name).reason),
    ['NoAddress', 'NodeNotSelected', 'NodeNotScraped', 'NoSuchNode'],
  );
  assert.equal(scraper.ready(), true);
});

test('10,000 pods in one namespace are read in pages and listed in order', async (t) => {
  const names = Array.from({ length: 10_000 }, (_, index) => `pod-${(index * 7919) % 10_000}`);
  const { scraper, page } = await setUp(t, (port) => ({
    nodes: [nodeObject('a', port)],
    pods: names.map((name) => podObject(name, 'a')),
  }));
  page.containers = (timeMs) => names.map((pod) => ({ pod, cpu: timeMs / 10_000, timeMs }));
  await until('all are served', () => [...scraper.pods('default')].length === 10_000);
  const listed = Array.from(scraper.pods(undefined), ({ name }) => name);
  assert.deepEqual(listed, [...names].sort());
});

test('a watch that is gone, and one that replays, leave what the API server holds', async (t) => {
  const { scraper, cluster } = await setUp(t, (port) => ({
    nodes: [nodeObject('a', port)],
    pods: [podObject('web-0', 'a'), podObject('old', 'a')],
  }));
  const tell = (type: string, object: object) => {
    for (const watch of cluster.watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  };
  await until('the watch is open', () => cluster.watches.size === 1);
  const added = podObject('new', 'a');
  added.metadata.resourceVersion = '101';
  tell('ADDED', added);
  tell('ADDED', added);
  tell('MODIFIED', { ...podObject('old', 'a'), metadata: { ...podObject('old', 'a').metadata, resourceVersion: '1' } });
  await until('the new pod is known', () => scraper.whyPod('default', 'new').reason !== 'NoSuchPod');
  cluster.pods = [podObject('web-0', 'a')];
  tell('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
  await until('what is gone is forgotten', () => scraper.whyPod('default', 'old').reason === 'NoSuchPod');
  assert.equal(scraper.whyPod('default', 'new').reason, 'NoSuchPod');
  assert.notEqual(scraper.whyPod('default', 'web-0').reason, 'NoSuchPod');
});

test('init containers that have ended do not count, sidecars do, and the annotation names the path', async (t) => {
  const { scraper, page, kubelet, cluster } = await setUp(t, (port) => {
    const node = nodeObject('a', port);
    node.metadata.annotations = { 'metrics.k8s.io/resource-metrics-path': '/other/path' };
    const initContainerStatuses = [
      { name: 'setup', state: { terminated: { exitCode: 0 } } },
      { name: 'proxy', state: { running: {} } },
    ];
    return { nodes: [node], pods: [podObject('web-0', 'a', ['main'], { initContainerStatuses })] };
  });
  page.containers = (timeMs) =>
    ['main', 'proxy', 'setup'].map((container) => ({ container, cpu: timeMs / 1e4, timeMs }));
  await until('the pod is served', () => scraper.pod('default', 'web-0') !== undefined);
  assert.deepEqual(
    scraper.pod('default', 'web-0')!.containers.map(({ name }) => name),
    ['proxy', 'main'],
  );
  assert.ok(kubelet.requests.every((request) => request === 'GET /other/path'));
  assert.equal(cluster.nodes.length, 1);
});
