import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pushedStreamId } from '../batch/batch.ts';
import type { DurableStore } from './durable-store.ts';
import { all, anyone, entry, push } from './pushed-fixture.ts';
import { openTestStore, temporaryDirectory } from './store-fixture.ts';

const step = fc.record({ stream: fc.integer({ min: 0, max: 4 }), isDeleted: fc.boolean() });

function streamsOf(store: DurableStore) {
  const { lineCount, textBytes, pushedStreams } = store.status();
  return { streams: store.pushedStreams(all), lineCount, textBytes, pushedStreams };
}

test('What is said of streams is the same before and after a start, and its sums are those of the store', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const directory = temporaryDirectory();
      let store = await openTestStore(directory.path);
      try {
        for (const [at, { stream, isDeleted }] of steps.entries()) {
          const labels = { name: String(stream) };
          const id = pushedStreamId('acme', labels);
          const isKnown = store.pushedStreams(all, { ids: [id] }).length === 1;
          if (isDeleted && isKnown) await store.deletePushed(all, [id]);
          else await push(store, labels, [1000 * at, 'x'.repeat(at)], [1000 * at + 1, 'y']);
        }
        const before = streamsOf(store);
        const sum = (of: 'lineCount' | 'textBytes') => before.streams.reduce((total, stream) => total + stream[of], 0);
        assert.equal(before.pushedStreams, before.streams.length);
        assert.deepEqual([before.lineCount, before.textBytes], [sum('lineCount'), sum('textBytes')]);
        assert.equal(store.pushedStreams(all, { isInAnyOrder: true }).length, before.streams.length);
        await store.close();
        store = await openTestStore(directory.path);
        assert.deepEqual(streamsOf(store), before);
      } finally {
        await store.close();
        directory.remove();
      }
    }),
    { numRuns: 15 },
  );
});

test('A stream that was handed out says what it said, whatever comes behind it', async () => {
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path);
  try {
    await push(store, { app: 'a' }, [1, 'x']);
    const [before] = store.pushedStreams(all);
    await push(store, { app: 'a' }, [2, 'y']);
    assert.equal(before?.lineCount, 1);
    assert.equal(store.pushedStreams(all)[0]?.lineCount, 2);
  } finally {
    await store.close();
    directory.remove();
  }
});

test('The id that a writer keeps with labels is that of the tenant who pushes them', async () => {
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path);
  try {
    const labels = { app: 'a' };
    const memo = { tenant: undefined, id: undefined };
    for (const tenant of ['acme', 'other', 'acme']) {
      await store.push(tenant, anyone, [{ ...entry(labels, [[1, 'x']]), memo }]);
      const [stream] = store.pushedStreams({ tenant, namespaces: '*' });
      assert.equal(stream?.id, pushedStreamId(tenant, labels));
      assert.equal(stream?.lineCount, 1);
    }
  } finally {
    await store.close();
    directory.remove();
  }
});
