import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type FileLayer, realFiles } from '../../../base/file-layer.ts';
import { pushedStreamId } from '../../batch/batch.ts';
import type { DurableStore } from '../durable-store.ts';
import type { StoreOptions } from '../open.ts';
import { all, anyone, entry, push, readStream, type TestLine } from '../pushed-fixture.ts';
import {
  compactsEverything,
  damageLastPack,
  forgetCatalogue,
  openTestStore,
  temporaryDirectory,
} from '../store-fixture.ts';
import { regroupLimits } from './window.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: DurableStore;
/** New blocks hold so little that a few dozen lines fill several. */
const small = { compact: compactsEverything, regroup: { ...regroupLimits, room: { textBytesMax: 2000 } } };

beforeEach(async () => {
  directory = temporaryDirectory();
  await open();
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

async function open(options: Partial<StoreOptions> = small): Promise<void> {
  store = await openTestStore(directory.path, options);
}

async function rebuilt(options?: Partial<StoreOptions>): Promise<void> {
  await store.close();
  forgetCatalogue(directory.path);
  await open(options);
}

/** A line of 50 bytes with its newline. */
function line(stream: string, number: number): string {
  return `${stream} request ${number} took ${number % 7} ms`.padEnd(49, '.');
}

/** Pushes of a few lines of each stream; gives all lines of each. */
async function pushInTurns(streams: readonly string[], pushes: number, first = 0): Promise<Map<string, string[]>> {
  const lines = new Map(streams.map((name): [string, string[]] => [name, []]));
  for (let i = first; i < first + pushes; i++) {
    const entries = streams.map((name) => {
      const own = [0, 1].map((k): TestLine => [1000 * i + k, line(name, 2 * i + k), { trace: `${i % 3}` }]);
      lines.get(name)!.push(...own.map(([, text]) => text));
      return entry({ name }, own);
    });
    await store.push('acme', anyone, entries);
  }
  return lines;
}

function placesOf(name: string): string[] {
  const id = pushedStreamId('acme', { name });
  return store.listPushed(all, id, {}).map(({ place }) => `${place.path} ${place.offset}`);
}

async function readAll(names: Iterable<string>): Promise<Map<string, string[]>> {
  const read = new Map<string, string[]>();
  for (const name of names) read.set(name, await readStream(store, { name }));
  return read;
}

test('A stream that fills a block has blocks of its own, by age; smaller ones share, and everything is read as before', async () => {
  const large = await pushInTurns(['large-1', 'large-2'], 30);
  const few = await pushInTurns(['few-1', 'few-2', 'few-3'], 4);
  const { textBytes, lineCount, sequence } = store.status();
  await store.tidy();
  for (const again of [false, true]) {
    if (again) await rebuilt();
    const status = store.status();
    assert.deepEqual([status.textBytes, status.lineCount, status.compactTextBytes], [textBytes, lineCount, textBytes]);
    const places = new Map(['large-1', 'large-2', 'few-1', 'few-2', 'few-3'].map((name) => [name, placesOf(name)]));
    assert.equal(new Set(places.get('large-1')).size, 2);
    assert.equal(new Set([...places.values()].flat()).size, 5);
    assert.deepEqual(places.get('few-1'), places.get('few-3'));
    const blocks = store.listPushed(all, pushedStreamId('acme', { name: 'large-2' }), {});
    const [first, second] = blocks.sort((a, b) => (a.timeMin < b.timeMin ? -1 : 1));
    assert.ok(first!.timeMax < second!.timeMin);
    assert.deepEqual(await readAll(large.keys()), large);
    assert.deepEqual(await readAll(few.keys()), few);
    assert.deepEqual(await readStream(store, { name: 'few-1' }, { throughSequence: sequence }), few.get('few-1'));
    const [stream] = store.pushedStreams(all, { ids: [pushedStreamId('acme', { name: 'few-3' })] });
    assert.equal(stream!.lastSequence, sequence);
  }
});

test('A repeated push is recognised in blocks that hold one stream, line by line', async () => {
  await pushInTurns(['a', 'b'], 40);
  await store.tidy();
  assert.ok(placesOf('a').length > 1);
  for (let i = 0; i < 40; i += 7) {
    const again = [0, 1].map((k): TestLine => [1000 * i + k, line('a', 2 * i + k)]);
    const outcome = await push(store, { name: 'a' }, ...again, [1000 * i, 'new']);
    assert.deepEqual([outcome.held, outcome.stored], [2, 1]);
  }
});

test('Tenants stay apart', async () => {
  for (const tenant of ['acme', 'other']) await store.push(tenant, anyone, [entry({ name: 'a' }, [[1, tenant]])]);
  await store.tidy();
  assert.equal(store.status().blocks, 2);
  assert.deepEqual(await readStream(store, { name: 'a' }), ['acme']);
  assert.deepEqual(await readStream(store, { name: 'a' }, {}, { tenant: 'other', namespaces: '*' }), ['other']);
});

test('What one regrouping may take is bounded, and the rest comes next', async () => {
  await store.close();
  for (const limits of [
    { textBytesMax: 1000, blocksMax: 100, runsMax: 100 },
    { textBytesMax: 1e9, blocksMax: 3, runsMax: 100 },
    { textBytesMax: 1e9, blocksMax: 100, runsMax: 7 },
  ]) {
    rmSync(join(directory.path, 'store'), { recursive: true, force: true });
    await open({ ...small, regroup: { ...limits, room: { textBytesMax: 2000 } } });
    const lines = await pushInTurns(['a', 'b', 'c'], 20);
    await store.tidy();
    assert.equal(store.status().compactTextBytes, store.status().textBytes);
    assert.deepEqual(await readAll(lines.keys()), lines);
    if (limits !== undefined) await store.close();
  }
  await open();
});

test('A stream that is deleted while its lines are on their way stays deleted; the others arrive', async () => {
  await store.close();
  let deleted: Promise<void> | undefined;
  let isRegrouping = false;
  const files = whenWriting(() => {
    if (isRegrouping) deleted ??= store.deletePushed(all, [pushedStreamId('acme', { name: 'c' })]);
  });
  await open({ ...small, files });
  const lines = await pushInTurns(['a', 'b', 'c', 'd'], 20);
  isRegrouping = true;
  await store.tidy();
  assert.ok(deleted, 'nothing was written');
  await deleted;
  lines.set('c', []);
  for (const again of [false, true]) {
    if (again) await rebuilt();
    assert.deepEqual(await readAll(lines.keys()), lines);
    assert.equal((await push(store, { name: 'c' }, [1000, line('c', 2)])).deleted, 1);
  }
  await store.tidy();
  assert.deepEqual(await readAll(lines.keys()), lines);
});

test('A block that is damaged keeps no other from being regrouped, and only its lines are lost', async () => {
  const lines = await pushInTurns(['a', 'b'], 12);
  await store.close();
  damageLastPack(directory.path, (pack) => {
    let fifth = 0;
    for (let i = 0; i < 5; i++) fifth = pack.indexOf('TFF1', fifth + 1);
    return fifth + 150;
  });
  await open();
  await store.tidy();
  for (const again of [false, true]) {
    for (const [stream, own] of await readAll(lines.keys()))
      assert.deepEqual(
        own,
        lines.get(stream)!.filter((_, i) => i < 8 || i >= 10),
      );
    assert.equal(store.status().lineCount, 44);
    if (!again) await store.tidy();
  }
});

test('A read that began before goes on across it, also where packs were removed', async () => {
  await store.close();
  await open({ ...small, packBytesMax: 4000 });
  const lines = await pushInTurns(['a', 'b'], 40);
  const reading = store.readPushed(all, pushedStreamId('acme', { name: 'b' }), { direction: 'forward' });
  const found: string[] = [];
  for await (const block of reading) {
    found.push(...block.text.toString().trimEnd().split('\n'));
    if (found.length === 10) await store.tidy();
  }
  assert.deepEqual(found, lines.get('b'));
});

test('Labels and structured metadata that are too much for one block make several', async () => {
  const count = 20;
  for (let i = 0; i < count; i++) {
    const lines = Array.from({ length: 1000 }, (_, k): TestLine => {
      return [1000 * i + k, `${i} ${k}`, { trace: `${i}-${k}`.padEnd(120, 'x') }];
    });
    await push(store, { name: 'a' }, ...lines);
  }
  await store.close();
  await open({ compact: compactsEverything });
  await store.tidy();
  assert.ok(store.status().blocks > 1 && store.status().blocks < 5, `${store.status().blocks} blocks`);
  let seen = 0;
  for await (const { times, metadata } of store.readPushed(all, pushedStreamId('acme', { name: 'a' }), {
    direction: 'forward',
  })) {
    for (let i = 0; i < times.length; i++) {
      const ms = Number(times[i]! / 1_000_000n);
      const trace = metadata.sets[metadata.of[i]!]!.trace;
      assert.equal(trace, `${Math.floor(ms / 1000)}-${ms % 1000}`.padEnd(120, 'x'));
      seen++;
    }
  }
  assert.equal(seen, count * 1000);
});

test('Lines with newlines, empty ones, and times far apart arrive as they were', async () => {
  const lines: TestLine[] = [
    [-5, 'before 1970'],
    [1000, 'two\nlines', { trace: 'a' }],
    [1000, '', { trace: 'b' }],
    [4_102_444_800_000, 'late'],
  ];
  for (const name of ['a', 'b']) await push(store, { name }, ...lines);
  await push(store, { name: 'b' }, [5, 'plain']);
  const before = await collected('b');
  await store.tidy();
  assert.equal(store.status().compactTextBytes, store.status().textBytes);
  assert.deepEqual(await collected('b'), before);
  await rebuilt();
  assert.deepEqual(await collected('b'), before);
});

test('Ten thousand streams become few blocks, and each has its lines', async () => {
  await store.close();
  await open({ compact: compactsEverything });
  const names = Array.from({ length: 10_000 }, (_, i) => `stream-${i}`);
  for (let round = 0; round < 2; round++)
    await store.push(
      'acme',
      anyone,
      names.map((name) => entry({ name, app: name.slice(-1) }, [[round, `${name} ${round}`]])),
    );
  await store.tidy();
  assert.ok(store.status().blocks < 8, `${store.status().blocks} blocks`);
  assert.equal(store.status().lineCount, 20_000);
  assert.equal(store.status().pushedStreams, 10_000);
  for (let i = 0; i < 10_000; i += 997) {
    const name = names[i]!;
    assert.deepEqual(await readStream(store, { app: name.slice(-1), name }), [`${name} 0`, `${name} 1`]);
  }
});

async function collected(name: string): Promise<unknown[]> {
  const found: unknown[] = [];
  const blocks = store.readPushed(all, pushedStreamId('acme', { name }), { direction: 'forward' });
  for await (const { text, starts, times, metadata } of blocks) {
    for (let i = 0; i < times.length; i++)
      found.push([times[i], text.toString('utf8', starts[i], starts[i + 1]! - 1), metadata.sets[metadata.of[i]!]]);
  }
  return found.sort();
}

/** `written` is called when a pack was written to, before it is synced. */
function whenWriting(written: () => void): FileLayer {
  return {
    ...realFiles,
    async open(path, mode) {
      const file = await realFiles.open(path, mode);
      return {
        ...file,
        async write(buffers, position) {
          await file.write(buffers, position);
          written();
        },
      };
    },
  };
}
