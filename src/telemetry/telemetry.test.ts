import assert from 'node:assert/strict';
import test from 'node:test';
import { createLogger, labelSetsMax, MetricsRegistry } from './telemetry.ts';

test('a log line is logfmt, with its fields quoted where they must be', () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now: () => 0 }, { part: 'agent' });
  log.with({ node: 'n 1' }).warn('it "broke"', { bytes: 3, missing: undefined });
  log.debug('not shown');
  assert.deepEqual(lines, [
    'ts=1970-01-01T00:00:00.000Z level=warn msg="it \\"broke\\"" part=agent node="n 1" bytes=3\n',
  ]);
});

test('the exposition has help, type, and escaped labels', () => {
  const metrics = new MetricsRegistry();
  metrics.counter('b_total', 'B.').add(2, { path: 'a"b\\c\n' });
  metrics.counter('b_total', 'B.').add(1, { path: 'a"b\\c\n' });
  metrics.observe('a_bytes', 'A.', () => 7);
  assert.equal(
    metrics.exposition(),
    '# HELP a_bytes A.\n# TYPE a_bytes gauge\na_bytes 7\n# HELP b_total B.\n# TYPE b_total counter\nb_total{path="a\\"b\\\\c\\n"} 3\n',
  );
});

test('label sets past the limit are counted together', () => {
  const metrics = new MetricsRegistry();
  const counter = metrics.counter('c_total', 'C.');
  for (let i = 0; i < labelSetsMax + 5; i++) counter.add(1, { i: String(i) });
  assert.match(metrics.exposition(), /c_total\{overflow="true"\} 5\n/);
});
