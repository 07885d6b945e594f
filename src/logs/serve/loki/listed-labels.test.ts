import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type LabelRecord, parse } from '../../query/query.ts';
import type { Selection } from '../source/selected-streams.ts';
import { ListedLabels } from './listed-labels.ts';
import { epochMs, type LokiUnderTest, reader, startLoki } from './loki-under-test.ts';

let loki: LokiUnderTest;

async function push(labels: LabelRecord): Promise<void> {
  const line = { bytes: Buffer.from('x'), from: [0], to: [1], seconds: [epochMs / 1000 + 5], nanos: [0] };
  await loki.cluster.store.push(reader.tenant, { name: 'writer', namespaces: '*' }, [{ labels, ...line }]);
}

function selection(selector: string): Selection {
  const expr = parse(selector);
  assert.ok(expr.kind === 'log');
  return { scope: { tenant: reader.tenant, namespaces: '*' }, matchers: expr.matchers };
}

before(async () => {
  loki = await startLoki();
  await loki.cluster.pod('web-1', { labels: { app: 'web' } });
  const web = await loki.cluster.run({ pod: 'web-1', second: 1 });
  await loki.cluster.write(web, ['a line of the container'], 2);
  for (let i = 0; i < 3; i++) await push({ app: 'many', number: String(i) });
  await push({ app: 'many', pod: 'web-1', zone: 'a' });
});

after(() => loki.close());

test('what is pushed under the name of a container is listed with its mark, and can be asked for by it', async () => {
  const { json: series } = await loki.get('series', { 'match[]': '{app="many", taffrail_provenance="asserted"}' });
  assert.deepEqual(series.data, [{ app: 'many', pod: 'web-1', taffrail_provenance: 'asserted', zone: 'a' }]);
  const { json: names } = await loki.get('labels', { query: '{app="many"}' });
  assert.deepEqual(names.data, ['app', 'number', 'pod', 'taffrail_provenance', 'zone']);
  const { json: values } = await loki.get('label/taffrail_provenance/values');
  assert.deepEqual(values.data, ['asserted', 'attested']);
  const { json: detected } = await loki.get('detected_labels', { query: '{app="many"}' });
  assert.deepEqual(detected.detectedLabels, [
    { label: 'app', cardinality: 1 },
    { label: 'number', cardinality: 3 },
    { label: 'pod', cardinality: 1 },
    { label: 'taffrail_provenance', cardinality: 1 },
    { label: 'zone', cardinality: 1 },
  ]);
});

test('a stream that two selectors have is listed once', () => {
  const { store } = loki.cluster;
  const listed = new ListedLabels(store, [
    selection('{app="many"}'),
    selection('{number="1"}'),
    selection('{app="web"}'),
  ]);
  const all = [...listed.series()];
  assert.equal(new Set(all).size, all.length);
  assert.equal(all.filter((json) => json.includes('many')).length, 4);
});

test('more series or values than the limit are refused with its name', () => {
  const { store } = loki.cluster;
  const listed = new ListedLabels(store, [selection('{app="many"}')], 2);
  assert.throws(() => listed.series(), /more than 2 series \(listedMax\)/);
  assert.throws(() => listed.values('number'), /more than 2 values of "number" \(listedMax\)/);
  assert.deepEqual(listed.values('app'), ['many']);
});
