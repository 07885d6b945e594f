import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { type CompactOptions, compactRules, dueTest, runsToCompact } from './compact.ts';
import { Coverage } from './coverage.ts';
import type { DurableStore } from './durable-store.ts';
import type { StoreOptions } from './open.ts';
import { push, readStream } from './pushed-fixture.ts';
import {
  batch,
  compactsEverything,
  damageLastPack,
  everything,
  forgetCatalogue,
  linesOf,
  openTestStore,
  readAll,
  resolveOne,
  segment,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: DurableStore;

beforeEach(async () => {
  directory = temporaryDirectory();
  await open();
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

async function open(options: Partial<StoreOptions> = { compact: compactsEverything }): Promise<void> {
  store = await openTestStore(directory.path, options);
}

async function rebuilt(): Promise<void> {
  await store.close();
  forgetCatalogue(directory.path);
  await open();
}

function realLines(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    return `2024-01-01T00:00:${String(n % 60).padStart(2, '0')}.${100 + (n % 900)}Z INFO request ${n} of tenant-${n % 7} took ${(n * 37) % 101}ms`;
  });
}

async function appendLines(id: string, lines: readonly string[], from = 0): Promise<number> {
  let at = from;
  for (let i = 0; i < lines.length; i += 50) {
    const own = lines.slice(i, i + 50);
    assert.deepEqual(await statuses(store, batch(id, { from: at, lines: own, second: i })), ['stored']);
    at += own.reduce((sum, line) => sum + line.length + 1, 0);
  }
  return at;
}

test('Blocks of a container become compact, and every line is where it was, also after the catalogue was made again', async () => {
  const { id } = await resolveOne(store);
  const lines = realLines(1000);
  await appendLines(id, lines);
  const before = store.status();
  assert.equal(before.compactTextBytes, 0);
  await store.tidy();
  for (const again of [false, true]) {
    if (again) await rebuilt();
    const { compactTextBytes, textBytes, blocks, lineCount } = store.status();
    assert.deepEqual([compactTextBytes, textBytes, blocks, lineCount], [before.textBytes, before.textBytes, 1, 1000]);
    assert.deepEqual(await readAll(store, id), lines);
    assert.deepEqual(await readAll(store, id, { throughSequence: before.sequence }), lines);
  }
});

test('What comes later joins a compact block only where it grows by half', async () => {
  const { id } = await resolveOne(store);
  const lines = realLines(1000);
  let from = await appendLines(id, lines);
  await store.tidy();
  for (const count of [100, 1000]) {
    const more = realLines(count, lines.length);
    from = await appendLines(id, more, from);
    lines.push(...more);
    await store.tidy();
    assert.equal(store.status().blocks, count === 100 ? 2 : 1);
    assert.deepEqual(await readAll(store, id), lines);
  }
  assert.equal(store.status().compactTextBytes, store.status().textBytes);
});

test('A follower goes on across a block that became compact, and a read within it', async () => {
  const { id } = await resolveOne(store);
  const lines = realLines(200);
  await appendLines(id, lines.slice(0, 100));
  const { sequence } = store.status();
  let read: string[] = [];
  for await (const block of store.read(everything, id, { direction: 'forward' })) {
    read.push(...linesOf(block));
    if (read.length === 50) await store.tidy();
  }
  assert.deepEqual(read, lines.slice(0, 100));
  await appendLines(id, lines.slice(100), lines.slice(0, 100).join('\n').length + 1);
  await store.tidy();
  const stop = new AbortController();
  read = [];
  for await (const block of store.follow(everything, sequence, () => true, stop.signal)) {
    read.push(...linesOf(block));
    if (read.length >= 100) stop.abort();
  }
  assert.deepEqual(read, lines.slice(100));
});

test('Pushed lines become compact, stream by stream, and those of a deleted stream go for good', async () => {
  const lines = realLines(300);
  for (let i = 0; i < 300; i += 10) {
    const [a, b] = [lines.slice(i, i + 5), lines.slice(i + 5, i + 10)];
    await push(store, { app: 'a' }, ...a.map((line, k): [number, string] => [i + k, line]));
    await push(
      store,
      { app: 'b' },
      ...b.map((line, k): [number, string, Record<string, string>] => [i + k, line, { trace: `${i}` }]),
    );
  }
  await store.tidy();
  const { compactTextBytes, textBytes, blocks } = store.status();
  assert.deepEqual([compactTextBytes, blocks], [textBytes, 1]);
  const ofStream = (from: number) => lines.filter((_, i) => Math.floor(i / 5) % 2 === from);
  for (const again of [false, true]) {
    if (again) await rebuilt();
    assert.deepEqual(await readStream(store, { app: 'a' }), ofStream(0));
    assert.deepEqual(await readStream(store, { app: 'b' }), ofStream(1));
  }
  const [deleted] = store.pushedStreams(everything).filter(({ labels }) => labels.app === 'a');
  await store.deletePushed(everything, [deleted!.id]);
  await store.tidy();
  assert.deepEqual(await readStream(store, { app: 'b' }), ofStream(1));
  assert.equal(store.status().lineCount, 150);
});

test('A compact block that is damaged is given up, and leaves a gap', async () => {
  const { id } = await resolveOne(store);
  await appendLines(id, realLines(500));
  await store.tidy();
  // Were it the last record of all, it would count as torn, and the blocks that it replaced would be there again.
  const after = realLines(1);
  await statuses(store, batch(id, { segment: segment(99), from: 0, lines: after }));
  await store.close();
  damageLastPack(directory.path, (pack) => {
    const compactAt = pack.lastIndexOf('TFC1');
    assert.ok(compactAt > 0);
    return compactAt + 200;
  });
  await open();
  assert.deepEqual(await readAll(store, id), after);
  const [gap] = store.instances(everything, {})[0]!.gaps;
  assert.deepEqual([gap?.reason, gap?.from], ['damaged', 0]);
});

test('What gains nothing stays plain', async () => {
  await store.close();
  await open({ compact: { ...compactRules, textBytesMin: 1 } });
  const { id } = await resolveOne(store);
  const bytes = (i: number) => Array.from({ length: 90 }, (_, k) => ((i * 7919 + k) * (i + k * 104_729)) % 251);
  const noise = Array.from({ length: 800 }, (_, i) => Buffer.from(bytes(i)).toString('base64'));
  await appendLines(id, noise);
  await store.tidy();
  assert.equal(store.status().compactTextBytes, 0);
  assert.deepEqual(await readAll(store, id), noise);
});

test('By itself only what is a lot, full, or has waited is due', () => {
  const clock = { ...systemClock, nowMs: () => 1_000_000_000 };
  const options = { clock, declined: new Set([9]), rules: compactRules } as unknown as CompactOptions;
  const [isDue, isDueNow] = [dueTest(options, false), dueTest(options, true)];
  const block = { sequence: 1, textBytes: 100_000, receivedMs: 999_999_000, compact: false };
  assert.equal(isDue([block], false), false);
  assert.equal(isDue([block], true), true);
  assert.equal(isDue([{ ...block, receivedMs: 999_000_000 }], false), true);
  assert.equal(isDue([{ ...block, textBytes: 7_000_000 }], false), true);
  assert.equal(isDueNow([block], false), true);
  assert.equal(isDueNow([{ ...block, textBytes: 100 }], false), false);
  assert.equal(isDueNow([{ ...block, compact: true }], false), false);
  assert.equal(isDueNow([{ ...block, sequence: 9 }], false), false);
});

test('Runs are cut at holes, and at the limits of a block', () => {
  const block = (sequence: number, from: number, changes = {}) => ({
    ...{ sequence, sequenceMin: sequence, instance: 1, segment: segment(1), offset: from, offsetLast: from },
    ...{ lineCount: 10, textBytes: 1_000_000, receivedMs: 0, compact: false },
    ...{ location: { pack: 1, offset: 0, bytes: 1 }, parts: [] },
    ...changes,
  });
  const coverage = Coverage.empty();
  coverage.add({ segment: segment(1), from: 0, to: 500, hash: '' });
  coverage.add({ segment: segment(1), from: 501, to: 9000, hash: '' });
  const sequences = (blocks: ReturnType<typeof block>[], due = () => true) =>
    runsToCompact(blocks, coverage, due).map((run) => run.map(({ sequence }) => sequence));
  assert.deepEqual(sequences([block(1, 0), block(2, 400), block(3, 600), block(4, 700)]), [
    [1, 2],
    [3, 4],
  ]);
  const many = Array.from({ length: 12 }, (_, i) => block(i, 600 + i));
  assert.deepEqual(
    sequences(many).map((run) => run.length),
    [8, 4],
  );
  assert.deepEqual(sequences([block(1, 600, { compact: true, textBytes: 7_000_000 }), block(2, 700)]), [[2]]);
  assert.deepEqual(sequences([block(1, 600, { lineCount: 399_995 }), block(2, 700)]), [[1], [2]]);
});
