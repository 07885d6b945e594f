import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, WatchWindow } from './window.ts';

const change = (resourceVersion: number, bytes = 10): Change => ({
  type: 'ADDED',
  resourceVersion,
  object: { metadata: { name: `n${resourceVersion}` } },
  previous: undefined,
  bytes,
});
const versions = (changes: readonly Change[]) => changes.map(({ resourceVersion }) => resourceVersion);

test('a watcher that comes back gets exactly what it has missed', () => {
  const window = new WatchWindow(5, { windowEventsMax: 10, windowBytesMax: 1000 });
  for (const version of [7, 9, 12]) window.append(change(version));
  assert.deepEqual(versions(window.since(5)), [7, 9, 12]);
  assert.deepEqual(versions(window.since(7)), [9, 12]);
  assert.deepEqual(versions(window.since(8)), [9, 12]);
  assert.deepEqual(versions(window.since(12)), []);
  assert.throws(() => window.since(4), { code: 410, reason: 'Expired', message: /too old resource version: 4/ });
});

test('the oldest leave when there are too many; who needs them lists again', () => {
  const window = new WatchWindow(0, { windowEventsMax: 100, windowBytesMax: 1e9 });
  for (let version = 1; version <= 5000; version++) window.append(change(version));
  assert.equal(window.floor, 4900);
  assert.equal(window.since(4900).length, 100);
  assert.throws(() => window.since(4899), { code: 410 });
});

test('large changes push out more, but the newest always stays', () => {
  const window = new WatchWindow(0, { windowEventsMax: 100, windowBytesMax: 1000 });
  for (let version = 1; version <= 10; version++) window.append(change(version, 300));
  assert.deepEqual(versions(window.since(window.floor)), [8, 9, 10]);
  window.append(change(11, 5000));
  assert.deepEqual(versions(window.since(10)), [11]);
});

test('a listener hears each change once, until it stops listening, even from within', () => {
  const window = new WatchWindow(0, { windowEventsMax: 10, windowBytesMax: 1000 });
  const heard: number[] = [];
  const stop = window.subscribe(({ resourceVersion }) => {
    heard.push(resourceVersion);
    if (resourceVersion === 2) stop();
  });
  for (const version of [1, 2, 3]) window.append(change(version));
  assert.deepEqual(heard, [1, 2]);
});
