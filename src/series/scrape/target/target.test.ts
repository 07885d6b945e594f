import assert from 'node:assert/strict';
import test from 'node:test';
import { compileRelabel } from '../relabel/relabel.ts';
import { readScrapeConfig } from '../scrape.ts';
import { offsetMs } from './scrape-loop.ts';
import { populate } from './target.ts';

function populated(found: Record<string, string>, more = '') {
  const text = `scrape_configs:\n  - job_name: j\n    params: { p: ['1', '2'] }\n    ${more}`;
  const job = readScrapeConfig(text, 'c').jobs[0]!;
  return populate(job, compileRelabel(job.relabel), found);
}

function target(found: Record<string, string>, more = '') {
  const result = populated(found, more);
  assert.ok('target' in result, JSON.stringify(result));
  return result.target;
}

test('a target has the job’s settings as labels, which relabelling may change', () => {
  const plain = target({ __address__: 'h:1', __meta_x: 'y', zone: 'z' });
  assert.equal(plain.url.href, 'http://h:1/metrics?p=1&p=2');
  assert.deepEqual(plain.labels, [
    ['instance', 'h:1'],
    ['job', 'j'],
    ['zone', 'z'],
  ]);
  assert.deepEqual(plain.discovered, {
    __address__: 'h:1',
    __meta_x: 'y',
    __metrics_path__: '/metrics',
    __param_p: '1',
    __scheme__: 'http',
    __scrape_interval__: '1m',
    __scrape_timeout__: '10s',
    job: 'j',
    zone: 'z',
  });
  const changed = target(
    { __address__: '[fd00::1]:443', __scrape_interval__: '30s', __metrics_path__: '/a b?c', instance: 'mine' },
    `relabel_configs:
      - { target_label: __scheme__, replacement: https }
      - { target_label: __param_p, replacement: '3' }
      - { target_label: __param_q, replacement: '4' }
      - { target_label: __scrape_timeout__, replacement: 500ms }`,
  );
  assert.equal(changed.url.href, 'https://[fd00::1]/a%20b%3Fc?p=3&p=2&q=4');
  assert.deepEqual([changed.intervalMs, changed.timeoutMs], [30_000, 500]);
  assert.deepEqual(changed.labels, [
    ['instance', 'mine'],
    ['job', 'j'],
  ]);
});

test('a target that relabelling drops, and an address that is none, are told apart', () => {
  assert.deepEqual(
    'dropped' in
      populated({ __address__: 'h:1' }, 'relabel_configs: [{ action: drop, source_labels: [job], regex: j }]'),
    true,
  );
  const error = (found: Record<string, string>) => {
    const result = populated(found);
    return 'error' in result ? result.error : undefined;
  };
  assert.match(error({})!, /no address/);
  assert.match(error({ __address__: 'http://h' })!, /has a slash/);
  assert.match(error({ __address__: 'h:port' })!, /not a valid address/);
  assert.match(error({ __address__: 'h:1', __scheme__: 'ftp' })!, /scheme "ftp"/);
  assert.match(error({ __address__: 'h:1', __scrape_interval__: '5' })!, /__scrape_interval__ is not a duration/);
  assert.match(error({ __address__: 'h:1', __scrape_timeout__: '2m' })!, /cannot be greater/);
});

test('targets are spread over the interval, and each keeps its place', () => {
  const offsets = Array.from({ length: 1000 }, (_, at) => offsetMs(`target ${at}`, 'seed', 15_000));
  assert.ok(offsets.every((offset) => offset >= 0 && offset < 15_000));
  const firstHalf = offsets.filter((offset) => offset < 7500).length;
  assert.ok(firstHalf > 400 && firstHalf < 600, `${firstHalf}`);
  assert.equal(offsetMs('target 5', 'seed', 15_000), offsets[5]);
});
