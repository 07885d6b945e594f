import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapNamed, mapsPath, podNamed, podsPath, type StartedPlane, startPlane } from './started-plane.ts';

const patchType = (kind: string) => ({ 'content-type': `application/${kind}+json` });

test('an object is created once, with what only the server decides', async (t) => {
  const { call } = await startPlane(t);
  const created = await call('POST', podsPath, { body: podNamed('a') });
  assert.equal(created.code, 201);
  assert.match(created.body.metadata.uid, /^[0-9a-f-]{36}$/);
  assert.match(created.body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(created.body.spec.restartPolicy, 'Always');
  assert.equal(created.body.status.phase, 'Pending');
  const again = await call('POST', podsPath, { body: podNamed('a') });
  assert.deepEqual(
    [again.code, again.body.reason, again.body.message],
    [409, 'AlreadyExists', 'pods "a" already exists'],
  );
  assert.equal((await call('GET', `${podsPath}/b`)).body.message, 'pods "b" not found');
});

test('generateName makes names that are free', async (t) => {
  const { call } = await startPlane(t);
  const body = { metadata: { generateName: 'web-' }, data: {} };
  const names = new Set<string>();
  for (let at = 0; at < 5; at++) names.add((await call('POST', mapsPath, { body })).body.metadata.name);
  assert.equal(names.size, 5);
  for (const name of names) assert.match(name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test('a write of an old version is a conflict, one without a version is not, and one that changes nothing writes nothing', async (t) => {
  const { call } = await startPlane(t);
  const { body: first } = await call('POST', mapsPath, { body: mapNamed('a', { x: '1' }) });
  const { body: second } = await call('PUT', `${mapsPath}/a`, { body: { ...first, data: { x: '2' } } });
  assert.notEqual(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const stale = await call('PUT', `${mapsPath}/a`, { body: { ...first, data: { x: '3' } } });
  assert.equal(stale.code, 409);
  assert.equal(
    stale.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
  const { body: same } = await call('PUT', `${mapsPath}/a`, { body: mapNamed('a', { x: '2' }) });
  assert.equal(same.metadata.resourceVersion, second.metadata.resourceVersion);
  const other = await call('PUT', `${mapsPath}/a`, {
    body: { ...mapNamed('a'), metadata: { name: 'a', uid: 'another' } },
  });
  assert.equal(other.code, 409);
  assert.equal((await call('PUT', `${mapsPath}/b`, { body: mapNamed('a') })).code, 400);
  assert.equal((await call('PUT', `${mapsPath}/b`, { body: mapNamed('b') })).code, 404);
});

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
  },
};
const deploymentPath = '/apis/apps/v1/namespaces/default/deployments';

test('status and everything else are written apart, and only the latter counts generations', async (t) => {
  const { call } = await startPlane(t);
  const { body: made } = await call('POST', deploymentPath, { body: { ...deployment, status: { replicas: 9 } } });
  assert.deepEqual([made.metadata.generation, made.status], [1, {}]);
  const status = { ...made, spec: { ...made.spec, replicas: 7 }, status: { replicas: 1, observedGeneration: 1 } };
  const { body: told } = await call('PUT', `${deploymentPath}/web/status`, { body: status });
  assert.deepEqual([told.metadata.generation, told.spec.replicas, told.status.replicas], [1, 1, 1]);
  const patch = { spec: { replicas: 3 }, status: { replicas: 99 } };
  const { body: patched } = await call('PATCH', `${deploymentPath}/web`, {
    body: patch,
    headers: patchType('merge-patch'),
  });
  assert.deepEqual([patched.metadata.generation, patched.spec.replicas, patched.status.replicas], [2, 3, 1]);
  const label = { metadata: { labels: { a: 'b' } } };
  const labelled = await call('PATCH', `${deploymentPath}/web`, { body: label, headers: patchType('merge-patch') });
  assert.equal(labelled.body.metadata.generation, 2);
});

test('the scale of a deployment is read, set and patched in its own shape', async (t) => {
  const { call } = await startPlane(t);
  await call('POST', deploymentPath, { body: deployment });
  const { body: scale } = await call('GET', `${deploymentPath}/web/scale`);
  assert.deepEqual(
    [scale.kind, scale.spec, scale.status],
    ['Scale', { replicas: 1 }, { replicas: 0, selector: 'app=web' }],
  );
  await call('PUT', `${deploymentPath}/web/scale`, { body: { ...scale, spec: { replicas: 4 } } });
  assert.equal((await call('PUT', `${deploymentPath}/web/scale`, { body: scale })).code, 409);
  const patch = { body: { spec: { replicas: 5 } }, headers: patchType('merge-patch') };
  assert.equal((await call('PATCH', `${deploymentPath}/web/scale`, patch)).body.spec.replicas, 5);
  assert.equal((await call('GET', `${deploymentPath}/web`)).body.spec.replicas, 5);
  const less = { body: { spec: { replicas: -1 } }, headers: patchType('merge-patch') };
  assert.equal((await call('PATCH', `${deploymentPath}/web/scale`, less)).code, 422);
});

test('each kind of patch does what it is for', async (t) => {
  const { call } = await startPlane(t);
  await call('POST', podsPath, {
    body: podNamed('a', {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
    }),
  });
  const patch = (kind: string, body: unknown) => call('PATCH', `${podsPath}/a`, { body, headers: patchType(kind) });
  const images = (body: { spec: { containers: { image: string }[] } }) =>
    body.spec.containers.map(({ image }) => image);
  const strategic = await patch('strategic-merge-patch', { spec: { containers: [{ name: 'b', image: '2' }] } });
  assert.deepEqual(images(strategic.body), ['1', '2']);
  const json = await patch('json-patch', [{ op: 'replace', path: '/spec/containers/0/image', value: '3' }]);
  assert.deepEqual(images(json.body), ['3', '2']);
  assert.equal((await patch('merge-patch', { spec: { containers: [{ name: 'a', image: '4' }] } })).code, 422);
  const stale = { metadata: { resourceVersion: strategic.body.metadata.resourceVersion, labels: { a: 'b' } } };
  assert.equal((await patch('merge-patch', stale)).code, 409);
  assert.equal((await patch('merge-patch', 'nonsense')).code, 400);
  const unfit = await patch('json-patch', [{ op: 'test', path: '/spec/containers/0/image', value: '9' }]);
  assert.deepEqual([unfit.code, unfit.body.reason], [422, 'Invalid']);
  assert.match(unfit.body.message, /operation 0 .* test of \/spec\/containers\/0\/image failed/);
  assert.equal((await patch('json-patch', [{ op: 'remove', path: '/spec/nothing' }])).code, 422);
  assert.equal((await patch('json-patch', [{ op: 'remove', path: '/spec/nothing' }, { op: 'wrong' }])).code, 400);
  assert.equal((await patch('strange-patch', {})).code, 415);
  for (const wrong of [
    { kind: 'Node' },
    { apiVersion: 'v2' },
    { metadata: { namespace: 'other' } },
    { metadata: { name: 'b' } },
  ])
    assert.equal((await patch('merge-patch', wrong)).code, 400, JSON.stringify(wrong));
  assert.equal((await call('PATCH', `${podsPath}/b`, { body: {}, headers: patchType('merge-patch') })).code, 404);
});

test('a server-side apply creates, and then merges', async (t) => {
  const { call } = await startPlane(t);
  const apply = (body: string) =>
    call('PATCH', `${mapsPath}/a?fieldManager=test`, {
      body,
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
  assert.equal((await apply('{apiVersion: v1, kind: ConfigMap, data: {x: "1"}}')).code, 201);
  const merged = await apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {y: "2"}}');
  assert.deepEqual([merged.code, merged.body.data], [200, { x: '1', y: '2' }]);
});

test('dryRun says what would be, and nothing is', async (t) => {
  const { call } = await startPlane(t);
  assert.equal((await call('POST', `${mapsPath}?dryRun=All`, { body: mapNamed('a') })).code, 201);
  assert.equal((await call('GET', `${mapsPath}/a`)).code, 404);
  await call('POST', mapsPath, { body: mapNamed('a', { x: '1' }) });
  const patch = { body: { data: { x: '2' } }, headers: patchType('merge-patch') };
  assert.equal((await call('PATCH', `${mapsPath}/a?dryRun=All`, patch)).body.data.x, '2');
  assert.equal((await call('DELETE', `${mapsPath}/a?dryRun=All`)).code, 200);
  assert.equal((await call('GET', `${mapsPath}/a`)).body.data.x, '1');
});

test('a field that does not exist is refused, warned of, or dropped, as the client wishes', async (t) => {
  const { call } = await startPlane(t);
  const body = podNamed('a', { containers: [{ name: 'a', image: 'b', imagee: 'c' }] });
  const strict = await call('POST', `${podsPath}?fieldValidation=Strict`, { body });
  assert.deepEqual(
    [strict.code, strict.body.message],
    [
      400,
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
    ],
  );
  const warned = await call('POST', podsPath, { body });
  assert.equal(warned.headers.warning, '299 - "unknown field \\"spec.containers[0].imagee\\""');
  assert.equal(warned.body.spec.containers[0].imagee, undefined);
  const silent = await call('POST', `${podsPath}?fieldValidation=Ignore`, { body: { ...podNamed('b'), more: 1 } });
  assert.deepEqual([silent.code, silent.headers.warning], [201, undefined]);
});

test('a field that is named twice is refused or warned of, in bodies and in patches', async (t) => {
  const { call } = await startPlane(t);
  const body = '{"metadata":{"name":"a"},"data":{"x":"1","x":"2"}}';
  const strict = await call('POST', `${mapsPath}?fieldValidation=Strict`, { body });
  assert.deepEqual([strict.code, strict.body.message], [400, 'strict decoding error: duplicate field "data.x"']);
  const warned = await call('POST', mapsPath, { body });
  assert.deepEqual([warned.headers.warning, warned.body.data.x], ['299 - "duplicate field \\"data.x\\""', '2']);
  const patch = { body: '{"data":{"x":"1","x":"3"}}', headers: patchType('merge-patch') };
  assert.equal((await call('PATCH', `${mapsPath}/a?fieldValidation=Strict`, patch)).code, 400);
});

test('an invalid object is told everything that is wrong with it', async (t) => {
  const { call } = await startPlane(t);
  const containers = [
    { name: 'a', image: 'b', volumeMounts: [{ name: 'v', mountPath: '/x' }] },
    { name: 'a', image: 'b' },
  ];
  const { code, body } = await call('POST', podsPath, { body: podNamed('Bad_', { containers }) });
  assert.equal(code, 422);
  assert.deepEqual(
    body.details.causes.map(({ field, reason }: { field: string; reason: string }) => [field, reason]),
    [
      ['metadata.name', 'FieldValueInvalid'],
      ['spec.containers[1].name', 'FieldValueDuplicate'],
      ['spec.containers[0].volumeMounts[0].name', 'FieldValueNotFound'],
    ],
  );
  const wrong = await call('POST', podsPath, { body: podNamed('a', { containers: 'many' }) });
  assert.equal(wrong.code, 400);
  const mixed = { ...deployment, spec: { ...deployment.spec, selector: { matchLabels: { app: 'api' } } } };
  assert.match(
    (await call('POST', deploymentPath, { body: mixed })).body.message,
    /`selector` does not match template `labels`/,
  );
  assert.equal((await call('POST', podsPath, { body: deployment })).code, 400);
});

async function running(plane: StartedPlane, name: string): Promise<void> {
  await plane.call('POST', podsPath, { body: podNamed(name) });
  const bound = await plane.call('POST', `${podsPath}/${name}/binding`, {
    body: { metadata: { name }, target: { kind: 'Node', name: 'n' } },
  });
  assert.equal(bound.code, 201);
}

test('a pod without a node goes at once; one with a node waits for its kubelet', async (t) => {
  const plane = await startPlane(t);
  const { call } = plane;
  await call('POST', podsPath, { body: podNamed('free') });
  assert.equal((await call('DELETE', `${podsPath}/free`)).code, 200);
  assert.equal((await call('GET', `${podsPath}/free`)).code, 404);

  await running(plane, 'bound');
  const { body: first } = await call('DELETE', `${podsPath}/bound`);
  assert.equal(first.metadata.deletionGracePeriodSeconds, 30);
  const { body: later } = await call('DELETE', `${podsPath}/bound?gracePeriodSeconds=60`);
  assert.equal(later.metadata.deletionTimestamp, first.metadata.deletionTimestamp, 'a wait is never made longer');
  const { body: sooner } = await call('DELETE', `${podsPath}/bound?gracePeriodSeconds=5`);
  assert.equal(Date.parse(first.metadata.deletionTimestamp) - Date.parse(sooner.metadata.deletionTimestamp), 25_000);
  const wrong = await call('DELETE', `${podsPath}/bound`, {
    body: { gracePeriodSeconds: 0, preconditions: { uid: 'other' } },
  });
  assert.equal(wrong.code, 409);
  const uid = first.metadata.uid;
  await call('DELETE', `${podsPath}/bound`, { body: { gracePeriodSeconds: 0, preconditions: { uid } } });
  assert.equal((await call('GET', `${podsPath}/bound`)).code, 404);
});

test('a pod is bound once, and an eviction says why it goes', async (t) => {
  const plane = await startPlane(t);
  await running(plane, 'a');
  const again = { body: { metadata: { name: 'a' }, target: { name: 'm' } } };
  const second = await plane.call('POST', `${podsPath}/a/binding`, again);
  assert.deepEqual([second.code, second.body.reason], [409, 'Conflict']);
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'a' },
    deleteOptions: { gracePeriodSeconds: 7 },
  };
  assert.equal((await plane.call('POST', `${podsPath}/a/eviction`, { body: eviction })).code, 201);
  const { body } = await plane.call('GET', `${podsPath}/a`);
  assert.equal(body.metadata.deletionGracePeriodSeconds, 7);
  const types = body.status.conditions.map(({ type }: { type: string }) => type);
  assert.deepEqual(types, ['PodScheduled', 'DisruptionTarget']);
});

test('finalizers hold an object back until the last is gone, and none can be added meanwhile', async (t) => {
  const { call } = await startPlane(t);
  const held = { ...mapNamed('a'), metadata: { name: 'a', finalizers: ['example.com/one', 'example.com/two'] } };
  await call('POST', mapsPath, { body: held });
  assert.ok((await call('DELETE', `${mapsPath}/a`)).body.metadata.deletionTimestamp);
  const set = (finalizers: string[]) =>
    call('PATCH', `${mapsPath}/a`, { body: { metadata: { finalizers } }, headers: patchType('merge-patch') });
  assert.equal((await set(['example.com/one', 'example.com/three'])).code, 422);
  assert.equal((await set(['example.com/two'])).code, 200);
  assert.equal((await call('GET', `${mapsPath}/a`)).code, 200);
  assert.equal((await set([])).code, 200);
  assert.equal((await call('GET', `${mapsPath}/a`)).code, 404);
});

test('how dependents are to be treated is left to the garbage collector as a finalizer', async (t) => {
  const { call } = await startPlane(t);
  await call('POST', deploymentPath, { body: deployment });
  const { body } = await call('DELETE', `${deploymentPath}/web`, { body: { propagationPolicy: 'Foreground' } });
  assert.deepEqual(body.metadata.finalizers, ['foregroundDeletion']);
  const { body: orphan } = await call('DELETE', `${deploymentPath}/web?propagationPolicy=Orphan`);
  assert.deepEqual(orphan.metadata.finalizers, ['orphan']);
  const done = await call('DELETE', `${deploymentPath}/web?propagationPolicy=Background`);
  assert.deepEqual([done.body.kind, done.body.status, done.body.details.kind], ['Status', 'Success', 'deployments']);
});

test('a namespace is there before what is in it, and goes when it is said to be empty', async (t) => {
  const { call } = await startPlane(t);
  const inShop = '/api/v1/namespaces/shop/configmaps';
  assert.equal((await call('POST', inShop, { body: mapNamed('a') })).body.message, 'namespaces "shop" not found');
  await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
  assert.equal((await call('GET', '/api/v1/namespaces/shop/serviceaccounts/default')).code, 200);
  assert.equal((await call('POST', inShop, { body: mapNamed('a') })).code, 201);
  const { body: going } = await call('DELETE', '/api/v1/namespaces/shop');
  assert.equal(going.status.phase, 'Terminating');
  const late = await call('POST', inShop, { body: mapNamed('b') });
  assert.deepEqual([late.code, late.body.reason], [403, 'Forbidden']);
  await call('PUT', '/api/v1/namespaces/shop/finalize', { body: { ...going, spec: {} } });
  assert.equal((await call('GET', '/api/v1/namespaces/shop')).code, 404);
  assert.equal((await call('DELETE', '/api/v1/namespaces/kube-system')).code, 403);
});

test('an event is one object under both of its groups', async (t) => {
  const { call } = await startPlane(t);
  const body = {
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'a' },
    reason: 'Started',
    message: 'go',
    type: 'Normal',
  };
  await call('POST', '/api/v1/namespaces/default/events', { body });
  const grouped = '/apis/events.k8s.io/v1/namespaces/default/events';
  const { body: other } = await call('GET', `${grouped}/e`);
  assert.deepEqual([other.apiVersion, other.note, other.regarding.name], ['events.k8s.io/v1', 'go', 'a']);
  assert.equal((await call('GET', `${grouped}?fieldSelector=regarding.name=a`)).body.items.length, 1);
  await call('PUT', `${grouped}/e`, { body: { ...other, note: 'gone' } });
  assert.equal((await call('GET', '/api/v1/namespaces/default/events/e')).body.message, 'gone');
});

test('deleting a collection deletes what is selected', async (t) => {
  const { call } = await startPlane(t);
  for (const [name, tier] of Object.entries({ a: 'x', b: 'y', c: 'x' }))
    await call('POST', mapsPath, { body: mapNamed(name, {}, { tier }) });
  const { body } = await call('DELETE', `${mapsPath}?labelSelector=tier=x`);
  assert.equal(body.items.length, 2);
  const { body: left } = await call('GET', mapsPath);
  assert.deepEqual(
    left.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ['b'],
  );
});
