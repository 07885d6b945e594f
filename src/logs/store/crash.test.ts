import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasUnsynced, type Loss, materialise, recordingFiles, type TraceEntry } from '../../base/recording-files.ts';
import type { BatchFrame } from '../batch/batch.ts';
import type { DurableStore } from './durable-store.ts';
import {
  batch,
  compactsEverything,
  offer,
  openTestStore,
  readAll,
  resolveAll,
  resolveOne,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

/*
 * Every point of the store's write and fsync trace is a power loss: what was not synced is dropped, kept, torn or
 * scattered, and the catalogue is the newest one, an older one, or none. What had been acknowledged must be there, and when
 * the agent offers everything again, every line must be there exactly once.
 */
const keptOf: Record<Loss, string> = {
  all: 'nothing',
  none: 'everything',
  tail: 'a beginning',
  scattered: 'some pages',
};
const podUids = ['a', 'b', 'gone'];
const packBytesMax = 3000;
const offers = podUids.map((podUid) => offer({ podUid }));

let directory: ReturnType<typeof temporaryDirectory>;
const trace: TraceEntry[] = [];
const frames = new Map<string, BatchFrame>();
/** Copies of the catalogue, with the length of the trace when they were made. */
const catalogues: { length: number; path: string }[] = [];

before(async () => {
  directory = temporaryDirectory();
  await recordRun(join(directory.path, 'original'));
});

after(() => directory.remove());

async function recordRun(dataDir: string): Promise<void> {
  const store = await openTestStore(dataDir, {
    files: recordingFiles(trace, join(dataDir, 'store', 'packs')),
    packBytesMax,
    compact: compactsEverything,
  });
  const ids = (await resolveAll(store, offers)).map(({ id }) => id);
  for (let round = 0; round < 9; round++) {
    const appends = ids.slice(0, 2).map(async (id, i) => {
      const own = [0, 1].map((k) => frameOf(id, podUids[i]!, round * 2 + k));
      await statuses(store, ...own.map(({ frame }) => frame));
      for (const { line } of own) trace.push({ op: 'mark', mark: line });
    });
    await Promise.all(appends);
    if (round === 2) await statuses(store, frameOf(ids[2]!, 'gone', 0).frame);
    if (round === 3) {
      await store.deleteInstances({ tenant: 'acme', namespaces: '*' }, [ids[2]!]);
      trace.push({ op: 'mark', mark: 'deleted' });
    }
    if (round === 5 || round === 8) await store.tidy();
    keepCatalogue(dataDir);
  }
  assert.ok(store.status().compactTextBytes > 0, 'nothing became compact');
  await store.close();
}

function frameOf(id: string, podUid: string, number: number): { line: string; frame: BatchFrame } {
  const line = `${podUid} ${String(number).padStart(4, '0')}`;
  const frame = batch(id, { from: number * (line.length + 1), lines: [line], second: number });
  frames.set(line, frame);
  return { line, frame };
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
  assert.ok(count('create') > 4, `${count('create')} packs`);
  assert.ok(count('unlink') > 2, `${count('unlink')} removed`);
  assert.ok(count('write') >= 20, `${count('write')} writes`);
});

for (const [loss, kept] of Object.entries(keptOf) as [Loss, string][]) {
  test(`A power loss at any moment that leaves ${kept} of unsynced writes loses no acknowledged line and doubles none`, async () => {
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
    if (catalogue && existsSync(join(catalogue, name))) {
      copyFileSync(join(catalogue, name), join(dataDir, 'store', name));
    }
  }
  const store = await openTestStore(dataDir, { packBytesMax, compact: compactsEverything });
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
  const resolved = await resolveAll(store, offers);
  for (const [i, { id }] of resolved.slice(0, 2).entries()) {
    const lines = await readAll(store, id);
    assert.equal(new Set(lines).size, lines.length, 'a line is there twice');
    assert.deepEqual(lines.toSorted(), lines, 'lines are out of order');
    const acknowledged = marks.filter((mark) => mark.startsWith(podUids[i]!));
    assert.deepEqual(
      acknowledged.filter((line) => !lines.includes(line)),
      [],
      'acknowledged lines are missing',
    );
    const all = [...frames.keys()].filter((line) => line.startsWith(podUids[i]!));
    await statuses(store, ...all.map((line) => frames.get(line)!));
    assert.deepEqual(await readAll(store, id), all.toSorted(), 'after the agent offered everything again');
  }
  if (marks.includes('deleted')) assert.equal((await resolveOne(store, { podUid: 'gone' })).deleted, true);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
