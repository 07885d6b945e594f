/** Scraping beside a real Prometheus 3: the same configuration, the same targets, the same series. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock as clock } from '../../src/base/clock.ts';
import { readExposition } from '../../src/exposition/exposition.ts';
import { instantQuery } from '../../src/series/query/query.ts';
import { defaultScrapeConfigText } from '../../src/series/scrape/config/default-config.ts';
import { defaultScrapeConfig, readScrapeConfigFile, startScraping } from '../../src/series/scrape/scrape.ts';
import { openSeriesStore } from '../../src/series/store/open.ts';
import { silentLogger as log, MetricsRegistry } from '../../src/telemetry/telemetry.ts';
import { atEnd, temporaryDirectory, until } from './processes.ts';
import { noPrometheus, promtool, startPrometheus, toolPath, valuesOf } from './prometheus-peer.ts';

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
/** By path: what it is, and the page. */
const pages: Record<string, [contentType: string, page: string]> = {
  '/text': [
    'text/plain; version=0.0.4',
    `# HELP a_total With "quotes" and \\\\ and \\n.
# TYPE a_total counter
a_total{path="C:\\\\dir\\"x\\"\\n",job="own",instance=""} 1.5e3
a_total{ path = "tab" , } \t 7
{"utf8.metric", "label with blank"="é"} -0
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="1000000"} 2
h_bucket{le="+Inf"} 2
h_sum 3
h_count 2
# TYPE s summary
s{quantile="0.99"} 1
s{quantile="1"} 2
big 12345678901234567890
small 4.9e-324
infinite -Inf
not_a_number NaN
unit{a="1" b="2"}3
dropped 1
`,
  ],
  '/openmetrics': [
    openMetrics,
    `# TYPE c counter
# HELP c Of \\"c\\".
c_total{le="1"} 1 # {trace_id="x"} 0.5 1600000000.5
c_created{le="1"} 1600000000.25
# TYPE seconds gauge
# UNIT seconds seconds
# TYPE g gauge
g{a="b"} 2
{"g.2",a="b"} 3
# EOF
`,
  ],
  '/cut': [openMetrics, 'a 1\n'],
  '/broken': ['text/plain', 'a 1\nb one\n'],
  '/html': ['text/html', '<html>'],
  '/duplicate': ['text/plain', 'd 1\nd 2\n'],
  '/many': ['text/plain', 'm{n="1"} 1\nm{n="2"} 1\nm{n="3"} 1\n'],
  '/empty': ['text/plain', ''],
};

function configuration(address: string, directory: string): string {
  writeFileSync(
    join(directory, 'targets.json'),
    JSON.stringify([{ targets: [address], labels: { from: 'file', __metrics_path__: '/text' } }]),
  );
  const simple = ['cut', 'broken', 'html', 'duplicate', 'empty', 'missing'].map(
    (name) => `
  - job_name: ${name}
    metrics_path: /${name}
    static_configs: [{ targets: ['${address}'] }]`,
  );
  return `
global:
  scrape_interval: 500ms
  scrape_timeout: 450ms
scrape_configs:${simple.join('')}
  - job_name: text
    metrics_path: /text
    static_configs: [{ targets: ['${address}'], labels: { zone: z, path: target } }]
    relabel_configs:
      - { source_labels: [__address__, job], regex: '([^:]+):.*;(.*)', target_label: host, replacement: '$2/\${1}' }
      - { source_labels: [__address__], action: hashmod, modulus: 7, target_label: shard }
      - { regex: 'zo(.*)', action: labelmap, replacement: 'mapped_$1' }
    metric_relabel_configs:
      - { source_labels: [__name__], regex: dropped, action: drop }
      - { source_labels: [path], target_label: path, action: uppercase }
  - job_name: openmetrics
    metrics_path: /openmetrics
    honor_labels: true
    static_configs: [{ targets: ['${address}'], labels: { a: target } }]
  - job_name: many
    metrics_path: /many
    sample_limit: 2
    static_configs: [{ targets: ['${address}'] }]
  - job_name: file
    file_sd_configs: [{ files: [targets.json] }]
  - job_name: html-read
    metrics_path: /many
    fallback_scrape_protocol: PrometheusText0.0.4
    label_limit: 2
    static_configs: [{ targets: ['${address}'] }]
`;
}

async function servePages(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    if (page) response.writeHead(200, { 'content-type': page[0] }).end(page[1]);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the same configuration gives the same series as in Prometheus', { skip: noPrometheus }, async (t) => {
  const directory = temporaryDirectory(t, 'scraping');
  const config = configuration(await servePages(t), directory);
  const { url } = await startPrometheus(t, directory, config);
  const metrics = new MetricsRegistry();
  const store = await openSeriesStore({ dataDir: join(directory, 'ours'), log, metrics, clock });
  atEnd(t, () => store.close());
  const scraping = await startScraping({
    config: readScrapeConfigFile(join(directory, 'prometheus.yml')),
    store,
    tenant: 'default',
    log,
    metrics,
    clock,
    random: Math.random,
  });
  atEnd(t, () => scraping.close());

  const query = '{__name__=~".+",__name__!~"scrape_duration_seconds|scrape_series_added"}';
  const ours = async () => {
    const scope = { tenant: 'default', namespaces: '*' as const };
    const { value } = await instantQuery({ source: store, scope, query, timeMs: Date.now() });
    assert.ok(value.type === 'vector');
    return value.samples.map((sample) => [textOf(Object.fromEntries(sample.labels.entries())), sample.value] as const);
  };
  const theirs = async () =>
    [...(await valuesOf(url, query))].map(
      ([labels, value]) => [textOf(JSON.parse(labels)), Number(value.replace('Inf', 'Infinity'))] as const,
    );
  const jobs = 11;
  const all = async (samples: () => Promise<(readonly [string, number])[]>) => {
    const found = await samples();
    return found.filter(([labels]) => labels.includes('"up"')).length === jobs ? new Map(found) : undefined;
  };
  await until('everything was scraped by both', async () => (await all(ours)) && (await all(theirs)));
  await until('both have the same series', async () => {
    const [we, they] = [await all(ours), await all(theirs)];
    return we && they && we.size === they.size && [...we.keys()].every((labels) => they.has(labels));
  }).catch(() => {});
  const [we, they] = [(await all(ours))!, (await all(theirs))!];
  assert.deepEqual([...we].sort(), [...they].sort());
  assert.ok(we.size > 60, `${we.size} series`);
});

function textOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('promtool accepts the configurations that we accept', { skip: noPrometheus }, async (t) => {
  const directory = temporaryDirectory(t, 'scrape-config');
  const path = join(directory, 'prometheus.yml');
  // Without our own keys, which Prometheus does not know.
  const defaults = defaultScrapeConfigText({ intervalMs: 15_000 })
    .replace(/^.*taffrail_(monitors|cluster_access).*\n/gm, '')
    .replace(/\n {2}- job_name: kube-state-metrics.*$/s, '\n');
  assert.equal(defaultScrapeConfig({ intervalMs: 15_000 }).jobs.length, 6);
  for (const config of [configuration('127.0.0.1:1', directory), defaults]) {
    writeFileSync(path, config);
    assert.ok(readScrapeConfigFile(path).jobs.length > 4);
    const { code, stdout, stderr } = await promtool(['check', 'config', path]).exited;
    assert.equal(code, 0, `${stdout}${stderr}`);
  }
});

test('promtool reads the pages that we read, and refuses those that we refuse', { skip: noPrometheus }, () => {
  const good = [
    'a 1\n',
    '# HELP a What it is.\n# TYPE a counter\na{b="c",} 1 5\n',
    'a{b="\\"\\\\\\n"} +Inf\n\n# a comment\n',
    'a { b = "c" } \t 1e3\n',
  ];
  const bad = [
    'a{b="c} 1\n',
    'a\n',
    'a{b=c} 1\n',
    'a one\n',
    'a 1 x\n',
    'a 1 5 6\n',
    '# TYPE a thing\n',
    'a{b="c" 1\n',
    '9a 1\n',
  ];
  for (const [pages, wanted] of [
    [good, true],
    [bad, false],
  ] as const) {
    for (const text of pages) {
      const page = Buffer.from(text);
      let faults = 0;
      readExposition(page, { format: 'text', lineBytesMax: 1000 }, { sample: () => {}, malformed: () => ++faults < 0 });
      assert.equal(faults === 0, wanted, text);
      const { status, stderr } = spawnSync(toolPath('promtool'), ['check', 'metrics'], { input: page });
      // 3: read, and it has advice on style.
      assert.equal(status === 0 || status === 3, wanted, `${text}${stderr}`);
    }
  }
});
