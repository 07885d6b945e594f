import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { PodFact } from '../batch/batch.ts';
import type { LogStore } from './store.ts';
import {
  batch,
  everything,
  facts,
  linesOf,
  offer,
  openTestStore,
  readAll,
  resolveAll,
  resolveOne,
  segment,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: LogStore;

beforeEach(async () => {
  directory = temporaryDirectory();
  store = await openTestStore(directory.path);
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

async function reopen(): Promise<void> {
  await store.close();
  store = await openTestStore(directory.path);
}

test('What was appended is read back in file order, also after the store was opened again', async () => {
  const { id } = await resolveOne(store);
  const first = batch(id, { from: 0, lines: ['one', 'two'] });
  const second = batch(id, { from: 8, lines: ['three'] });
  assert.deepEqual(await statuses(store, second, first), ['stored', 'stored']);
  assert.deepEqual(await readAll(store, id), ['one', 'two', 'three']);
  await reopen();
  assert.deepEqual(await readAll(store, id), ['one', 'two', 'three']);
  assert.deepEqual(await readAll(store, id, { direction: 'backward' }), ['three', 'one', 'two']);
});

test('A retry is held, also within one call; other content for the same range is an overlap', async () => {
  const { id } = await resolveOne(store);
  const first = batch(id, { from: 0, lines: ['one', 'two'] });
  assert.deepEqual(await statuses(store, first, first), ['stored', 'held']);
  assert.deepEqual(await statuses(store, first), ['held']);
  assert.deepEqual(await statuses(store, batch(id, { from: 0, lines: ['ONE', 'two'] })), ['overlap']);
  const [result] = await store.append('acme', [batch(id, { from: 4, lines: ['two', 'three'] })]);
  assert.deepEqual(result, {
    status: 'overlap',
    held: [
      {
        segment: segment(1),
        held: [{ from: 0, to: 8, tailFrom: 0, tailHash: first.header.covers[0]!.hash }],
      },
    ],
  });
  await reopen();
  assert.deepEqual(await statuses(store, first), ['held']);
  assert.deepEqual(await readAll(store, id), ['one', 'two']);
});

test('Resolving again gives the same instance with adjacent ranges joined, and another epoch after a restart', async () => {
  const before = await resolveOne(store);
  const frames = ['a', 'b', 'c'].map((line, i) => batch(before.id, { from: 2 * i, lines: [line] }));
  await statuses(store, ...frames);
  const { epoch } = store;
  await reopen();
  assert.notEqual(store.epoch, epoch);
  const after = await resolveOne(store, { segments: [segment(1), segment(2)] });
  assert.deepEqual(after, {
    id: before.id,
    deleted: false,
    segments: [
      {
        segment: segment(1),
        held: [{ from: 0, to: 6, tailFrom: 4, tailHash: frames[2]!.header.covers[0]!.hash }],
      },
      { segment: segment(2), held: [] },
    ],
  });
});

test('A reused key is a new instance unless a file, the container or the agent says otherwise', async () => {
  const first = await resolveOne(store, { containerId: 'c1' });
  const reused = await resolveOne(store, { containerId: 'c2', segments: [segment(9)] });
  assert.notEqual(reused.id, first.id);
  const sameContainer = await resolveOne(store, { containerId: 'c1', segments: [segment(3)] });
  assert.equal(sameContainer.id, first.id);
  const sameFile = await resolveOne(store, { segments: [segment(9), segment(10)] });
  assert.equal(sameFile.id, reused.id);
  const seen = await resolveOne(store, { segments: [segment(20)], continues: first.id });
  assert.equal(seen.id, first.id);
  const sameFileOtherContainer = await resolveOne(store, { containerId: 'c9', segments: [segment(1)] });
  assert.notEqual(sameFileOtherContainer.id, first.id);
  const unknown = await resolveOne(store, { segments: [segment(30)] });
  assert.equal(new Set([first.id, reused.id, sameFileOtherContainer.id, unknown.id]).size, 4);
});

test('Two instances that come to have one container id are one, under both ids', async () => {
  const before = await resolveOne(store, { segments: [segment(1)], containerId: 'c1' });
  const after = await resolveOne(store, { segments: [segment(2)] });
  await statuses(store, batch(before.id, { from: 0, lines: ['one'] }));
  await statuses(store, batch(after.id, { from: 0, lines: ['two'], segment: segment(2), second: 2 }));
  assert.equal(store.instances(everything, {}).length, 2);
  await statuses(store, facts({ kind: 'instance', instance: after.id, containerId: 'c1', exitCode: 3 }));
  for (const id of [before.id, after.id]) assert.deepEqual(await readAll(store, id), ['one', 'two']);
  const [only, ...others] = store.instances(everything, {});
  assert.deepEqual([only?.id, only?.lineCount, only?.exitCode, others.length], [before.id, 2, 3, 0]);
  assert.deepEqual(
    await statuses(store, batch(after.id, { from: 4, lines: ['three'], segment: segment(2), second: 3 })),
    ['stored'],
  );
  await reopen();
  assert.deepEqual(await readAll(store, after.id), ['one', 'two', 'three']);
});

test('An empty file is one instance however often it is resolved, and goes on as it when it has a first line', async () => {
  const empty = await resolveOne(store, { segments: [] });
  assert.equal((await resolveOne(store, { segments: [] })).id, empty.id);
  assert.equal((await resolveOne(store, { segments: [segment(4)] })).id, empty.id);
  assert.notEqual((await resolveOne(store, { segments: [segment(5)] })).id, empty.id);
});

test('A batch that was spooled before the container id was known finds its instance in a store that never heard of it', async () => {
  const other = temporaryDirectory();
  const before = await openTestStore(other.path);
  const spooled = await resolveOne(before);
  await before.close();
  other.remove();
  const { id } = await resolveOne(store, { containerId: 'c1' });
  assert.notEqual(id, spooled.id);
  assert.deepEqual(await statuses(store, batch(spooled.id, { from: 0, lines: ['one'] })), ['stored']);
  assert.deepEqual(await readAll(store, id), ['one']);
});

test('A closed store says so', async () => {
  const { id } = await resolveOne(store);
  await store.close();
  await assert.rejects(store.append('acme', [batch(id, { from: 0, lines: ['one'] })]), { code: 'unavailable' });
  await assert.rejects(readAll(store, id), { code: 'unavailable' });
  assert.throws(() => store.status(), { code: 'unavailable' });
});

test('A gap is shown until lines for it come', async () => {
  const { id } = await resolveOne(store);
  const noticedAt = '2024-01-01T00:00:00Z';
  const place = { instance: id, segment: segment(1), after: null, before: null, noticedAt };
  await statuses(store, facts({ kind: 'gap', ...place, from: 0, to: 100, reason: 'rotated-away' }));
  await statuses(store, batch(id, { from: 40, lines: ['123456789'] }));
  const ranges = () => store.instances(everything, {})[0]!.gaps.map(({ from, to }) => [from, to]);
  assert.deepEqual(ranges(), [
    [0, 40],
    [50, 100],
  ]);
  await statuses(
    store,
    batch(id, { from: 0, lines: ['x'.repeat(39)] }),
    batch(id, { from: 50, lines: ['y'.repeat(49)] }),
  );
  assert.deepEqual(ranges(), []);
});

test('What is excluded on purpose counts as held', async () => {
  const { id } = await resolveOne(store);
  const covers = [{ segment: segment(1), from: 0, to: 10, hash: 'ab' }];
  await statuses(store, facts({ kind: 'excluded', instance: id, covers, reason: 'annotation' }));
  assert.equal(store.instances(everything, {})[0]!.excludedBytes, 10);
  assert.deepEqual(await statuses(store, batch(id, { from: 0, lines: ['one'] })), ['overlap']);
  assert.deepEqual((await resolveOne(store)).segments[0]!.held, [{ from: 0, to: 10, tailFrom: 0, tailHash: 'ab' }]);
});

test('A deleted instance stays deleted: what is shipped of it is dropped, and resolving says so', async () => {
  const { id } = await resolveOne(store);
  await statuses(store, batch(id, { from: 0, lines: ['secret'] }));
  await store.deleteInstances(everything, [id]);
  await assert.rejects(readAll(store, id), { code: 'not-found' });
  assert.deepEqual(store.instances(everything, {}), []);
  assert.deepEqual(await statuses(store, batch(id, { from: 7, lines: ['more'] })), ['deleted']);
  await reopen();
  assert.equal((await resolveOne(store)).deleted, true);
});

test('Nothing outside the scope is returned, counted or hinted at', async () => {
  const { id } = await resolveOne(store, { namespace: 'secret' });
  await statuses(store, batch(id, { from: 0, lines: ['one'] }));
  const outside = { tenant: 'acme', namespaces: ['default'] };
  assert.deepEqual(store.instances(outside, { ids: [id] }), []);
  await assert.rejects(readAll(store, id, {}, outside), { code: 'not-found' });
  await assert.rejects(readAll(store, id, {}, { tenant: 'other', namespaces: '*' }), { code: 'not-found' });
  await assert.rejects(store.deleteInstances(outside, [id]), { code: 'not-found' });
  assert.deepEqual(
    (await store.append('other', [batch(id, { from: 4, lines: ['two'] })]))[0]!.status,
    'unknown-instance',
  );
  assert.deepEqual(await readAll(store, id, {}, { tenant: 'acme', namespaces: ['secret'] }), ['one']);
});

test('Instances are found by pod, labels, workload and time, in the order of their start', async () => {
  const [a, b] = await resolveAll(store, [
    offer({ podUid: 'u1', attempt: 1, segments: [segment(50)] }),
    offer({ podUid: 'u2', attempt: 0, segments: [segment(10)], pod: 'web-2' }),
  ]);
  await statuses(store, batch(a!.id, { from: 0, lines: ['late'], segment: segment(50), second: 50 }));
  await statuses(store, batch(b!.id, { from: 0, lines: ['early'], segment: segment(10), second: 10 }));
  await statuses(
    store,
    facts(podFact('u1', 'web-1'), { kind: 'progress', instance: b!.id, state: 'ended', lagBytes: 0 }),
  );
  const ids = (filter: Parameters<LogStore['instances']>[1]) =>
    store.instances(everything, filter).map((instance) => instance.id);
  assert.deepEqual(ids({}), [b!.id, a!.id]);
  assert.deepEqual(ids({ pod: 'web-2' }), [b!.id]);
  assert.deepEqual(ids({ labels: (labels) => labels.app === 'web' }), [a!.id]);
  assert.deepEqual(ids({ workload: { kind: 'deployment', name: 'web' } }), [a!.id]);
  assert.deepEqual(ids({ workload: { kind: 'ReplicaSet', name: 'web-7d4b' } }), [a!.id]);
  assert.deepEqual(ids({ since: BigInt(Date.UTC(2024, 0, 1, 0, 0, 30)) * 1_000_000n }), [a!.id]);
  assert.deepEqual(ids({ limit: 1 }), [b!.id]);
});

test('A follower gets what comes after its position, in the order of storing, once', async () => {
  const { id } = await resolveOne(store);
  await statuses(store, batch(id, { from: 0, lines: ['before'] }));
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    const blocks = store.follow(everything, store.status().sequence, () => true, stop.signal);
    for await (const block of blocks) {
      seen.push(...linesOf(block));
      if (seen.includes('last')) stop.abort();
    }
  })();
  for (const [i, line] of ['a', 'b', 'c'].entries())
    await statuses(store, batch(id, { from: 7 + 2 * i, lines: [line] }));
  await statuses(store, batch(id, { from: 13, lines: ['last'] }));
  await following;
  assert.deepEqual(seen, ['a', 'b', 'c', 'last']);
});

test('A second store on the same folder is refused, and one of a newer version is left untouched', async () => {
  await assert.rejects(openTestStore(directory.path), { code: 'already-locked' });
});

function podFact(podUid: string, name: string): PodFact {
  return {
    kind: 'pod',
    cluster: 'c',
    podUid,
    apiUid: podUid,
    namespace: 'default',
    name,
    node: 'n1',
    labels: { app: 'web', 'pod-template-hash': '7d4b' },
    annotations: {},
    owners: [{ kind: 'ReplicaSet', name: 'web-7d4b', uid: 'r1' }],
    phase: 'Running',
    reason: '',
    createdAt: '2024-01-01T00:00:00Z',
    deletedAt: null,
  };
}
