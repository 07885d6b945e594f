import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DurableStore } from './durable-store.ts';
import {
  batch,
  compactsEverything,
  everything,
  linesOf,
  openTestStore,
  readAll,
  resolveOne,
  segment,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

const ROUNDS = 150;
const LINE_BYTES = 7;

test('While three write, blocks are merged and packs removed, fast and slow followers get every line once and in order', async () => {
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path, { packBytesMax: 12 * 1024, compact: compactsEverything });
  try {
    const ids = await Promise.all(['0', '1', '2'].map(async (podUid) => (await resolveOne(store, { podUid })).id));
    const followers = [0, 3, 25].map((turns) => follow(store, ids, turns));
    let writing = true;
    const tidying = (async () => {
      while (writing) {
        await store.tidy();
        await nextTurn();
      }
    })();
    await Promise.all(ids.map((id, i) => write(store, id, i)));
    writing = false;
    await tidying;
    const expected = Array.from({ length: ROUNDS }, (_, i) => text(i));
    for (const seen of await Promise.all(followers)) {
      for (const [i] of ids.entries()) assert.deepEqual(seen.get(i), expected);
    }
    for (const id of ids) assert.deepEqual(await readAll(store, id), expected);
    await store.tidy(); // nobody follows any more, so nothing keeps it from merging
    assert.ok(store.status().blocks < (3 * ROUNDS) / 4, 'blocks were merged');
  } finally {
    await store.close();
    directory.remove();
  }
});

const text = (number: number) => String(number).padStart(LINE_BYTES - 1, '0');

async function write(store: DurableStore, id: string, offsetMs: number): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) {
    const frame = batch(id, { segment: segment(1), from: i * LINE_BYTES, lines: [text(i)], second: i + offsetMs });
    assert.deepEqual(await statuses(store, frame), ['stored']);
  }
}

/** Lines by writer, as a follower that dawdles for so many turns after each block gets them. */
async function follow(store: DurableStore, ids: string[], turns: number): Promise<Map<number, string[]>> {
  const seen = new Map<number, string[]>(ids.map((_, i) => [i, []]));
  const stop = new AbortController();
  let count = 0;
  let cursor = 0;
  for await (const block of store.follow(everything, 0, () => true, stop.signal)) {
    assert.ok(block.sequence > cursor, 'positions rise');
    cursor = block.sequence;
    const lines = linesOf(block);
    seen.get(ids.indexOf(block.instance))!.push(...lines);
    count += lines.length;
    if (count >= ids.length * ROUNDS) stop.abort();
    for (let i = 0; i < turns; i++) await nextTurn();
  }
  return seen;
}
