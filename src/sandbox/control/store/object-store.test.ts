import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Change } from '../../../kubernetes/serve/serve.ts';
import { ObjectStore } from './object-store.ts';

const limits = { windowEventsMax: 100, windowBytesMax: 1e6 };
const things = '/things';

function scratch(t: { after(end: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function openStore(t: { after(end: () => void): void }): ObjectStore {
  const store = new ObjectStore(scratch(t), limits);
  t.after(() => store.close());
  return store;
}

const object = (name: string, namespace = 'n', v = 0) => ({ kind: 'Thing', metadata: { name, namespace }, v });

test('every write has a version of its own, and the window tells them in that order', (t) => {
  const store = openStore(t);
  const heard: Change[] = [];
  store.window(things).subscribe((change) => heard.push(change));
  const a = store.write(things, object('a'), undefined);
  const b = store.write('/others', object('b'), undefined);
  const changed = store.write(things, { ...a, v: 1 }, a);
  const removed = store.remove(things, changed);
  const versions = [a, b, changed, removed].map(({ metadata }) => Number(metadata.resourceVersion));
  assert.deepEqual(
    versions,
    versions.toSorted((x, y) => x - y),
  );
  assert.equal(new Set(versions).size, 4);
  assert.deepEqual(
    heard.map(({ type, resourceVersion }) => [type, resourceVersion]),
    [
      ['ADDED', versions[0]],
      ['MODIFIED', versions[2]],
      ['DELETED', versions[3]],
    ],
  );
  assert.equal(heard[1]!.previous!.v, 0);
  assert.equal(store.version, versions[3]);
});

test('what is read belongs to the reader, and what is told does not change afterwards', (t) => {
  const store = openStore(t);
  const written = store.write(things, object('a'), undefined);
  const told = store.window(things).since(store.version - 1)[0]!;
  written.v = 7;
  store.read(things, { namespace: 'n', name: 'a' })!.v = 8;
  assert.equal(told.object.v, 0);
  assert.equal(store.read(things, { namespace: 'n', name: 'a' })!.v, 0);
});

test('a transaction that fails leaves nothing behind: no object, no version, no event', (t) => {
  const store = openStore(t);
  const before = store.version;
  assert.throws(() =>
    store.atomically(() => {
      store.write(things, object('a'), undefined);
      throw new Error('no');
    }),
  );
  assert.equal(store.read(things, { namespace: 'n', name: 'a' }), undefined);
  assert.equal(store.version, before);
  assert.equal(store.window(things).since(before).length, 0);
  assert.equal(Number(store.write(things, object('a'), undefined).metadata.resourceVersion), before + 1);
});

test('objects are scanned in the order of namespace and name, from anywhere on', (t) => {
  const store = openStore(t);
  for (const [name, namespace] of [
    ['b', 'm'],
    ['a', 'n'],
    ['a', 'm'],
    ['c', 'm'],
    ['z', ''],
  ])
    store.write(things, object(name!, namespace), undefined);
  const scanned = (namespace: string, after?: { namespace: string; name: string }) =>
    [...store.scan(things, namespace, after)].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  assert.deepEqual(scanned(''), ['/z', 'm/a', 'm/b', 'm/c', 'n/a']);
  assert.deepEqual(scanned('', { namespace: 'm', name: 'b' }), ['m/c', 'n/a']);
  assert.deepEqual(scanned('m', { namespace: 'm', name: 'a' }), ['m/b', 'm/c']);
  assert.deepEqual(scanned('none'), []);
});

test('a file that is not a database is reported as corrupt, and the lock is given back', (t) => {
  const directory = scratch(t);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'objects.db'), 'rubbish '.repeat(1000));
  for (let attempt = 0; attempt < 2; attempt++)
    assert.throws(() => new ObjectStore(directory, limits), { code: 'corrupt' });
});
