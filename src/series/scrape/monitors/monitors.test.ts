import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { createClient } from '../../../kubernetes/client/http-client.ts';
import { sendJson, startScriptedServer } from '../../../kubernetes/client/scripted-server.ts';
import { issue } from '../../../kubernetes/pki/certificate.ts';
import { createLogger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import { readScrapeConfig, startScraping } from '../scrape.ts';
import { RecordingStore } from '../store-fixture.ts';
import { podMonitorJobs, serviceMonitorJobs } from './monitor-job.ts';

const serviceMonitor: KubeObject = {
  metadata: { name: 'm', namespace: 'shop' },
  spec: {
    jobLabel: 'app',
    targetLabels: ['team'],
    podTargetLabels: ['app.kubernetes.io/version'],
    selector: {
      matchLabels: { app: 'web.1' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'no', operator: 'DoesNotExist' },
      ],
    },
    sampleLimit: 100,
    endpoints: [
      {
        port: 'http',
        path: '/m',
        scheme: 'https',
        interval: '30s',
        authorization: { credentials: { name: 's', key: 'token' } },
        tlsConfig: { insecureSkipVerify: true, ca: { configMap: { name: 'c', key: 'ca.crt' } } },
        metricRelabelings: [{ action: 'drop', sourceLabels: ['__name__'], regex: 'go_.*' }],
        relabelings: [{ targetLabel: 'x', replacement: 'y' }],
      },
    ],
  },
};

test('a ServiceMonitor becomes a job with the rules of the operator', () => {
  const [job] = serviceMonitorJobs(
    serviceMonitor,
    ({ kind, namespace, name, key }) => `${kind}/${namespace}/${name}/${key}`,
  );
  assert.equal(job!.name, 'serviceMonitor/shop/m/0');
  const text = JSON.stringify({ scrape_configs: [{ job_name: job!.name, ...job!.config }] });
  const { jobs, unsupported } = readScrapeConfig(text, job!.name);
  assert.deepEqual(unsupported, []);
  const [read] = jobs;
  assert.deepEqual([read!.metricsPath, read!.scheme, read!.intervalMs, read!.samplesMax], ['/m', 'https', 30_000, 100]);
  assert.deepEqual(read!.http.authorization, { type: 'Bearer', credentials: { text: 'secrets/shop/s/token' } });
  assert.deepEqual(read!.http.tls.ca, { text: 'configmaps/shop/c/ca.crt' });
  assert.equal(read!.http.tls.insecureSkipVerify, true);
  assert.deepEqual(read!.discovery, [
    {
      kind: 'kubernetes',
      role: 'endpoints',
      namespaces: ['shop'],
      ownNamespace: false,
      selectors: [],
      attachNode: false,
      attachNamespace: false,
    },
  ]);
  const rules = read!.relabel.map(({ action, sourceLabels, regex, targetLabel, replacement }) =>
    [
      action,
      sourceLabels.map((name) => name.replace('__meta_kubernetes_', '')).join('+'),
      regex,
      targetLabel,
      replacement,
    ].join(' '),
  );
  assert.deepEqual(rules, [
    'keep service_label_app+service_labelpresent_app (web\\.1);true  $1',
    'keep service_label_tier+service_labelpresent_tier (a|b);true  $1',
    'drop service_labelpresent_no true  $1',
    'keep endpoint_port_name http  $1',
    'replace endpoint_address_target_kind+endpoint_address_target_name Node;(.*) node $1',
    'replace endpoint_address_target_kind+endpoint_address_target_name Pod;(.*) pod $1',
    'replace namespace (.*) namespace $1',
    'replace service_name (.*) service $1',
    'replace pod_name (.*) pod $1',
    'replace pod_container_name (.*) container $1',
    'drop pod_phase (Failed|Succeeded)  $1',
    'replace service_label_team (.+) team $1',
    'replace pod_label_app_kubernetes_io_version (.+) app_kubernetes_io_version $1',
    'replace service_name (.*) job $1',
    'replace service_label_app (.+) job $1',
    'replace  (.*) endpoint http',
    'replace  (.*) x y',
  ]);
});

test('a PodMonitor finds pods in the namespaces that it names', () => {
  const monitor: KubeObject = {
    metadata: { name: 'm', namespace: 'shop' },
    spec: {
      selector: {},
      namespaceSelector: { any: true },
      podMetricsEndpoints: [{ port: 'http', filterRunning: false }, { portNumber: 80 }],
    },
  };
  const jobs = podMonitorJobs(monitor, () => '');
  assert.deepEqual(
    jobs.map(({ name }) => name),
    ['podMonitor/shop/m/0', 'podMonitor/shop/m/1'],
  );
  assert.deepEqual(jobs[0]!.config.kubernetes_sd_configs, [
    { role: 'pod', namespaces: { names: [] }, attach_metadata: { node: false } },
  ]);
});

/** An API server that has these objects, and tells of changes of monitors. */
async function serveObjects(t: TestContext, lists: Record<string, KubeObject[]>) {
  const watches: ServerResponse[] = [];
  const server = await startScriptedServer(issue, (request, response) => {
    const url = new URL(request.url ?? '', 'https://x');
    const monitors = '/apis/monitoring.coreos.com/v1';
    if (url.pathname === monitors) return sendJson(response, { resources: [{ name: 'servicemonitors' }] });
    if (url.pathname === '/api/v1/namespaces/shop/secrets/s')
      return sendJson(response, {
        metadata: { name: 's' },
        data: { token: Buffer.from('from-secret').toString('base64') },
      });
    if (url.searchParams.has('watch')) {
      if (url.pathname === `${monitors}/servicemonitors`) watches.push(response);
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return;
    }
    const kind = url.pathname.split('/').at(-1)!;
    sendJson(response, { kind: 'List', metadata: { resourceVersion: '1' }, items: lists[kind] ?? [] });
  });
  t.after(() => server.close());
  return { access: server.access, watches };
}

test('a monitor’s targets are scraped with its secrets while it exists', async (t) => {
  const headers: (string | undefined)[] = [];
  const pages = createServer((request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'text/plain' }).end('a 1\n');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  t.after(() => {
    pages.closeAllConnections();
    pages.close();
  });
  const { port } = pages.address() as AddressInfo;
  const meta = { name: 'web', namespace: 'shop', resourceVersion: '1' };
  const monitor: KubeObject = {
    metadata: { name: 'm', namespace: 'shop', resourceVersion: '1', uid: 'm' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      endpoints: [
        {
          port: 'http',
          interval: '200ms',
          scrapeTimeout: '200ms',
          authorization: { credentials: { name: 's', key: 'token' } },
        },
      ],
    },
  };
  const { access, watches } = await serveObjects(t, {
    servicemonitors: [monitor],
    services: [{ metadata: { ...meta, uid: 's', labels: { app: 'web' } } }],
    endpoints: [
      {
        metadata: { ...meta, uid: 'e' },
        subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'http', port }] }],
      },
    ],
  });
  const client = createClient(access);
  t.after(() => client.close());
  const store = new RecordingStore();
  const problems: string[] = [];
  const scraping = await startScraping({
    config: readScrapeConfig('taffrail_monitors: true', 'prometheus.yml'),
    store: store.store,
    client,
    tenant: 'tenant',
    log: createLogger({ level: 'warn', write: (line) => problems.push(line) }),
    metrics: new MetricsRegistry(),
    clock: systemClock,
    random: () => 0.5,
  });
  t.after(() => scraping.close());
  const until = async (condition: () => boolean) => {
    for (const endMs = performance.now() + 20_000; !condition(); await systemClock.sleep(10))
      assert.ok(performance.now() < endMs, problems.join(''));
  };
  const series = `{__name__="a", endpoint="http", instance="127.0.0.1:${port}", job="web", namespace="shop", service="web"}`;
  await until(() => store.samples.some((sample) => sample.series === series));
  assert.equal(headers[0], 'Bearer from-secret');
  assert.deepEqual(
    scraping.targets().active.map(({ pool }) => pool),
    ['serviceMonitor/shop/m/0'],
  );
  await until(() => watches.length > 0);
  const gone = { ...monitor, metadata: { ...monitor.metadata, resourceVersion: '2' } };
  watches[0]!.write(`${JSON.stringify({ type: 'DELETED', object: gone })}\n`);
  await until(() => store.samples.some((sample) => sample.series === series && sample.value === 'stale'));
  assert.deepEqual(scraping.targets().active, []);
  assert.deepEqual(problems, []);
});
