import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { mapNamed, mapsPath, type StartedPlane, startPlane, type Watched } from './started-plane.ts';

async function seen(watch: Watched, count: number): Promise<string[]> {
  const events: string[] = [];
  while (events.length < count) {
    const { type, object } = await watch.next();
    events.push(`${type} ${object.metadata.name ?? ''}`.trim());
  }
  return events;
}

const put = ({ call }: StartedPlane, name: string, labels: Record<string, string>, v = '') =>
  call('PUT', `${mapsPath}/${name}`, { body: mapNamed(name, { v }, labels) });

test('a watch from a version tells everything after it, once and in order, with the versions that objects have', async (t) => {
  const plane = await startPlane(t);
  const { body: list } = await plane.call('GET', mapsPath);
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  const watch = await plane.watch(`${mapsPath}?watch=true&resourceVersion=${list.metadata.resourceVersion}`);
  assert.deepEqual(await seen(watch, 1), ['ADDED a']);
  await put(plane, 'a', { x: 'y' });
  const { body: gone } = await plane.call('DELETE', `${mapsPath}/a`);
  assert.equal(gone.status, 'Success');
  const modified = await watch.next();
  const deleted = await watch.next();
  assert.deepEqual([modified.type, deleted.type, deleted.object.kind], ['MODIFIED', 'DELETED', 'ConfigMap']);
  assert.ok(Number(deleted.object.metadata.resourceVersion) > Number(modified.object.metadata.resourceVersion));
});

test('to a watcher with a selector, an object comes and goes as its labels do', async (t) => {
  const plane = await startPlane(t);
  await plane.call('POST', mapsPath, { body: mapNamed('a', {}, { tier: 'x' }) });
  const watch = await plane.watch(`${mapsPath}?watch=true&labelSelector=tier=x`);
  assert.deepEqual(await seen(watch, 1), ['ADDED a']);
  await put(plane, 'a', { tier: 'y' });
  await put(plane, 'a', { tier: 'y' }, 'unseen');
  await put(plane, 'a', { tier: 'x' });
  await put(plane, 'a', { tier: 'x' }, 'seen');
  assert.deepEqual(await seen(watch, 3), ['DELETED a', 'ADDED a', 'MODIFIED a']);
});

test('a watch of one name and of another namespace', async (t) => {
  const plane = await startPlane(t);
  const one = await plane.watch(`${mapsPath}/b?watch=1`);
  const elsewhere = await plane.watch('/api/v1/namespaces/kube-public/configmaps?watch=1');
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  await plane.call('POST', mapsPath, { body: mapNamed('b') });
  await plane.call('POST', '/api/v1/namespaces/kube-public/configmaps', { body: mapNamed('c') });
  assert.deepEqual(await seen(one, 1), ['ADDED b']);
  assert.deepEqual(await seen(elsewhere, 1), ['ADDED c']);
});

test('a watch as tables says the columns once, and keeps the metadata of every row', async (t) => {
  const plane = await startPlane(t);
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const streamed = `${mapsPath}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
  const watch = await plane.watch(streamed, { accept });
  const [first, second] = [(await watch.next()).object, (await watch.next()).object];
  assert.deepEqual(
    [first.kind, first.columnDefinitions.length, first.rows[0].cells.slice(0, 2)],
    ['Table', 3, ['a', 0]],
  );
  assert.equal(first.rows[0].object.metadata.name, 'a');
  assert.equal(second.columnDefinitions, null);
  assert.deepEqual(second.rows[0].object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
});

test('a version that is too old, or that never was, is refused with 410', async (t) => {
  const plane = await startPlane(t, { limits: { windowEventsMax: 2 } });
  const { body: list } = await plane.call('GET', mapsPath);
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  for (const v of ['1', '2', '3']) await put(plane, 'a', {}, v);
  for (const version of [list.metadata.resourceVersion, '1', '99999']) {
    const refused = await plane.call('GET', `${mapsPath}?watch=1&resourceVersion=${version}`);
    assert.deepEqual([refused.code, refused.body.reason], [410, 'Expired'], version);
  }
});

test('bookmarks carry the newest version, and mark the end of a list that is streamed', async (t) => {
  const plane = await startPlane(t, { limits: { bookmarkIntervalMs: 30 } });
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  const streamed = `${mapsPath}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
  const watch = await plane.watch(streamed);
  assert.deepEqual(await seen(watch, 1), ['ADDED a']);
  const end = await watch.next();
  assert.deepEqual([end.type, end.object.metadata.annotations], ['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }]);
  await plane.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'elsewhere' } } });
  const later = await watch.next();
  assert.equal(later.type, 'BOOKMARK');
  assert.ok(Number(later.object.metadata.resourceVersion) >= Number(end.object.metadata.resourceVersion));
});

test('a watch ends when its time is up', async (t) => {
  const plane = await startPlane(t);
  const watch = await plane.watch(`${mapsPath}?watch=1&timeoutSeconds=1`);
  watch.response.resume();
  await once(watch.response, 'end');
});

test('a watcher that does not read is cut off, and that is counted', async (t) => {
  const plane = await startPlane(t, { limits: { watchBacklogBytesMax: 64 * 1024 } });
  const watch = await plane.watch(`${mapsPath}?watch=1`);
  watch.response.pause();
  const ended = watch.ended;
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  const text = 'x'.repeat(500_000);
  for (let at = 0; at < 40; at++) await put(plane, 'a', {}, `${at}${text}`);
  watch.response.resume();
  watch.response.on('error', () => {});
  await ended;
  assert.match(plane.metrics.exposition(), /taffrail_api_watches_cut_total\{resource="configmaps"\} 1/);
});

test('what is there already is given to a watcher whole, however much it is, and what comes meanwhile comes after it', async (t) => {
  const plane = await startPlane(t, { limits: { watchBacklogBytesMax: 64 * 1024 } });
  const text = 'x'.repeat(300_000);
  for (let at = 10; at < 30; at++) await plane.call('POST', mapsPath, { body: mapNamed(`m${at}`, { text }) });
  const watch = await plane.watch(`${mapsPath}?watch=1`);
  await put(plane, 'm10', {}, 'later');
  const events = await seen(watch, 21);
  assert.deepEqual(events, [...Array.from({ length: 20 }, (_, at) => `ADDED m${at + 10}`), 'MODIFIED m10']);
  watch.stop();
});

test('a watcher that does not read what is there is cut off too', async (t) => {
  const plane = await startPlane(t, { limits: { requestTimeoutMs: 600, headersTimeoutMs: 500 } });
  const text = 'x'.repeat(900_000);
  for (let at = 0; at < 12; at++) await plane.call('POST', mapsPath, { body: mapNamed(`m${at}`, { text }) });
  const watch = await plane.watch(`${mapsPath}?watch=1`);
  watch.response.pause();
  watch.response.on('error', () => {});
  while (!plane.metrics.exposition().includes('taffrail_api_watches_running 0')) await systemClock.sleep(20);
  assert.match(plane.metrics.exposition(), /taffrail_api_watches_cut_total\{resource="configmaps"\} 1/);
});

test('stopping the server ends watches', async (t) => {
  const plane = await startPlane(t);
  const watch = await plane.watch(`${mapsPath}?watch=1`);
  watch.response.resume();
  const end = once(watch.response, 'end');
  await plane.plane.close();
  await end;
});
