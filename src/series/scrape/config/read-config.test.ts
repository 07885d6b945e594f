import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { defaultScrapeConfig, readScrapeConfig, readScrapeConfigFile } from '../scrape.ts';

const read = (text: string) => readScrapeConfig(text, '/etc/prometheus.yml');

test('jobs take from global what they do not say themselves', () => {
  const { jobs, unsupported } = read(`
global:
  scrape_interval: 30s
  scrape_timeout: 5s
  body_size_limit: 10MB
scrape_configs:
  - job_name: a
    static_configs: [{ targets: ['h:1'], labels: { zone: z } }]
  - job_name: b
    scrape_interval: 1m30s
    metrics_path: /m
    scheme: https
    tls_config: { ca_file: ca.pem, insecure_skip_verify: true }
    authorization: { credentials_file: token }
    file_sd_configs: [{ files: ['t/*.json'], refresh_interval: 1m }]
    relabel_configs: [{ source_labels: [x, y], target_label: z }]
`);
  assert.deepEqual(unsupported, []);
  const [a, b] = jobs;
  assert.deepEqual(
    [a!.intervalMs, a!.timeoutMs, a!.bodyBytesMax, a!.metricsPath],
    [30_000, 5000, 10 << 20, '/metrics'],
  );
  assert.deepEqual(a!.discovery, [{ kind: 'static', targets: ['h:1'], labels: { zone: 'z' } }]);
  assert.deepEqual([b!.intervalMs, b!.scheme, b!.http.tls.ca], [90_000, 'https', { file: '/etc/ca.pem' }]);
  assert.deepEqual(b!.http.authorization, { type: 'Bearer', credentials: { file: '/etc/token' } });
  assert.deepEqual(b!.discovery, [{ kind: 'file', files: ['/etc/t/*.json'], refreshMs: 60_000 }]);
  assert.deepEqual([b!.relabel[0]!.action, b!.relabel[0]!.separator, b!.relabel[0]!.regex], ['replace', ';', '(.*)']);
});

test('what is wrong is named with file, line and key', () => {
  const job = (more: string) => `scrape_configs:\n  - job_name: j\n    ${more}\n`;
  const cases: [string, RegExp][] = [
    ['scrape_configs: {}', /prometheus\.yml:1: scrape_configs is not a list/],
    ['scrape_konfigs: []', /prometheus\.yml:1: scrape_konfigs is not a key of Prometheus’s configuration/],
    [job('scrape_intervall: 5s'), /prometheus\.yml:3: scrape_configs\[0\]\.scrape_intervall is not a key/],
    [job('scrape_interval: 5 s'), /:3: scrape_configs\[0\]\.scrape_interval is not a duration: .*"5 s"/],
    [job('scrape_interval: 5s\n    scrape_timeout: 6s'), /:4: .*scrape_timeout is greater than scrape_interval/],
    [job('scheme: ftp'), /:3: .*scheme is "ftp"; allowed are http, https/],
    [job('honor_labels: maybe'), /:3: .*honor_labels is neither true nor false/],
    [job('sample_limit: -1'), /:3: .*sample_limit is not a whole number/],
    [job('static_configs: [{ targets: ["http://a"] }]'), /:3: .*targets has "http:\/\/a", which is no host and port/],
    [job('relabel_configs: [{ action: hold }]'), /:3: .*action is "hold"; allowed are replace, keep/],
    [
      job("relabel_configs: [{ target_label: a, regex: '(' }]"),
      /:3: .*regex is not a regular expression: .*missing closing/,
    ],
    [job('relabel_configs: [{ action: replace }]'), /target_label is needed for replace/],
    [job('relabel_configs: [{ action: hashmod, target_label: a }]'), /modulus must be above 0/],
    [
      job('relabel_configs: [{ action: labeldrop, regex: a, target_label: b }]'),
      /labeldrop takes no other keys than regex/,
    ],
    [
      job('basic_auth: { username: a }\n    authorization: { credentials: b }'),
      /basic_auth and authorization cannot both/,
    ],
    [job('tls_config: { cert_file: a }'), /:3: .*tls_config has a certificate without a key/],
    [job('kubernetes_sd_configs: [{ role: pods }]'), /role is "pods"; allowed are node, pod/],
    [`${job('scheme: http')}  - job_name: j\n`, /two jobs with the name "j"/],
    ['scrape_configs:\n  - {}', /:2: .*job_name is needed/],
    ['a: [', /prometheus\.yml:1:\d+: /],
    ['global: { scrape_interval: 5s, scrape_interval: 6s }', /prometheus\.yml:1:\d+: Map keys must be unique/],
  ];
  for (const [text, expected] of cases) {
    assert.throws(
      () => read(text),
      (error: Error) => {
        assert.match(error.message, expected, text);
        assert.equal((error as Error & { code: string }).code, 'usage');
        return true;
      },
    );
  }
});

test('what Prometheus has and this has not is named, and the rest is read', () => {
  const { jobs, unsupported } = read(`
global: { evaluation_interval: 15s, external_labels: { cluster: one } }
rule_files: [a.yml]
alerting: { alertmanagers: [] }
scrape_configs:
  - job_name: j
    consul_sd_configs: [{ server: s }]
    proxy_url: http://p
    scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]
    enable_http2: true
    scrape_native_histograms: true
`);
  assert.equal(jobs.length, 1);
  assert.deepEqual(jobs[0]!.protocols, ['OpenMetricsText1.0.0']);
  const named = unsupported.map((text) => /^\/etc\/(prometheus\.yml:\d+: \S+) is not supported: ./.exec(text)?.[1]);
  assert.deepEqual(named.toSorted(), [
    'prometheus.yml:11: scrape_configs[0].scrape_native_histograms',
    'prometheus.yml:2: global.evaluation_interval',
    'prometheus.yml:2: global.external_labels',
    'prometheus.yml:3: rule_files',
    'prometheus.yml:4: alerting',
    'prometheus.yml:7: scrape_configs[0].consul_sd_configs',
    'prometheus.yml:8: scrape_configs[0].proxy_url',
    'prometheus.yml:9: scrape_configs[0].scrape_protocols',
  ]);
});

test('further jobs are read from scrape_config_files, and a file that cannot be read is named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-scrape-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_config_files: [jobs-*.yml]\nscrape_configs: [{ job_name: a }]');
  writeFileSync(join(folder, 'jobs-1.yml'), 'scrape_configs: [{ job_name: b }]');
  writeFileSync(join(folder, 'jobs-2.yml'), 'scrape_configs: [{ job_name: c }]');
  const { jobs } = readScrapeConfigFile(join(folder, 'prometheus.yml'));
  assert.deepEqual(
    jobs.map(({ jobName }) => jobName),
    ['a', 'b', 'c'],
  );
  writeFileSync(join(folder, 'jobs-2.yml'), 'scrape_configs: [{ job_name: c, x: y }]');
  assert.throws(
    () => readScrapeConfigFile(join(folder, 'prometheus.yml')),
    /jobs-2\.yml:1: scrape_configs\[0\]\.x is not a key/,
  );
  assert.throws(() => readScrapeConfigFile(join(folder, 'missing.yml')), /missing\.yml cannot be read/);
});

test('the default configuration is one that is read like any other', () => {
  const { jobs, unsupported } = defaultScrapeConfig({ intervalMs: 15_000, kubelet: { insecureSkipVerify: true } });
  assert.deepEqual(unsupported, []);
  assert.deepEqual(
    jobs.map(({ jobName, intervalMs }) => [jobName, intervalMs]),
    [
      'kubelet',
      'kubelet-resource',
      'kubelet-cadvisor',
      'kubernetes-pods',
      'kubernetes-service-endpoints',
      'kube-state-metrics',
    ].map((name) => [name, 15_000]),
  );
  assert.deepEqual(
    [jobs[2]!.metricsPath, jobs[2]!.http.clusterAccess, jobs[2]!.http.tls.insecureSkipVerify],
    ['/metrics/cadvisor', true, true],
  );
});
