import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batch, everything, linesOf, openTestStore, resolveOne, temporaryDirectory } from './store-fixture.ts';

test('listed blocks are read once each, also after they were merged', async (t) => {
  const directory = temporaryDirectory();
  t.after(() => directory.remove());
  const store = await openTestStore(directory.path);
  t.after(() => store.close());
  const { id } = await resolveOne(store);
  let from = 0;
  for (let second = 1; second <= 40; second++) {
    const frame = batch(id, { from, lines: [`line ${second}`], second });
    await store.append('acme', [frame]);
    from += frame.header.textBytes;
  }
  const listed = store.list(everything, id, {});
  assert.equal(
    listed.reduce((sum, { lineCount }) => sum + lineCount, 0),
    40,
  );
  const read = async (blocks: typeof listed) => {
    const lines: string[] = [];
    for (const block of blocks)
      for await (const part of store.readListed(everything, block)) lines.push(...linesOf(part));
    return lines.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
  };
  const expected = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`);
  assert.deepEqual(await read(listed), expected);
  await store.tidy();
  const merged = store.list(everything, id, {});
  assert.ok(merged.length < listed.length, `${merged.length} blocks after merging ${listed.length}`);
  assert.deepEqual(await read(listed), expected);
  assert.deepEqual(await read(merged), expected);
  const early = store.list(everything, id, { throughSequence: listed[0]!.sequences[0]! });
  assert.deepEqual(await read(early), ['line 1']);
  assert.throws(() => store.list({ tenant: 'acme', namespaces: ['other'] }, id, {}), { code: 'not-found' });
  await assert.rejects(
    store
      .readListed({ tenant: 'acme', namespaces: ['other'] }, listed[0]!)
      [Symbol.asyncIterator]()
      .next(),
    { code: 'not-found' },
  );
});
