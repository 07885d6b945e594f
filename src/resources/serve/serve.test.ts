import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readEnveloped } from './protobuf-under-test.ts';
import { heldMetrics, measuredMs, pod, serveMetrics, usage } from './server-under-test.ts';

const base = '/apis/metrics.k8s.io/v1beta1';
const protobuf = { accept: 'application/vnd.kubernetes.protobuf, */*' };
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const web = pod(
  'default',
  'web',
  [
    { name: 'app', usage: usage(123_456_789.7, 4_730_880) },
    { name: 'proxy', usage: usage(5_000_000, 1000) },
  ],
  { tier: 'front', app: 'web' },
);
const idle = pod('kube-system', 'idle', [{ name: 'pause', usage: usage(0, 0, 90_000) }]);
const worker = { name: 'n1', labels: { zone: 'a' }, usage: usage(1_500_000_000, 2 ** 30) };
const held = () => heldMetrics([web, idle], [worker], ['default/young', 'n2']);

test('a pod is answered as metrics-server prints it', async (t) => {
  const { get } = await serveMetrics(t, held());
  const { text, headers } = await get(`${base}/namespaces/default/pods/web`);
  assert.equal(
    text,
    '{"kind":"PodMetrics","apiVersion":"metrics.k8s.io/v1beta1","metadata":{"name":"web","namespace":"default","creationTimestamp":"2026-11-23T00:00:05Z","labels":{"app":"web","tier":"front"}},"timestamp":"2026-11-23T00:00:00Z","window":"15.02s","containers":[{"name":"app","usage":{"cpu":"123456789n","memory":"4620Ki"}},{"name":"proxy","usage":{"cpu":"5m","memory":"1k"}}]}\n',
  );
  assert.equal(headers['content-type'], 'application/json');
});

const namesOf = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name);

test('nodes and pods are listed, in all namespaces and in one', async (t) => {
  const { get } = await serveMetrics(t, held());
  const nodes = await get(`${base}/nodes`);
  assert.equal(
    nodes.text,
    '{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{"metadata":{"name":"n1","creationTimestamp":"2026-11-23T00:00:05Z","labels":{"zone":"a"}},"timestamp":"2026-11-23T00:00:00Z","window":"15.02s","usage":{"cpu":"1500m","memory":"1Gi"}}]}\n',
  );
  assert.deepEqual(
    namesOf((await get(`${base}/pods?limit=1`)).body),
    ['web', 'idle'],
    'limits are not for computed lists',
  );
  assert.deepEqual(namesOf((await get(`${base}/namespaces/kube-system/pods`)).body), ['idle']);
  assert.deepEqual((await get(`${base}/namespaces/nowhere/pods`)).body.items, []);
});

test('selectors of labels and fields choose', async (t) => {
  const { get } = await serveMetrics(t, held());
  const chosen = async (query: string) => namesOf((await get(`${base}/pods?${query}`)).body);
  assert.deepEqual(await chosen('labelSelector=app%3Dweb%2Ctier+in+(front)'), ['web']);
  assert.deepEqual(await chosen('labelSelector=!app'), ['idle']);
  assert.deepEqual(await chosen('fieldSelector=metadata.namespace%3Dkube-system'), ['idle']);
  assert.deepEqual(await chosen('fieldSelector=metadata.name!%3Didle&labelSelector=app'), ['web']);
  assert.deepEqual(namesOf((await get(`${base}/nodes?labelSelector=zone%3Db`)).body), []);
  const phase = await get(`${base}/pods?fieldSelector=status.phase%3DRunning`);
  assert.deepEqual(
    [phase.code, phase.body.message],
    [400, '"status.phase" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  );
  assert.equal((await get(`${base}/pods?labelSelector=a%3D%3D%3Db`)).code, 400);
});

test('what is not there is told from what has no metrics yet', async (t) => {
  const { get } = await serveMetrics(t, held());
  const told = async (path: string) => {
    const { code, body } = await get(`${base}/${path}`);
    return [code, body.reason, body.message];
  };
  const missing = [404, 'NotFound'];
  assert.deepEqual(await told('namespaces/default/pods/gone'), [...missing, 'pods "gone" not found']);
  const young = 'podmetrics.metrics.k8s.io "default/young" not found';
  assert.deepEqual(await told('namespaces/default/pods/young'), [...missing, young]);
  assert.deepEqual(await told('nodes/gone'), [...missing, 'node "gone" not found']);
  assert.deepEqual(await told('nodes/n2'), [...missing, 'nodemetrics.metrics.k8s.io "n2" not found']);
  const causes = [{ reason: 'FirstPoint', message: 'it is not there' }];
  assert.deepEqual((await get(`${base}/nodes/n2`)).body.details.causes, causes);
  const nowhere = 'the server could not find the requested resource';
  for (const path of ['pods/web', 'namespaces/default/nodes', 'namespaces/default/pods/web/log', 'services'])
    assert.deepEqual(await told(path), [...missing, nowhere], path);
});

test('it can be read and nothing else', async (t) => {
  const { get } = await serveMetrics(t, held());
  const watch = await get(`${base}/pods?watch=true`);
  assert.deepEqual(
    [watch.code, watch.body.message],
    [405, 'watch is not supported on resources of kind "pods.metrics.k8s.io"'],
  );
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    assert.equal((await get(`${base}/nodes/n1`, {}, method)).code, 405, method);
  const head = await get(`${base}/nodes/n1`, {}, 'HEAD');
  assert.deepEqual([head.code, head.bytes.length], [200, 0]);
});

test('protobuf holds the same', async (t) => {
  const { get } = await serveMetrics(t, held());
  const span = { timestamp: { seconds: measuredMs / 1000 - 0.34 }, window: { duration: 15_020_000_000 } };
  const creationTimestamp = { seconds: Math.floor(measuredMs / 1000) + 5 };
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
  const one = await get(`${base}/namespaces/default/pods/web`, protobuf);
  assert.equal(one.headers['content-type'], 'application/vnd.kubernetes.protobuf');
  const webMessage = {
    metadata: { name: 'web', namespace: 'default', creationTimestamp, labels: { app: 'web', tier: 'front' } },
    ...span,
    containers: [
      { name: 'app', usage: { cpu: { string: '123456789n' }, memory: { string: '4620Ki' } } },
      { name: 'proxy', usage: { cpu: { string: '5m' }, memory: { string: '1k' } } },
    ],
  };
  const read = readEnveloped(one.bytes);
  assert.deepEqual([read.apiVersion, read.kind], ['metrics.k8s.io/v1beta1', 'PodMetrics']);
  assert.deepEqual(withoutZeros(plain(read.message)), webMessage);
  const list = readEnveloped((await get(`${base}/pods`, protobuf)).bytes);
  assert.equal(list.kind, 'PodMetricsList');
  assert.deepEqual(withoutZeros(plain(list.message.items[0])), webMessage);
  assert.equal(list.message.items[1].metadata.name, 'idle');
  assert.equal(list.message.items[1].containers[0].usage.cpu.string, '0');
  const nodes = readEnveloped((await get(`${base}/nodes`, protobuf)).bytes);
  assert.deepEqual(withoutZeros(plain(nodes.message.items)), [
    {
      metadata: { name: 'n1', creationTimestamp, labels: { zone: 'a' } },
      ...span,
      usage: { cpu: { string: '1500m' }, memory: { string: '1Gi' } },
    },
  ]);
  assert.deepEqual(
    readEnveloped((await get(`${base}/namespaces/nowhere/pods`, protobuf)).bytes).message.items ?? [],
    [],
  );
});

/** proto3 does not tell a zero from nothing. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== 0 && field !== '' && field !== null);
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutZeros(field)]));
}

test('protobuf lists of many pieces are whole', async (t) => {
  const many = Array.from({ length: 1000 }, (_, n) =>
    pod('default', `pod-${String(n).padStart(4, '0')}`, [{ name: 'ä', usage: usage(n, n * 1024) }], { n: String(n) }),
  );
  const { get } = await serveMetrics(t, heldMetrics(many, []));
  const { message } = readEnveloped((await get(`${base}/pods`, protobuf)).bytes);
  assert.deepEqual(
    message.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    many.map(({ name }) => name),
  );
  assert.equal(message.items[999].containers[0].name, 'ä');
  const json = await get(`${base}/pods`);
  assert.deepEqual(
    namesOf(json.body),
    many.map(({ name }) => name),
  );
});

test('tables have the columns of metrics-server, and of each row as much as is asked for', async (t) => {
  const { get } = await serveMetrics(t, held());
  const { body } = await get(`${base}/pods`, table);
  assert.deepEqual([body.kind, body.apiVersion], ['Table', 'meta.k8s.io/v1']);
  assert.deepEqual(
    body.columnDefinitions.map(({ name, format }: { name: string; format: string }) => [name, format]),
    [
      ['Name', 'name'],
      ['cpu', 'quantity'],
      ['memory', 'quantity'],
      ['Window', 'duration'],
    ],
  );
  assert.deepEqual(body.rows[0].cells, ['web', '128456789n', '4731880', '15.02s']);
  assert.deepEqual(
    [body.rows[0].object.kind, body.rows[0].object.metadata.namespace],
    ['PartialObjectMetadata', 'default'],
  );
  assert.deepEqual(body.rows[1].cells, ['idle', '0', '0', '1m30s']);
  const whole = await get(`${base}/nodes/n1?includeObject=Object`, table);
  assert.deepEqual(whole.body.rows[0].cells, ['n1', '1500m', '1Gi', '15.02s']);
  assert.deepEqual([whole.body.rows[0].object.kind, whole.body.rows[0].object.usage.cpu], ['NodeMetrics', '1500m']);
  const none = await get(`${base}/nodes?includeObject=None`, table);
  assert.deepEqual(none.body.rows, [{ cells: ['n1', '1500m', '1Gi', '15.02s'] }]);
  assert.equal((await get(`${base}/nodes?includeObject=Some`, table)).code, 400);
});

test('metadata alone, pretty text and YAML are to be had as well', async (t) => {
  const { get } = await serveMetrics(t, held());
  const partial = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' };
  const { body } = await get(`${base}/pods`, partial);
  assert.deepEqual([body.kind, namesOf(body)], ['PartialObjectMetadataList', ['web', 'idle']]);
  const pretty = await get(`${base}/pods?pretty=1`);
  const compact = await get(`${base}/pods`);
  assert.equal(pretty.text, `${JSON.stringify(compact.body, null, 2)}\n`);
  const none = await get(`${base}/namespaces/nowhere/pods?pretty=true`);
  assert.equal(none.text, `${JSON.stringify(none.body, null, 2)}\n`);
  assert.equal(
    (await get(`${base}/nodes`, { 'user-agent': 'curl/8.0' })).text.split('\n')[1],
    '  "kind": "NodeMetricsList",',
  );
  const yaml = await get(`${base}/nodes`, { accept: 'application/yaml' });
  assert.equal(yaml.headers['content-type'], 'application/yaml');
  const { parse } = await import('yaml');
  assert.deepEqual(namesOf(parse(yaml.text)), ['n1']);
  assert.equal((await get(`${base}/nodes`, { accept: 'text/html' })).code, 406);
});

test('a list goes through its items in turns, and others are served meanwhile', async (t) => {
  const order: string[] = [];
  const items = Array.from({ length: 3000 }, (_, n) => pod('default', `p${n}`, [{ name: 'c', usage: usage(1, 1) }]));
  const metrics = heldMetrics(items, [worker]);
  const slow = {
    ...metrics,
    *pods() {
      for (const item of items) {
        // So much that the list needs many turns.
        if (item.name.endsWith('0')) for (const endMs = performance.now() + 0.5; performance.now() < endMs; );
        yield item;
      }
      order.push('list');
    },
  };
  const { get } = await serveMetrics(t, slow);
  const list = get(`${base}/pods`);
  const node = get(`${base}/nodes/n1`).then(() => order.push('one'));
  assert.equal((await list).body.items.length, 3000);
  await node;
  assert.deepEqual(order, ['one', 'list']);
});

test('every request that kubectl was seen to make is answered in the form that it prefers', async (t) => {
  const fixture = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'kubectl', 'metrics-requests.json');
  const recorded: Record<string, { method: string; url: string; accept: string; userAgent: string }[]> = JSON.parse(
    readFileSync(fixture, 'utf8'),
  );
  const { get } = await serveMetrics(t, held());
  let count = 0;
  for (const { method, url, accept, userAgent } of Object.values(recorded).flat()) {
    const answer = await get(url, { accept, 'user-agent': userAgent }, method);
    const wanted = url.endsWith('/nobody') ? 404 : 200;
    assert.equal(answer.code, wanted, `${url} ${accept}`);
    if (wanted === 404) continue;
    const kind = accept.includes('protobuf') ? readEnveloped(answer.bytes).kind : answer.body.kind;
    const expected = accept.includes('APIGroupDiscoveryList')
      ? 'APIGroupDiscoveryList'
      : accept.includes('as=Table')
        ? 'Table'
        : /\/(nodes|pods)($|\?)/.test(url)
          ? `${url.includes('nodes') ? 'Node' : 'Pod'}MetricsList`
          : 'PodMetrics';
    assert.equal(kind, expected, `${url} ${accept}`);
    count++;
  }
  assert.ok(count > 30);
});

test('the autoscaler gets its pods: protobuf first, by labels', async (t) => {
  // As client-go's rest.Request and the resource metrics client of kube-controller-manager write it.
  const { get } = await serveMetrics(t, held());
  const { bytes } = await get(`${base}/namespaces/default/pods?labelSelector=app%3Dweb`, {
    ...protobuf,
    'user-agent':
      'kube-controller-manager/v1.33.0 (linux/amd64) kubernetes/60a317e/system:serviceaccount:kube-system:horizontal-pod-autoscaler',
  });
  const { kind, message } = readEnveloped(bytes);
  assert.deepEqual([kind, message.items.length, message.items[0].metadata.name], ['PodMetricsList', 1, 'web']);
});

test('why something is served or not is told to whoever may read its metrics', async (t) => {
  const { get } = await serveMetrics(t, held(), {
    authorize: (_, { namespace, plural }) => ({ allowed: plural === 'nodes' || namespace === 'default', reason: '' }),
  });
  assert.deepEqual((await get('/debug/why?pod=default/web')).body, {
    pod: 'default/web',
    served: true,
    reason: 'Served',
    message: 'it is served',
  });
  assert.equal((await get('/debug/why?pod=default/young')).body.reason, 'FirstPoint');
  assert.equal((await get(`${base}/namespaces/default/pods/young?why`)).body.reason, 'FirstPoint');
  assert.equal((await get(`${base}/nodes/n1?why=1`)).body.served, true);
  assert.equal((await get('/debug/why?node=n3')).body.reason, 'NoSuchNode');
  assert.equal((await get('/debug/why?pod=kube-system/idle')).code, 403);
  for (const query of ['', '?pod=web', '?pod=a/b/c', '?node=', '?pod=a/b&node=c'])
    assert.equal((await get(`/debug/why${query}`)).code, 400, query);
});
