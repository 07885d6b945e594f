import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasUnsynced, type Loss, materialise, recordingFiles, type TraceEntry } from '../../base/recording-files.ts';
import { pushedStreamId } from '../batch/batch.ts';
import type { DurableStore } from './durable-store.ts';
import { all, push, readStream } from './pushed-fixture.ts';
import { regroupLimits } from './regroup/window.ts';
import { compactsEverything, openTestStore, temporaryDirectory } from './store-fixture.ts';

/*
 * As crash.test.ts, for what is pushed: a power loss at every point of the write and fsync trace. What had been acknowledged must be
 * there, and when every push is sent again, every line must be there as often as it was sent. What was deleted stays away.
 */
const packBytesMax = 1200;
const names = ['a', 'b'];
const PUSHES = 9;
/** New blocks hold so little that several are made of the same pushes. */
const regroup = { ...regroupLimits, room: { textBytesMax: 60 } };
const options = { packBytesMax, compact: compactsEverything, regroup };

let directory: ReturnType<typeof temporaryDirectory>;
const trace: TraceEntry[] = [];
const catalogues: { length: number; path: string }[] = [];

before(async () => {
  directory = temporaryDirectory();
  const dataDir = join(directory.path, 'original');
  const files = recordingFiles(trace, join(dataDir, 'store', 'packs'));
  const store = await openTestStore(dataDir, { ...options, files });
  await push(store, { name: 'gone' }, [1, 'to be deleted']);
  for (let number = 0; number < PUSHES; number++) {
    await Promise.all(names.map((name) => pushNumber(store, name, number)));
    for (const name of names) trace.push({ op: 'mark', mark: `${name}${number}` });
    if (number === 4) {
      await store.deletePushed(all, [pushedStreamId('acme', { name: 'gone' })]);
      trace.push({ op: 'mark', mark: 'deleted' });
    }
    if (number === 5 || number === PUSHES - 1) await store.tidy();
    keepCatalogue(dataDir);
  }
  const { compactTextBytes, textBytes, blocks } = store.status();
  assert.ok(compactTextBytes === textBytes && blocks > names.length, `${blocks} blocks, ${compactTextBytes} compact`);
  await store.close();
});

after(() => directory.remove());

/** Each push has one line twice. */
function pushNumber(store: DurableStore, name: string, number: number) {
  const line = `${name}${number}`;
  return push(store, { name }, [number, line], [number, line], [number + 0.5, `${line} once`]);
}

function keepCatalogue(dataDir: string): void {
  const path = join(directory.path, 'catalogues', String(catalogues.length));
  mkdirSync(path, { recursive: true });
  for (const name of ['catalog.db', 'catalog.db-wal']) {
    const source = join(dataDir, 'store', name);
    if (existsSync(source)) copyFileSync(source, join(path, name));
  }
  catalogues.push({ length: trace.length, path });
}

test('The run that is replayed rolls packs, merges and removes packs', () => {
  const count = (op: TraceEntry['op']) => trace.filter((entry) => entry.op === op).length;
  assert.ok(count('create') > 3, `${count('create')} packs`);
  assert.ok(count('unlink') > 1, `${count('unlink')} removed`);
});

const losses: [Loss, string][] = [
  ['all', 'nothing'],
  ['none', 'everything'],
  ['scattered', 'some pages'],
];
for (const [loss, kept] of losses) {
  test(`A power loss at any moment that leaves ${kept} of unsynced writes loses no acknowledged push, and a repeat doubles none`, async () => {
    const random = seeded(loss.length);
    for (let length = 0; length <= trace.length; length++) {
      if (trace[length - 1]?.op === 'mark' && length < trace.length) continue;
      if (loss !== 'all' && !hasUnsynced(trace, length)) continue;
      const possible = catalogues.filter((catalogue) => catalogue.length <= length);
      const choice = [possible.at(-1), undefined, possible[Math.floor(random() * possible.length)]][length % 3];
      await survives(length, loss, choice?.path, random);
    }
  });
}

async function survives(length: number, loss: Loss, catalogue: string | undefined, random: () => number) {
  const dataDir = join(directory.path, 'crashed');
  rmSync(dataDir, { recursive: true, force: true });
  materialise(trace, length, loss, random, join(dataDir, 'store', 'packs'));
  for (const name of ['catalog.db', 'catalog.db-wal']) {
    if (catalogue && existsSync(join(catalogue, name)))
      copyFileSync(join(catalogue, name), join(dataDir, 'store', name));
  }
  const store = await openTestStore(dataDir, options);
  try {
    await holdsWhatWasAcknowledged(store, length);
  } catch (error) {
    throw new Error(`after ${length} of ${trace.length} entries, catalogue ${catalogue ?? 'absent'}`, { cause: error });
  } finally {
    await store.close();
  }
}

async function holdsWhatWasAcknowledged(store: DurableStore, length: number): Promise<void> {
  const marks = trace.slice(0, length).flatMap((entry) => (entry.op === 'mark' ? [entry.mark] : []));
  for (const name of names) {
    const lines = await readStream(store, { name });
    for (const mark of marks.filter((each) => each.startsWith(name)))
      assert.deepEqual(
        lines.filter((line) => line.split(' ')[0] === mark),
        [mark, mark, `${mark} once`],
      );
    for (let number = 0; number < PUSHES; number++) await pushNumber(store, name, number);
    const sent = Array.from({ length: PUSHES }, (_, i) => [`${name}${i}`, `${name}${i}`, `${name}${i} once`]).flat();
    assert.deepEqual((await readStream(store, { name })).sort(), sent.sort());
  }
  if (!marks.includes('deleted')) return;
  assert.equal((await push(store, { name: 'gone' }, [1, 'to be deleted'])).deleted, 1);
  assert.deepEqual(await readStream(store, { name: 'gone' }), []);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}
