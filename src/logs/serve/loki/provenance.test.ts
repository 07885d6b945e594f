import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LabelRecord } from '../../query/query.ts';
import { epochMs, type LokiUnderTest, reader, startLoki } from './loki-under-test.ts';

let loki: LokiUnderTest;
let second = 10;

interface Stream {
  stream: Record<string, string>;
  values: [string, string][];
}

/** As somebody pushes a line who may write to every namespace. */
async function push(labels: LabelRecord, line: string, metadata: LabelRecord = {}): Promise<void> {
  const bytes = Buffer.from(line);
  const { stored } = await loki.cluster.store.push(reader.tenant, { name: 'mallory', namespaces: '*' }, [
    {
      ...{ labels, bytes, from: [0], to: [bytes.length], seconds: [epochMs / 1000 + second++], nanos: [0] },
      metadata: { sets: [metadata], of: [0] },
    },
  ]);
  assert.equal(stored, 1);
}

/** Lines by the provenance that they are shown with; `undefined` has no mark. */
async function linesOf(query: string): Promise<Record<string, string[]>> {
  const { json, text } = await loki.get('query_range', { query, direction: 'forward' });
  assert.ok(json, text);
  const found: Record<string, string[]> = {};
  for (const { stream, values } of json.data.result as Stream[]) {
    const mark = String(stream.taffrail_provenance);
    found[mark] = [...(found[mark] ?? []), ...values.map(([, line]) => line)].sort();
  }
  return found;
}

/** What a stream of the container looks like to who reads. */
async function labelsOfContainer(): Promise<LabelRecord> {
  const { json } = await loki.get('series', { 'match[]': '{taffrail_provenance="attested", stream="stdout"}' });
  assert.equal(json.data.length, 1);
  return json.data[0];
}

before(async () => {
  loki = await startLoki();
  await loki.cluster.pod('web-1', { labels: { app: 'web' } });
  const web = await loki.cluster.run({ pod: 'web-1', second: 1 });
  await loki.cluster.write(web, ['the container'], 2);
  const copied = { ...(await labelsOfContainer()) };
  await push(copied, 'every label of the container, the mark included');
  const { taffrail_provenance, ...rest } = copied as Record<string, string>;
  await push(rest, 'every other label of the container');
  await push({ ...rest, taffrail_provenance: '' }, 'the mark left empty');
  await push({ pod: 'web-1' }, 'the pod alone');
  await push({ container: 'app', app: 'web' }, 'the container alone');
  await push({ app: 'web', taffrail_provenance: 'attested' }, 'the mark without a pod');
  await push({ app: 'web' }, 'an application of that name');
  await push({ app: 'web', kind: 'metadata' }, 'the mark as metadata', { taffrail_provenance: 'attested' });
  await push({ app: 'web', kind: 'json' }, '{"taffrail_provenance":"attested"}');
  await push({ app: 'web', kind: 'logfmt' }, 'taffrail_provenance=attested');
});
after(() => loki.close());

test('what was pushed with the labels of a container is marked, and lines of the container alone are attested', async () => {
  const found = await linesOf('{app="web"}');
  assert.deepEqual(found.attested, ['the container']);
  assert.deepEqual(found.asserted, [
    'every label of the container, the mark included',
    'every other label of the container',
    'the container alone',
    'the mark left empty',
    'the mark without a pod',
  ]);
  assert.deepEqual((await linesOf('{pod="web-1"}')).asserted?.includes('the pod alone'), true);
});

test('a pushed application that names no pod has the labels that it was pushed with', async () => {
  const { json } = await loki.get('query_range', { query: '{app="web", pod="", container="", kind=""}' });
  const { stream } = json.data.result.find(({ values }: Stream) => values[0]?.[1].startsWith('an application'));
  assert.deepEqual(stream, { app: 'web' });
});

test('a selector by the mark finds attested lines alone, in every route', async () => {
  assert.deepEqual(await linesOf('{taffrail_provenance="attested"}'), { attested: ['the container'] });
  const matched = { query: '{taffrail_provenance="attested"}' };
  const { entries } = (await loki.get('index/stats', matched)).json;
  assert.equal(entries, 1);
  const values = (await loki.get('label/taffrail_provenance/values')).json.data;
  assert.deepEqual(values, ['asserted', 'attested']);
});

test('no parser and no structured metadata makes a line attested', async () => {
  for (const stages of [
    '',
    '| json',
    '| logfmt',
    '| json | logfmt',
    '| unpack',
    '| json taffrail_provenance="taffrail_provenance"',
  ]) {
    const attested = await linesOf(`{app="web"} ${stages} | taffrail_provenance="attested"`);
    assert.deepEqual(attested, { attested: ['the container'] }, stages);
  }
  const counted = 'sum by (taffrail_provenance) (count_over_time({app="web"} | json | logfmt | drop __error__ [2h]))';
  const { json } = await loki.get('query', { query: counted });
  const counts = json.data.result.map(({ metric, value }: { metric: Record<string, string>; value: string[] }) => [
    metric.taffrail_provenance,
    value[1],
  ]);
  assert.deepEqual(new Map(counts).get('attested'), '1');
});

test('a reader of one namespace does not see what is pushed under the name of another', async (t) => {
  loki.principal = { ...reader, namespaces: ['default'] };
  t.after(() => {
    loki.principal = reader;
  });
  await push({ namespace: 'secret', pod: 'vault-0', container: 'vault' }, 'not for everybody');
  await push({ namespace: 'default', pod: 'web-1', container: 'app' }, 'for readers of default');
  const found = await linesOf('{pod=~".+"}');
  assert.deepEqual(found.attested, ['the container']);
  assert.equal(found.asserted?.includes('not for everybody'), false);
  assert.equal(found.asserted?.includes('for readers of default'), true);
});
