import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasUnsynced, type Loss, materialise, recordingFiles, type TraceEntry } from '../../base/recording-files.ts';
import type { DurableSeriesStore } from './durable-series-store.ts';
import { windowMs } from './settings.ts';
import { acme, append, matchers, openTestStore, shown, temporaryDirectory } from './store-fixture.ts';

/*
 * Every point of the store's trace of writes, renames and syncs is a power loss: what was not synced is dropped, kept, torn or scattered.
 * What had been acknowledged must be there, once, and what had been deleted must not.
 */
const keptOf: Record<Loss, string> = {
  all: 'nothing',
  none: 'everything',
  tail: 'a beginning',
  scattered: 'some pages',
};
const stepMs = windowMs / 2;
const settings = { retention: { ageMs: null, bytesMax: null } };
const trace: TraceEntry[] = [];
let directory: ReturnType<typeof temporaryDirectory>;

before(async () => {
  directory = temporaryDirectory();
  await recordRun(join(directory.path, 'original'));
});

after(() => directory.remove());

async function recordRun(dataDir: string): Promise<void> {
  const files = recordingFiles(trace, join(dataDir, 'series'));
  const store = await openTestStore(dataDir, { files, settings });
  for (let timeMs = 0; timeMs < 8 * windowMs; timeMs += stepMs) {
    await Promise.all(['a', 'b'].map((name) => put(store, name, timeMs)));
    if (timeMs === 2 * windowMs) await deleteUpTo(store, 'a', windowMs);
    if (timeMs === 4 * windowMs) await deleteUpTo(store, 'b', 4 * windowMs - stepMs);
    if (timeMs % windowMs === stepMs) await store.tidy();
  }
  await store.close();
}

/** The value says the time, so that a wrong one is seen. */
async function put(store: DurableSeriesStore, name: string, timeMs: number): Promise<void> {
  await append(store, [[{ __name__: name, job: 'crash' }, timeMs, timeMs / 7]]);
  trace.push({ op: 'mark', mark: `put ${name} ${timeMs}` });
}

async function deleteUpTo(store: DurableSeriesStore, name: string, maxMs: number): Promise<void> {
  trace.push({ op: 'mark', mark: `deleting ${name} ${maxMs}` });
  await store.deleteSeries(acme, [matchers(['__name__', '=', name])], 0, maxMs);
  trace.push({ op: 'mark', mark: `deleted ${name} ${maxMs}` });
}

test('The run that is replayed cuts, compacts, deletes and removes files', () => {
  const names = (op: TraceEntry['op'], ending: string) =>
    trace.filter((entry) => entry.op === op && 'name' in entry && entry.name.endsWith(ending)).length;
  assert.ok(names('create', '.wal') >= 8, 'WAL files');
  assert.ok(names('unlink', '.wal') >= 6, 'WAL files removed');
  assert.ok(names('rename', '.block.tmp') >= 8, 'blocks');
  assert.ok(names('unlink', '.block') >= 6, 'compacted blocks removed');
  assert.ok(names('rename', '.json.tmp') >= 2, 'deletions');
});

for (const [loss, kept] of Object.entries(keptOf) as [Loss, string][]) {
  test(`A power loss at any moment that leaves ${kept} of unsynced writes loses no acknowledged sample and brings back no deleted one`, async () => {
    const random = seeded(loss.length);
    for (let length = 0; length <= trace.length; length++) {
      if (trace[length - 1]?.op === 'mark' && length < trace.length) continue;
      if (loss !== 'all' && !hasUnsynced(trace, length)) continue;
      await survives(length, loss, random);
    }
  });
}

async function survives(length: number, loss: Loss, random: () => number): Promise<void> {
  const dataDir = join(directory.path, 'crashed');
  rmSync(dataDir, { recursive: true, force: true });
  materialise(trace, length, loss, random, join(dataDir, 'series'));
  writeFileSync(join(dataDir, 'series', 'VERSION'), '1\n');
  const store = await openTestStore(dataDir, { settings });
  try {
    await holdsWhatWasAcknowledged(store, length);
  } catch (error) {
    throw new Error(`after ${length} of ${trace.length} entries`, { cause: error });
  } finally {
    await store.close();
  }
}

async function holdsWhatWasAcknowledged(store: DurableSeriesStore, length: number): Promise<void> {
  const held = await shown(store);
  const marks = trace.slice(0, length).flatMap((entry) => (entry.op === 'mark' ? [entry.mark.split(' ')] : []));
  for (const name of ['a', 'b']) {
    const times = (held[`{__name__="${name}", job="crash"}`] ?? '').split(' ').filter(Boolean);
    for (const sample of times) assert.equal(Number(sample.split('=')[1]), Number(sample.split('=')[0]) / 7);
    const have = new Set(times.map((sample) => Number(sample.split('=')[0])));
    const upTo = (what: string) =>
      Math.max(-1, ...marks.filter(([op, of]) => op === what && of === name).map((mark) => Number(mark[2])));
    const [deleting, deleted] = [upTo('deleting'), upTo('deleted')];
    for (const [op, of, timeMs] of marks) {
      if (op === 'put' && of === name && Number(timeMs) > deleting)
        assert.ok(have.has(Number(timeMs)), `${name} at ${timeMs} is missing`);
    }
    for (const timeMs of have) assert.ok(timeMs > deleted, `${name} at ${timeMs} was deleted and is back`);
  }
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
