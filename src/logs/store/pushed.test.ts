import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { pushedStreamId } from '../batch/batch.ts';
import type { DurableStore } from './durable-store.ts';
import { all, anyone, entry, push, readStream, type TestLine } from './pushed-fixture.ts';
import type { PushedBlock } from './store.ts';
import { forgetCatalogue, openTestStore, temporaryDirectory } from './store-fixture.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: DurableStore;
const app = { app: 'web', namespace: 'shop' };

beforeEach(async () => {
  directory = temporaryDirectory();
  store = await openTestStore(directory.path);
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

async function reopen({ withoutCatalogue = false } = {}): Promise<void> {
  await store.close();
  if (withoutCatalogue) forgetCatalogue(directory.path);
  store = await openTestStore(directory.path);
}

async function collected(blocks: AsyncIterable<PushedBlock>): Promise<PushedBlock[]> {
  const found: PushedBlock[] = [];
  for await (const block of blocks) found.push(block);
  return found;
}

test('One stream more than there may be is refused, and those that are known go on', async () => {
  await store.close();
  store = await openTestStore(directory.path, { pushedStreamsMax: 2 });
  await push(store, { app: 'a' }, [1, 'x']);
  await push(store, { app: 'b' }, [1, 'x']);
  await assert.rejects(push(store, { app: 'c' }, [1, 'x']), { code: 'overloaded', message: /pushedStreamsMax is 2/ });
  assert.equal((await push(store, { app: 'a' }, [2, 'y'])).stored, 1);
  assert.deepEqual(await readStream(store, { app: 'a' }), ['x', 'y']);
});

test('What was pushed is read back with times and structured metadata, also after a start and from a rebuilt catalogue', async () => {
  const lines: TestLine[] = [
    [-5, 'before 1970'],
    [1000, 'two\nlines', { trace: 'a' }],
    [1000, '', { trace: 'b' }],
    [4_102_444_800_000, 'late'],
  ];
  assert.deepEqual(await push(store, app, ...lines), { stored: 4, held: 0, deleted: 0, refused: [] });
  for (const withoutCatalogue of [undefined, false, true]) {
    if (withoutCatalogue !== undefined) await reopen({ withoutCatalogue });
    const [stream] = store.pushedStreams(all);
    assert.deepEqual(stream?.labels, app);
    assert.equal(stream?.id, pushedStreamId('acme', { namespace: 'shop', app: 'web' }));
    assert.equal(stream?.provenance, 'asserted');
    assert.deepEqual([stream?.firstTime, stream?.lastTime], [-5_000_000n, 4_102_444_800_000_000_000n]);
    assert.deepEqual([stream?.lineCount, stream?.textBytes], [4, 28]);
    const [block] = await collected(store.readPushed(all, stream!.id, { direction: 'forward' }));
    assert.deepEqual([...block!.times], [-5_000_000n, 1_000_000_000n, 1_000_000_000n, 4_102_444_800_000_000_000n]);
    const { sets, of } = block!.metadata;
    assert.deepEqual(
      [...of].map((set) => sets[set]),
      [{}, { trace: 'a' }, { trace: 'b' }, {}],
    );
    assert.deepEqual(
      await readStream(store, app),
      lines.map(([, text]) => text),
    );
  }
});

test('Late and out-of-order lines are taken, and come by time within a push', async () => {
  await push(store, app, [3000, 'c'], [1000, 'a'], [2000, 'b']);
  await push(store, app, [500, 'z'], [2500, 'between']);
  assert.deepEqual(await readStream(store, app), ['z', 'between', 'a', 'b', 'c']);
  assert.deepEqual(await readStream(store, app, { direction: 'backward' }), ['a', 'b', 'c', 'z', 'between']);
  assert.deepEqual(await readStream(store, app, { until: 1_000_000_000n }), ['z', 'between']);
});

test('A repeated push is held, wholly or in part, and genuine repeats within a push stay', async () => {
  const lines: TestLine[] = [
    [1000, 'x'],
    [1000, 'x'],
    [1000, 'y'],
    [2000, 'x'],
  ];
  assert.equal((await push(store, app, ...lines)).stored, 4);
  assert.deepEqual(await push(store, app, ...lines), { stored: 0, held: 4, deleted: 0, refused: [] });
  await reopen();
  assert.equal((await push(store, app, ...lines.toReversed())).held, 4);
  // One more of what was there twice, and one that is new.
  const more = await push(store, app, [1000, 'x'], [1000, 'x'], [1000, 'x'], [3000, 'x']);
  assert.deepEqual([more.stored, more.held], [2, 2]);
  assert.equal((await push(store, { ...app, pod: 'a' }, ...lines)).stored, 4, 'another stream is another stream');
  assert.equal((await store.push('other', anyone, [entry(app, lines)])).stored, 4, 'and so is that of another tenant');
});

test('Pushes of the same lines at the same time store them once', async () => {
  const lines: TestLine[] = Array.from({ length: 50 }, (_, i) => [i, `line ${i}`]);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => push(store, app, ...lines)));
  assert.equal(
    outcomes.reduce((sum, { stored }) => sum + stored, 0),
    50,
  );
  assert.equal((await readStream(store, app)).length, 50);
});

test('Two entries of one stream are one push', async () => {
  const twice = [entry(app, [[1000, 'x']]), entry(app, [[1000, 'x']])];
  assert.equal((await store.push('acme', anyone, twice)).stored, 2);
  assert.equal((await store.push('acme', anyone, twice)).held, 2);
});

test('Whatever is pushed, repeated and merged, each line is there as often as one push had it', async () => {
  const line = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b', 'a\nb'));
  const lines = fc.array(line, { minLength: 1, maxLength: 8 });
  const stream = fc.constantFrom('1', '2', '3');
  const pushes = fc.array(fc.tuple(stream, lines, fc.boolean()), { minLength: 1, maxLength: 24 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(pushes, async (list) => {
      run++;
      const most = new Map<string, Map<string, number>>();
      for (const [name, texts, tidy] of list) {
        await push(store, { run: String(run), name }, ...texts.map(([ms, text]): TestLine => [ms, `${ms}${text}`]));
        const counts = new Map<string, number>();
        for (const [ms, text] of texts) counts.set(`${ms}${text}`, (counts.get(`${ms}${text}`) ?? 0) + 1);
        const held = most.get(name) ?? new Map<string, number>();
        for (const [text, count] of counts) held.set(text, Math.max(count, held.get(text) ?? 0));
        most.set(name, held);
        if (tidy) await store.tidy();
      }
      for (const [name, counts] of most) {
        const expected = [...counts].flatMap(([text, count]) => Array.from({ length: count }, () => text));
        assert.deepEqual((await readStream(store, { run: String(run), name })).sort(), expected.sort());
      }
    }),
    { numRuns: 20 },
  );
});

test('Small pushes are merged; reads that began before go on, and what was stored later stays out', async () => {
  for (let i = 0; i < 30; i++) {
    const of = (name: string) =>
      entry({ name }, [
        [i * 2, `${name}${i}`],
        [i * 2 + 1, `${name}${i}`],
      ]);
    await store.push('acme', anyone, [of('a'), of(i % 2 ? 'b' : 'c')]);
  }
  const through = store.status().sequence;
  await push(store, { name: 'a' }, [1, 'later']);
  const [stream] = store.pushedStreams(all, { ids: [pushedStreamId('acme', { name: 'a' })] });
  const range = { direction: 'forward', throughSequence: through } as const;
  const reading = store.readPushed(all, stream!.id, range)[Symbol.asyncIterator]();
  const lines = [(await reading.next()).value.times.length];
  await store.tidy();
  assert.ok(store.status().blocks < 5, `${store.status().blocks} blocks`);
  for (let next = await reading.next(); !next.done; next = await reading.next()) lines.push(next.value.times.length);
  assert.deepEqual(
    lines,
    Array.from({ length: 30 }, () => 2),
  );
  assert.equal((await readStream(store, { name: 'a' }, range)).length, 60);
  assert.equal((await readStream(store, { name: 'a' })).length, 61);
  await reopen({ withoutCatalogue: true });
  assert.equal((await readStream(store, { name: 'a' }, range)).length, 60);
  assert.equal((await readStream(store, { name: 'b' })).length, 30);
  assert.equal((await push(store, { name: 'b' }, [2, 'b1'], [3, 'b1'])).held, 2);
});

test('A pushed stream is seen only where its namespace may be seen, and pushed only by whom it is open to', async () => {
  await push(store, app, [1, 'shop']);
  await push(store, { app: 'web' }, [1, 'nowhere']);
  const seen = (namespaces: '*' | string[]) => store.pushedStreams({ tenant: 'acme', namespaces }).length;
  assert.deepEqual([seen('*'), seen(['shop']), seen(['other']), seen([])], [2, 1, 0, 0]);
  const { id } = store.pushedStreams(all).find((stream) => !('namespace' in stream.labels))!;
  const reading = store.readPushed({ tenant: 'acme', namespaces: ['shop'] }, id, { direction: 'forward' });
  await assert.rejects(collected(reading), { code: 'not-found' });
  await assert.rejects(collected(store.readPushed({ ...all, tenant: 'b' }, id, { direction: 'forward' })), {
    code: 'not-found',
  });
  const writer = { name: 'team-b', namespaces: ['b'] };
  const outcome = await store.push('acme', writer, [
    entry(app, [[2, 'forged']]),
    entry({ namespace: 'b' }, [[2, 'own']]),
  ]);
  assert.equal(outcome.stored, 1);
  assert.deepEqual(outcome.refused, [
    { index: 0, reason: 'namespace', message: 'team-b may not push to the namespace "shop"' },
  ]);
  assert.equal(store.instances(all, {}).length, 0, 'nothing pushed is an instance');
});

test('A deleted stream is gone from the packs too, and a repeated push does not bring it back', async () => {
  const secret: TestLine[] = [
    [1000, 'secret-text'],
    [2000, 'secret-text'],
  ];
  await store.push('acme', anyone, [entry(app, secret), entry({ app: 'other' }, [[1000, 'kept']])]);
  const [stream] = store.pushedStreams(all, { ids: [pushedStreamId('acme', app)] });
  await assert.rejects(store.deletePushed({ tenant: 'acme', namespaces: ['b'] }, [stream!.id]), { code: 'not-found' });
  await store.deletePushed(all, [stream!.id]);
  assert.deepEqual(await readStream(store, app), []);
  await store.tidy();
  for (const withoutCatalogue of [false, true]) {
    await reopen({ withoutCatalogue });
    assert.deepEqual(
      store.pushedStreams(all).map(({ labels }) => labels),
      [{ app: 'other' }],
    );
    assert.deepEqual(await readStream(store, { app: 'other' }), ['kept']);
    assert.equal((await push(store, app, ...secret)).deleted, 2);
  }
  assert.deepEqual(await push(store, app, [2001, 'new']), { stored: 1, held: 0, deleted: 0, refused: [] });
  await reopen({ withoutCatalogue: true });
  assert.deepEqual(await readStream(store, app), ['new']);
});

test('Retention drops what was pushed long ago', async () => {
  await push(store, app, [1, 'old']);
  await store.close();
  store = await openTestStore(directory.path, { retention: { ageMs: 0, bytesMax: null } });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await store.tidy();
  assert.deepEqual(store.pushedStreams(all), []);
  assert.equal(store.status().lineCount, 0);
});

test('A follower gets every push once, in order, with merging going on', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const block of store.followPushed(all, 0, ({ labels }) => labels.name === 'a', stop.signal)) {
      seen.push(block.text.toString().trim());
      if (seen.length === 40) stop.abort();
    }
  })();
  for (let i = 0; i < 40; i++) {
    await store.push('acme', anyone, [entry({ name: 'a' }, [[i, `${i}`]]), entry({ name: 'b' }, [[i, 'not']])]);
    if (i % 10 === 9) await store.tidy();
  }
  await following;
  assert.deepEqual(
    seen,
    Array.from({ length: 40 }, (_, i) => `${i}`),
  );
  // The same from merged blocks.
  await store.tidy();
  const again = new AbortController();
  const late: string[] = [];
  for await (const block of store.followPushed(all, 0, ({ labels }) => labels.name === 'a', again.signal)) {
    late.push(block.text.toString().trim());
    if (late.length === 40) again.abort();
  }
  assert.deepEqual(late, seen);
});
