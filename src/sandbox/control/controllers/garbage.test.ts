import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isExpired } from './event-expiry.ts';
import { decideGarbage, type OwnerState } from './garbage-decision.ts';
import { OwnerGraph } from './owner-graph.ts';
import { surplusPods } from './pod-collector.ts';

const reference = (uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid });
const owners = (...states: OwnerState[]) => states.map((state, at) => ({ reference: reference(`o${at}`), state }));
const object = (metadata: object = {}): KubeObject => ({ metadata: { name: 'x', uid: 'x', ...metadata } });

test('an object without owners is nobody’s business', () => {
  assert.deepEqual(decideGarbage(object(), [], false), { action: 'keep' });
});

test('an object stays as long as one owner stays, without the references to those that are gone', () => {
  assert.deepEqual(decideGarbage(object(), owners('there', 'there'), false), { action: 'keep' });
  assert.deepEqual(decideGarbage(object(), owners('there', 'gone', 'waiting'), false), {
    action: 'unlink',
    references: [reference('o1'), reference('o2')],
  });
});

test('an object whose owners are all gone goes, in the way that its own finalizers ask for', () => {
  const gone = (finalizers: string[]) => decideGarbage(object({ finalizers }), owners('gone'), false);
  assert.deepEqual(gone([]), { action: 'delete', propagation: 'Background' });
  assert.deepEqual(gone(['foregroundDeletion']), { action: 'delete', propagation: 'Foreground' });
  assert.deepEqual(gone(['orphan']), { action: 'delete', propagation: 'Orphan' });
});

test('below an owner that waits, what has dependents of its own waits for them too', () => {
  assert.deepEqual(decideGarbage(object(), owners('waiting'), true), { action: 'delete', propagation: 'Foreground' });
  assert.deepEqual(decideGarbage(object(), owners('waiting'), false), { action: 'delete', propagation: 'Background' });
});

test('what is being deleted already is left alone', () => {
  assert.deepEqual(decideGarbage(object({ deletionTimestamp: 'x' }), owners('gone'), false), { action: 'keep' });
});

test('the graph follows references that change', () => {
  const graph = new OwnerGraph();
  const collection = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
  const upsert = (uids: string[]) =>
    graph.upsert({ object: object({ ownerReferences: uids.map(reference) }), collection });
  const dependents = (uid: string) => graph.dependentsOf(uid).map((node) => node.object.metadata.uid);
  upsert(['a', 'b']);
  assert.deepEqual([dependents('a'), dependents('b')], [['x'], ['x']]);
  upsert(['b']);
  assert.deepEqual([dependents('a'), dependents('b')], [[], ['x']]);
  graph.remove('x');
  assert.deepEqual(dependents('b'), []);
});

test('finished pods past the limit go, oldest first; running ones never', () => {
  const pod = (name: string, phase: string, second: number): KubeObject => ({
    metadata: { name, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
    status: { phase },
  });
  const pods = [pod('c', 'Failed', 3), pod('a', 'Succeeded', 1), pod('r', 'Running', 0), pod('b', 'Succeeded', 2)];
  assert.deepEqual(
    surplusPods(pods, 1).map(({ metadata }) => metadata.name),
    ['a', 'b'],
  );
  assert.deepEqual(surplusPods(pods, 3), []);
});

test('an event expires an hour after it was last seen, not after it was first seen', () => {
  const event = {
    metadata: { name: 'e' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T02:00:00Z',
  };
  assert.equal(isExpired(event, Date.parse('2026-01-01T02:59:59Z')), false);
  assert.equal(isExpired(event, Date.parse('2026-01-01T03:00:01Z')), true);
  const newer = { metadata: { name: 'e' }, eventTime: '2026-01-01T00:00:00.000000Z' };
  assert.equal(isExpired(newer, Date.parse('2026-01-01T01:00:01Z')), true);
});
