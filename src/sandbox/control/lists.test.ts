import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapNamed, mapsPath, podNamed, podsPath, startPlane } from './started-plane.ts';

type Named = { metadata: { name: string } };
const names = (body: { items: Named[] }) => body.items.map(({ metadata }) => metadata.name);

test('all pages of a list show the state of its first page', async (t) => {
  const { call } = await startPlane(t);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await call('POST', mapsPath, { body: mapNamed(name, { v: '1' }) });
  const { body: first } = await call('GET', `${mapsPath}?limit=2`);
  assert.deepEqual(names(first), ['a', 'b']);
  await call('DELETE', `${mapsPath}/c`);
  await call('POST', mapsPath, { body: mapNamed('bb') });
  await call('PUT', `${mapsPath}/d`, { body: mapNamed('d', { v: '2' }) });
  const { body: second } = await call('GET', `${mapsPath}?limit=2&continue=${first.metadata.continue}`);
  assert.deepEqual(names(second), ['c', 'd']);
  assert.equal(second.items[1].data.v, '1');
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const { body: third } = await call('GET', `${mapsPath}?limit=2&continue=${second.metadata.continue}`);
  assert.deepEqual([names(third), third.metadata.continue], [['e'], undefined]);
  const exact = `${mapsPath}?resourceVersionMatch=Exact&resourceVersion=${first.metadata.resourceVersion}`;
  assert.deepEqual(names((await call('GET', exact)).body), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(names((await call('GET', mapsPath)).body), ['a', 'b', 'bb', 'd', 'e']);
});

test('a page of a state that is no longer known is refused with 410; one of no known list with 400', async (t) => {
  const { call } = await startPlane(t, { limits: { windowEventsMax: 3 } });
  for (const name of ['a', 'b', 'c']) await call('POST', mapsPath, { body: mapNamed(name) });
  const { body: first } = await call('GET', `${mapsPath}?limit=1`);
  for (const v of ['1', '2', '3', '4', '5']) await call('PUT', `${mapsPath}/a`, { body: mapNamed('a', { v }) });
  const late = await call('GET', `${mapsPath}?limit=1&continue=${first.metadata.continue}`);
  assert.deepEqual([late.code, late.body.reason], [410, 'Expired']);
  assert.equal((await call('GET', `${mapsPath}?continue=rubbish`)).code, 400);
  const ahead = await call('GET', `${mapsPath}?resourceVersion=99999`);
  assert.deepEqual([ahead.code, ahead.body.details.causes[0].reason], [504, 'ResourceVersionTooLarge']);
});

test('a list that would be too long to give whole is refused, and can be had in pages', async (t) => {
  const { call } = await startPlane(t, { limits: { pageItemsMax: 2 } });
  for (const name of ['a', 'b', 'c']) await call('POST', mapsPath, { body: mapNamed(name) });
  const whole = await call('GET', mapsPath);
  assert.deepEqual([whole.code, whole.body.reason], [413, 'RequestEntityTooLarge']);
  const { body: page } = await call('GET', `${mapsPath}?limit=500`);
  assert.deepEqual(names(page), ['a', 'b']);
  assert.ok(page.metadata.continue);
});

test('lists are of one namespace or of all, and selected by labels and fields', async (t) => {
  const { call } = await startPlane(t);
  await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
  await call('POST', podsPath, { body: { ...podNamed('a'), metadata: { name: 'a', labels: { app: 'x' } } } });
  await call('POST', '/api/v1/namespaces/shop/pods', { body: podNamed('b') });
  const list = async (query: string, path = '/api/v1/pods') => names((await call('GET', `${path}?${query}`)).body);
  assert.deepEqual(await list(''), ['a', 'b']);
  assert.deepEqual(await list('', podsPath), ['a']);
  assert.deepEqual(await list('labelSelector=app'), ['a']);
  assert.deepEqual(await list('labelSelector=!app'), ['b']);
  assert.deepEqual(await list('fieldSelector=metadata.namespace=shop,status.phase!=Running'), ['b']);
  assert.deepEqual(await list('fieldSelector=spec.nodeName=x'), []);
  const odd = await call('GET', '/api/v1/pods?fieldSelector=spec.colour=red');
  assert.deepEqual([odd.code, odd.body.message], [400, 'field label not supported: spec.colour']);
  assert.equal((await call('GET', '/api/v1/pods?labelSelector=a in (')).code, 400);
});

test('the items of a list do not repeat their kind; tables and metadata are views of the same', async (t) => {
  const { call } = await startPlane(t);
  await call('POST', podsPath, { body: podNamed('a') });
  const { body: plain } = await call('GET', podsPath);
  assert.deepEqual([plain.kind, plain.apiVersion, plain.items[0].kind], ['PodList', 'v1', undefined]);
  const accept = (as: string) => ({ headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` } });
  const { body: table } = await call('GET', podsPath, accept('Table'));
  assert.deepEqual(
    table.columnDefinitions.slice(0, 5).map(({ name }: { name: string }) => name),
    ['Name', 'Ready', 'Status', 'Restarts', 'Age'],
  );
  assert.deepEqual(table.rows[0].cells.slice(0, 4), ['a', '0/1', 'Pending', '0']);
  assert.deepEqual([table.rows[0].object.kind, table.rows[0].object.spec], ['PartialObjectMetadata', undefined]);
  const { body: whole } = await call('GET', `${podsPath}/a?includeObject=Object`, accept('Table'));
  assert.equal(whole.rows[0].object.spec.containers[0].name, 'a');
  const { body: partial } = await call('GET', podsPath, accept('PartialObjectMetadataList'));
  assert.deepEqual(
    [partial.kind, partial.items[0].metadata.name, partial.items[0].spec],
    ['PartialObjectMetadataList', 'a', undefined],
  );
  const yaml = await call('GET', `${podsPath}/a`, { headers: { accept: 'application/yaml' } });
  assert.match(yaml.text, /^ {2}name: a$/m);
});

test('OpenAPI documents can be kept: by their hash for ever, by their tag until they change', async (t) => {
  const { call } = await startPlane(t);
  const { body: index } = await call('GET', '/openapi/v3');
  const url: string = index.paths['apis/apps/v1'].serverRelativeURL;
  const first = await call('GET', url);
  assert.match(first.headers['cache-control']!, /immutable/);
  assert.ok(first.body.components.schemas['io.k8s.api.apps.v1.Deployment']);
  const again = await call('GET', '/openapi/v3/apis/apps/v1', { headers: { 'if-none-match': first.headers.etag! } });
  assert.deepEqual([again.code, again.text, again.headers['cache-control']], [304, '', undefined]);
  assert.equal((await call('GET', '/openapi/v3/apis/none/v1')).code, 404);
  assert.equal((await call('GET', '/openapi/v2')).body.swagger, '2.0');
});
