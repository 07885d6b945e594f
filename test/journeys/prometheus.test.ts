import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Labels } from '../../src/series/query/query.ts';
import { temporaryDirectory, until } from './processes.ts';
import { ask, noPrometheus, promtool, startPrometheus, toolPath, valuesOf } from './prometheus-peer.ts';
import { startSeriesServer } from './series-server.ts';

const writing = (url: string, message: string, version: string) => `
  - url: ${url}/api/v1/write
    protobuf_message: ${message}
    queue_config: { batch_send_deadline: 200ms }
    metadata_config: { send_interval: 1s }
    write_relabel_configs: [{ target_label: version, replacement: '${version}' }]`;

function without(label: string, values: Map<string, string>): [string, string][] {
  const shown = [...values].map(([labels, value]): [string, string] => {
    const { [label]: _, ...rest } = JSON.parse(labels);
    return [JSON.stringify(rest), value];
  });
  return shown.sort();
}

test('a real Prometheus writes to us by remote write 1.0 and 2.0, and both give what it has itself', {
  skip: noPrometheus,
}, async (t) => {
  const { url, metrics } = await startSeriesServer(t);
  const config = `
global: { scrape_interval: 500ms, scrape_timeout: 500ms }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ['SELF'] }] }]
remote_write:${writing(url, 'prometheus.WriteRequest', '1')}${writing(url, 'io.prometheus.write.v2.Request', '2')}
`;
  // It cannot be told its own port before it has one; scraping us serves as well.
  const prometheus = await startPrometheus(
    t,
    join(temporaryDirectory(t, 'peer'), 'a'),
    config.replace('SELF', url.slice(7)),
  );
  const counted = async (server: string, extra: string) =>
    valuesOf(server, `sum without (version) (count_over_time(up{job="self"${extra}}[1h]))`);
  for (const version of ['1', '2']) {
    await until(`samples by version ${version}`, async () => {
      const [count] = (await counted(url, `,version="${version}"`)).values();
      return Number(count) >= 5;
    });
    // At a time that both have surely come to, every series is there with the same value.
    const [newest] = (await valuesOf(url, `max(timestamp(up{version="${version}"}))`)).values();
    const timeMs = Math.floor(Number(newest) * 1000) - 400;
    const theirs = await valuesOf(prometheus.url, '{job="self"}', timeMs);
    const ours = await valuesOf(url, `{job="self",version="${version}"}`, timeMs);
    assert.ok(theirs.size > 10);
    assert.deepEqual(without('version', ours), [...theirs].sort());
  }
  await until('metadata', async () => {
    const { up, taffrail_http_requests_total: requests } = await ask(url, '/api/v1/metadata');
    return requests?.[0]?.type === 'counter' && up === undefined;
  });
  assert.doesNotMatch(metrics.exposition(), /remote_write_samples_total\{outcome="(?!written)/);
  assert.doesNotMatch(prometheus.process.stderr, /level=ERROR|non-recoverable|[Ff]ailed to send/);
});

test('a real Prometheus federates from us, and promtool asks us', { skip: noPrometheus }, async (t) => {
  const { url, store } = await startSeriesServer(t);
  const names = ['temperature', 'with space', 'utf8_ä'];
  const all = names.map((name) =>
    Labels.of({ __name__: name, room: 'a "quoted" \\ room\nwith lines', 'label.dot': 'x' }),
  );
  const { refs } = store.series('default', all);
  const nowMs = Date.now();
  const values = Float64Array.of(21.5, Number.POSITIVE_INFINITY, 1e-7);
  await store.append('default', { refs, values, timestampsMs: new Float64Array(3).fill(nowMs), length: 3 });

  const prometheus = await startPrometheus(
    t,
    join(temporaryDirectory(t, 'peer'), 'b'),
    `
scrape_configs:
  - job_name: federate
    scrape_interval: 1s
    scrape_timeout: 1s
    honor_labels: true
    metrics_path: /federate
    params: { 'match[]': ['{__name__=~".+"}'] }
    static_configs: [{ targets: ['${url.slice(7)}'] }]
`,
  );
  await until('a scrape', async () => {
    const { activeTargets } = await ask(prometheus.url, '/api/v1/targets');
    const { health, lastError } = activeTargets[0] ?? {};
    // Both may have been slow for once.
    if (health === 'down' && !/deadline exceeded/.test(lastError)) throw new Error(lastError);
    return (await valuesOf(prometheus.url, '{room=~".+"}')).size === 3;
  });
  assert.deepEqual(
    without('job', await valuesOf(prometheus.url, '{room=~".+"}', nowMs)),
    [...(await valuesOf(url, '{room=~".+"}', nowMs))].sort(),
  );

  const page = await (await fetch(`${url}/metrics`)).text();
  assert.match(page, /^taffrail_http_requests_total\{/m);
  const checked = spawnSync(toolPath('promtool'), ['check', 'metrics'], { input: page, encoding: 'utf8' });
  assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);

  for (const what of ['healthy', 'ready']) {
    const { code, stderr } = await promtool(['check', what, `--url=${url}`]).exited;
    assert.equal(code, 0, stderr);
  }
  const instant = await promtool(['query', 'instant', `--time=${nowMs / 1000}`, url, 'temperature * 2']).exited;
  assert.match(instant.stdout.toString(), /=> 43 @\[/, instant.stderr);
  const series = await promtool(['query', 'series', '--match=temperature', url]).exited;
  assert.match(series.stdout.toString(), /temperature/, series.stderr);
  const labels = await promtool(['query', 'labels', url, '__name__']).exited;
  assert.match(labels.stdout.toString(), /with space/, labels.stderr);
});
