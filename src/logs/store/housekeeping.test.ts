import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Clock, systemClock } from '../../base/clock.ts';
import { createLogger } from '../../telemetry/telemetry.ts';
import type { DurableStore } from './durable-store.ts';
import type { StoreOptions } from './open.ts';
import {
  batch,
  everything,
  facts,
  forgetCatalogue,
  linesOf,
  openTestStore,
  readAll,
  resolveOne,
  segment,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

const DAY_MS = 24 * 3600 * 1000;
let directory: ReturnType<typeof temporaryDirectory>;
let store: DurableStore;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

async function open(options: Partial<StoreOptions> = {}): Promise<void> {
  store = await openTestStore(directory.path, options);
}

async function rebuilt(options: Partial<StoreOptions> = {}): Promise<void> {
  await store.close();
  forgetCatalogue(directory.path);
  await open(options);
}

const packsPath = () => join(directory.path, 'store', 'packs');
const packs = () => readdirSync(packsPath()).sort();

/** One batch a line, as a container that writes a line a second has it. */
async function appendLines(id: string, count: number, first = 0, name = segment(1)): Promise<string[]> {
  const lines = Array.from({ length: count }, (_, i) => `line ${String(first + i).padStart(6, '0')}`);
  const frames = lines.map((line, i) =>
    batch(id, { segment: name, from: (first + i) * 12, lines: [line], second: first + i }),
  );
  assert.deepEqual(new Set(await statuses(store, ...frames)), new Set(['stored']));
  return lines;
}

test('Small blocks become large ones, and every line stays where it was', async () => {
  await open();
  const { id } = await resolveOne(store);
  const lines = await appendLines(id, 300);
  await store.tidy();
  assert.equal(store.status().blocks, 1);
  assert.deepEqual(await readAll(store, id), lines);
  await rebuilt();
  assert.equal(store.status().blocks, 1);
  assert.equal(store.status().lineCount, 300);
  assert.deepEqual(await readAll(store, id), lines);
});

test('A store that is closed while it merges complains of nothing, and merges after the next start', async () => {
  const told: string[] = [];
  await open({ log: createLogger({ write: (line) => told.push(line) }) });
  const { id } = await resolveOne(store);
  const lines = await appendLines(id, 20);
  const merging = store.tidy();
  // It has begun to read the blocks, and cannot have merged them yet.
  await new Promise(setImmediate);
  await store.close();
  await merging.catch(() => {});
  assert.deepEqual(told, []);
  await open();
  assert.equal(store.status().blocks, 20);
  await store.tidy();
  assert.equal(store.status().blocks, 1);
  assert.deepEqual(await readAll(store, id), lines);
});

test('A hole that may be filled later is not merged over', async () => {
  await open();
  const { id } = await resolveOne(store);
  await appendLines(id, 10);
  await appendLines(id, 10, 11);
  await store.tidy();
  assert.equal(store.status().blocks, 2);
  await appendLines(id, 1, 10);
  const expected = Array.from({ length: 21 }, (_, i) => `line ${String(i).padStart(6, '0')}`);
  assert.deepEqual(await readAll(store, id), expected);
});

test('A cursor from before a merge resumes exactly, and instances stay in the order of storing', async () => {
  await open();
  const a = await resolveOne(store, { podUid: 'a' });
  const b = await resolveOne(store, { podUid: 'b' });
  const order: string[] = [];
  const written: Record<string, number> = {};
  let cursor = 0;
  for (let i = 0; i < 40; i++) {
    const to = i % 3 === 0 ? b : a;
    const line = `line ${String(i).padStart(6, '0')}`;
    await statuses(store, batch(to.id, { from: written[to.id] ?? 0, lines: [line] }));
    written[to.id] = (written[to.id] ?? 0) + 12;
    if (i === 12) cursor = store.status().sequence;
    order.push(line);
  }
  await store.tidy();
  const blocks = store.status().blocks;
  assert.ok(blocks < 40, `${blocks} blocks`);
  assert.deepEqual(await followed(cursor, 27), order.slice(13));
  assert.deepEqual(await followed(0, 40), order);
});

test('A read that began before a merge, and after it goes on, gives every line once', async () => {
  await open();
  const { id } = await resolveOne(store);
  const lines = await appendLines(id, 200);
  for (const direction of ['forward', 'backward'] as const) {
    const read: string[][] = [];
    for await (const block of store.read(everything, id, { direction })) {
      read.push(linesOf(block));
      if (read.length === 10) await store.tidy();
    }
    assert.deepEqual(direction === 'forward' ? read.flat() : read.reverse().flat(), lines);
    await appendMore(id, lines);
  }
});

test('A read through a position leaves out what came after it, also where both were merged', async () => {
  await open();
  const { id } = await resolveOne(store);
  const lines = await appendLines(id, 20);
  const { sequence } = store.status();
  await appendLines(id, 20, 20);
  await store.tidy();
  assert.deepEqual(await readAll(store, id, { throughSequence: sequence }), lines);
});

test('Packs that hold little alive are removed, and nothing that was known is lost with them', async () => {
  const packBytesMax = 16 * 1024;
  await open({ packBytesMax });
  const { id } = await resolveOne(store, { containerId: 'c1' });
  const deleted = await resolveOne(store, { podUid: 'deleted' });
  await store.deleteInstances(everything, [deleted.id]);
  const place = { instance: id, segment: segment(7), after: null, before: null, noticedAt: '2024-01-01T00:00:00Z' };
  await statuses(store, facts({ kind: 'gap', ...place, from: 0, to: 9, reason: 'truncated' }));
  const lines: string[] = [];
  for (let i = 0; i < 10; i++) lines.push(...(await appendLines(id, 200, i * 200)));
  assert.ok(packs().length >= 10);
  await store.tidy();
  await store.tidy();
  assert.ok(!packs().includes('00000001.pack'));
  const before = store.instances(everything, {});
  const held = (await resolveOne(store, { containerId: 'c1' })).segments;
  await rebuilt({ packBytesMax });
  assert.deepEqual(await readAll(store, id), lines);
  assert.deepEqual(store.instances(everything, {}), before);
  assert.deepEqual((await resolveOne(store, { containerId: 'c1' })).segments, held);
  assert.equal((await resolveOne(store, { podUid: 'deleted' })).deleted, true);
});

test('What was deleted on purpose is gone from the disk too, and the rest is not', async () => {
  await open();
  const { id } = await resolveOne(store);
  const secret = await resolveOne(store, { podUid: 'secret' });
  const lines = await appendLines(id, 30);
  const noise = randomText('secret');
  const frame = batch(secret.id, { from: 0, lines: [noise] });
  await statuses(store, frame);
  const onDisk = () =>
    packs().some((name) => readFileSync(join(packsPath(), name)).includes(frame.text.subarray(20, 100)));
  assert.ok(onDisk());
  await store.deleteInstances(everything, [secret.id]);
  await store.tidy();
  assert.ok(!onDisk());
  assert.deepEqual(await readAll(store, id), lines);
  await rebuilt();
  assert.deepEqual(await readAll(store, id), lines);
  assert.equal((await resolveOne(store, { podUid: 'secret' })).deleted, true);
});

test('What was stored too long ago goes, what is held is remembered while an agent speaks of it', async () => {
  const clock = adjustableClock();
  const packBytesMax = 4 * 1024;
  await open({ clock, packBytesMax, retention: { ageMs: 7 * DAY_MS, bytesMax: null } });
  const { id } = await resolveOne(store);
  await appendLines(id, 100);
  clock.aheadMs = 6 * DAY_MS;
  const late = await appendLines(id, 1, 100);
  clock.aheadMs = 8 * DAY_MS;
  await store.tidy();
  assert.deepEqual(await readAll(store, id), late);
  assert.equal(store.instances(everything, {})[0]!.lineCount, 1);
  clock.aheadMs = 15 * DAY_MS;
  const { held } = (await resolveOne(store)).segments[0]!;
  await store.tidy();
  assert.equal(store.status().lineCount, 0);
  assert.deepEqual((await resolveOne(store)).segments[0]!.held, held);
  assert.equal(held[0]!.to, 101 * 12);
  clock.aheadMs = 30 * DAY_MS;
  await store.tidy();
  assert.deepEqual(store.instances(everything, {}), []);
  await rebuilt({ clock, packBytesMax });
  assert.deepEqual(store.instances(everything, {}), []);
  assert.equal(store.status().lineCount, 0);
});

test('The oldest lines go when there are too many bytes, and the disk is freed', async () => {
  const bytesMax = 256 * 1024;
  const packBytesMax = 32 * 1024;
  await open({ packBytesMax, retention: { ageMs: null, bytesMax } });
  const { id } = await resolveOne(store);
  for (let i = 0; i < 16; i++) {
    const noise = Array.from({ length: 40 }, (_, j) => randomText(`${i} ${j}`));
    await statuses(store, batch(id, { from: i * 1_000_000, lines: noise, second: i }));
  }
  await store.tidy();
  const onDisk = store.status().diskBytes;
  assert.ok(onDisk < bytesMax + 1024 * 1024, `${onDisk} bytes`);
  const kept = await readAll(store, id);
  assert.ok(kept.length > 0 && kept.length < 16 * 40);
  assert.ok(kept.at(-1)!.startsWith('15 39 '));
});

async function appendMore(id: string, lines: string[]): Promise<void> {
  lines.push(...(await appendLines(id, 50, lines.length)));
}

async function followed(after: number, count: number): Promise<string[]> {
  const stop = new AbortController();
  const lines: string[] = [];
  for await (const block of store.follow(everything, after, () => true, stop.signal)) {
    lines.push(...linesOf(block));
    if (lines.length >= count) stop.abort();
  }
  return lines;
}

function adjustableClock(): Clock & { aheadMs: number } {
  const clock = { ...systemClock, aheadMs: 0, nowMs: (): number => Date.now() + clock.aheadMs };
  return clock;
}

function randomText(seed: string): string {
  let state = 7;
  for (const character of seed) state = (state * 31 + character.charCodeAt(0)) >>> 0;
  let text = `${seed} `;
  for (let i = 0; i < 200; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text;
}
