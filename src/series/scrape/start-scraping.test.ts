import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../base/clock.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { readScrapeConfig, type Scraping, startScraping } from './scrape.ts';
import { RecordingStore } from './store-fixture.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<{ server: Server; address: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Run {
  scraping: Scraping;
  store: RecordingStore;
  metrics: MetricsRegistry;
  /** Resolves when the condition holds. */
  until(condition: () => boolean): Promise<void>;
}

async function scrape(t: TestContext, config: string): Promise<Run> {
  const store = new RecordingStore();
  const metrics = new MetricsRegistry();
  const scraping = await startScraping({
    config: readScrapeConfig(config, 'prometheus.yml'),
    store: store.store,
    tenant: 'tenant',
    log: silentLogger,
    metrics,
    clock: systemClock,
    random: () => 0.5,
  });
  t.after(() => scraping.close());
  const until = async (condition: () => boolean) => {
    const endMs = performance.now() + 20_000;
    while (!condition()) {
      assert.ok(performance.now() < endMs, 'it did not happen within 20 s');
      await systemClock.sleep(10);
    }
  };
  return { scraping, store, metrics, until };
}

function config(address: string, more = '', intervalMs = 300): string {
  return `
scrape_configs:
  - job_name: j
    scrape_interval: ${intervalMs}ms
    scrape_timeout: ${intervalMs}ms
    static_configs:
      - targets: ['${address}']
        labels: { zone: z }
    ${more}`;
}

const zeros = gzipSync(Buffer.alloc(8 << 20));
const text = { 'content-type': 'text/plain; version=0.0.4' };

test('a static target is scraped at its interval, as Prometheus asks for it', async (t) => {
  const seen: Record<string, unknown>[] = [];
  const { address } = await serve(t, (request, response) => {
    seen.push({ url: request.url, ...request.headers });
    response.writeHead(200, { ...text, 'content-encoding': 'gzip' }).end(gzipSync('a 1\n'));
  });
  const run = await scrape(t, config(address, 'params: { module: [m] }\n    basic_auth: { username: u, password: p }'));
  await run.until(() => run.store.samples.filter(({ series }) => series.includes('"a"')).length >= 3);
  const first = run.store.samples.find(({ series }) => series.includes('"a"'));
  assert.equal(first?.series, `{__name__="a", instance="${address}", job="j", zone="z"}`);
  assert.equal(seen[0]?.url, '/metrics?module=m');
  assert.equal(seen[0]?.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  assert.equal(seen[0]?.['x-prometheus-scrape-timeout-seconds'], '0.3');
  assert.equal(
    seen[0]?.accept,
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  );
  assert.equal(run.store.own('up', first!.timeMs), 1);
  assert.equal(run.store.own('scrape_samples_scraped', first!.timeMs), 1);
  assert.equal(run.store.own('scrape_samples_post_metric_relabeling', first!.timeMs), 1);
  assert.equal(run.store.own('scrape_series_added', first!.timeMs), 1);
  const { active } = run.scraping.targets();
  assert.equal(active.length, 1);
  assert.deepEqual(
    [active[0]!.pool, active[0]!.url, active[0]!.health, active[0]!.lastError],
    ['j', `http://${address}/metrics?module=m`, 'up', ''],
  );
  assert.deepEqual(active[0]!.labels, { instance: address, job: 'j', zone: 'z' });
  assert.equal(active[0]!.discovered.__scrape_interval__, '300ms');
});

test('targets that fail are down with the reason, and their series end', { concurrency: 5 }, async (t) => {
  const cases: [string, RequestListener, RegExp, string?][] = [
    [
      'an error',
      (_, response) => void response.writeHead(503).end('no'),
      /server returned HTTP status 503 Service Unavailable/,
    ],
    ['no answer', () => {}, /no whole answer within scrape_timeout \(1 s\)/],
    [
      'an answer that drips',
      (_, response) => {
        response.writeHead(200, text);
        const drip = setInterval(() => response.write('a'), 10);
        response.on('close', () => clearInterval(drip));
      },
      /no whole answer within scrape_timeout/,
    ],
    [
      'a redirect in circles',
      (_, response) => void response.writeHead(302, { location: '/metrics' }).end(),
      /stopped after 10 redirects/,
    ],
    [
      'a redirect that is not followed',
      (_, response) => void response.writeHead(302, { location: '/other' }).end(),
      /HTTP status 302 Found/,
      'follow_redirects: false',
    ],
    [
      'an endless page',
      (_, response) => {
        response.writeHead(200, text);
        const more = () => void (response.destroyed || response.write('a 1\n'.repeat(10_000), more));
        more();
      },
      /body_size_limit exceeded: the page is larger than 1048576 bytes|no whole answer/,
      'body_size_limit: 1MB',
    ],
    [
      'a page that grows when it is unpacked',
      (_, response) => {
        response.writeHead(200, { ...text, 'content-encoding': 'gzip' }).end(zeros);
      },
      /body_size_limit exceeded/,
      'body_size_limit: 1MB',
    ],
    [
      'no page',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      /"text\/html"/,
    ],
    [
      'a cut page',
      (_, response) => {
        response.writeHead(200, { ...text, 'content-length': 100 }).write('a 1\n');
        response.socket?.end();
      },
      /broke off|aborted|terminated/,
    ],
    [
      'a broken line',
      (_, response) => void response.writeHead(200, text).end('a 2\nb one\n'),
      /line 2, character 3: the value is not a number/,
    ],
  ];
  const running = cases.map(([name, failing, error, more]) =>
    t.test(name, async (t) => {
      let good = true;
      const { address } = await serve(t, (request, response) => {
        if (good) response.writeHead(200, text).end('a 1\n');
        else failing(request, response);
      });
      // A machine that is busy elsewhere should not make a late answer of a good one.
      const run = await scrape(t, config(address, more, 1000));
      await run.until(() => run.store.samples.length > 0);
      good = false;
      const target = () => run.scraping.targets().active[0]!;
      await run.until(() => error.test(target().lastError) && run.store.own('up', target().lastScrapeMs!) === 0);
      assert.equal(target().health, 'down');
      const firstDown = run.store.samples.find(({ series, value }) => series.includes('"up"') && value === 0)!.timeMs;
      assert.deepEqual(run.store.at(firstDown), [`{__name__="a", instance="${address}", job="j", zone="z"} stale`]);
    }),
  );
  await Promise.all(running);
});

test('a redirect is followed, without the credentials where it leads elsewhere', async (t) => {
  const headers: (string | undefined)[] = [];
  const other = await serve(t, (request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(200, text).end('a 1\n');
  });
  const { address } = await serve(t, (request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(307, { location: `http://${other.address}/metrics` }).end();
  });
  const run = await scrape(t, config(address, 'authorization: { credentials: secret }'));
  await run.until(() => run.store.samples.length > 0);
  assert.deepEqual(headers.slice(0, 2), ['Bearer secret', undefined]);
});

test('a store that refuses is said in the list of targets, and scraping goes on', async (t) => {
  const { address } = await serve(t, (_, response) => void response.writeHead(200, text).end('a 1\n'));
  const run = await scrape(t, config(address));
  run.store.failure = new Error('the disk has no room');
  await run.until(() => /the disk has no room/.test(run.scraping.targets().active[0]?.lastError ?? ''));
  run.store.failure = undefined;
  await run.until(() => run.store.samples.length > 0);
  assert.match(run.metrics.exposition(), /taffrail_scrapes_total\{outcome="not_stored"\} \d+/);
});

test('too many targets are all down, and dropped targets can be looked at', async (t) => {
  const { address } = await serve(t, (_, response) => void response.writeHead(200, text).end('a 1\n'));
  const run = await scrape(
    t,
    config(
      address,
      `target_limit: 1
    relabel_configs:
      - { source_labels: [__address__], action: drop, regex: 'dropped.*' }
  - job_name: unused
    static_configs: [{ targets: ['x:1'] }]`,
    ).replace(`'${address}'`, `'${address}', 'localhost:1', 'dropped:1'`),
  );
  await run.until(() => run.scraping.targets().active.some(({ health }) => health === 'down'));
  const { active, dropped, droppedCounts } = run.scraping.targets();
  assert.match(
    active.find(({ health }) => health === 'down')!.lastError,
    /target_limit exceeded: the job has 2 targets/,
  );
  assert.deepEqual(
    dropped.map(({ pool, discovered }) => [pool, discovered.__address__]),
    [['j', 'dropped:1']],
  );
  assert.deepEqual(droppedCounts, { j: 1, unused: 0 });
});
