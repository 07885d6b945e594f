import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PushedBlockRow } from '../pushed-rows.ts';
import { alikeTogether, planTargets, type Source } from './plan-targets.ts';
import { regroupLimits, windowsOf, withPartlyFull } from './window.ts';

const DAY_MS = 24 * 3600 * 1000;

function block(sequence: number, changes: Partial<PushedBlockRow> = {}): PushedBlockRow {
  return {
    ...{ sequence, sequenceMin: sequence, sequenceMax: sequence, tenant: 'acme', runCount: 1, textBytes: 1000 },
    ...{ receivedMs: sequence, receivedMinMs: sequence, location: { pack: 1, offset: 0, bytes: 1 }, compact: false },
    ...changes,
  };
}

/** `runs`: stream and text of each. */
function source(sequence: number, runs: readonly (readonly [number, number])[]): Source {
  return {
    block: block(sequence, { runCount: runs.length }),
    runs: runs.map(([stream, textBytes], position) => {
      return { position, stream, textBytes, lineCount: 1, parts: [{ sequence, offset: 0, lineCount: 1 }] };
    }),
  };
}

const room = { textBytesMax: 100, linesMax: 1000, runsMax: 1000 };
const inOrder = (sources: readonly Source[], streams: readonly number[], changes: Partial<typeof room> = {}) =>
  planTargets(sources, streams, { ...room, ...changes }).map((target) =>
    target.map(({ source: from, stream }) => `${stream} of ${from}`),
  );

test('Streams share a block as far as they fit, whole; one that is more than a block is divided by age, evenly', () => {
  const sources = Array.from({ length: 5 }, (_, i) =>
    source(i, [
      [1, 10],
      [2, 30],
      [3, 8],
    ]),
  );
  assert.deepEqual(inOrder(sources, [3, 1, 2]), [
    [0, 1, 2, 3, 4].map((i) => `3 of ${i}`).concat([0, 1, 2, 3, 4].map((i) => `1 of ${i}`)),
    ['2 of 0', '2 of 1', '2 of 2'],
    ['2 of 3', '2 of 4'],
  ]);
  assert.deepEqual(
    inOrder(sources, [3, 1, 2], { runsMax: 5 }).map((target) => target.length),
    [5, 5, 3, 2],
  );
});

test('Runs of a stream lie by age, also those of blocks that were made of others', () => {
  const older = source(9, [[1, 10]]);
  older.runs[0]!.parts[0]!.sequence = 1;
  assert.deepEqual(inOrder([source(5, [[1, 10]]), older], [1]), [['1 of 1', '1 of 0']]);
});

test('Whatever there is, each run goes to one block, and none is too full', () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 100 })), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(runs, { maxLength: 12 }), (list) => {
      const sources = list.map((own, i) => source(i, own));
      const present = [...new Set(list.flatMap((own) => own.map(([stream]) => stream)))];
      const targets = planTargets(sources, present, room);
      const placed = targets.flat().map(({ source: from, position }) => `${from}/${position}`);
      assert.deepEqual(placed.sort(), sources.flatMap(({ runs: own }, i) => own.map((_, k) => `${i}/${k}`)).sort());
      for (const target of targets) {
        assert.ok(target.length > 0);
        assert.ok(target.reduce((sum, { textBytes }) => sum + textBytes, 0) <= room.textBytesMax);
        const order = target.map(({ stream }) => stream);
        assert.equal(order.filter((stream, i) => stream !== order[i - 1]).length, new Set(order).size);
      }
    }),
  );
});

test('Streams are put in order by the labels that they share', () => {
  const labels = (namespace: string, app: string, pod: string) => ({ pod, app, namespace });
  const streams = new Map([
    [1, labels('shop', 'web', 'p1')],
    [2, labels('shop', 'api', 'p2')],
    [3, labels('bank', 'web', 'p3')],
    [4, labels('shop', 'web', 'p0')],
    [5, labels('bank', 'db', 'p5')],
  ]);
  assert.deepEqual(alikeTogether(streams), [5, 3, 2, 4, 1]);
});

test('A window ends where it is full, and where blocks are more than a day apart', () => {
  const blocks = [block(1), block(2), block(3), block(4, { receivedMs: 2 * DAY_MS, receivedMinMs: 2 * DAY_MS })];
  const windows = (changes: Partial<typeof regroupLimits>) =>
    [...windowsOf(blocks, { ...regroupLimits, ...changes })].map(({ blocks: own, isFull }) => [own.length, isFull]);
  assert.deepEqual(windows({}), [
    [3, true],
    [1, false],
  ]);
  assert.deepEqual(windows({ textBytesMax: 2000 }), [
    [2, true],
    [1, true],
    [1, false],
  ]);
  assert.deepEqual(windows({ blocksMax: 1 }).length, 4);
  assert.deepEqual(windows({ runsMax: 2 }), [
    [2, true],
    [1, true],
    [1, false],
  ]);
  assert.deepEqual(windows({ textBytesMax: 1 }).length, 4, 'what is alone fits');
  assert.deepEqual([...windowsOf([], regroupLimits)], []);
});

test('What comes in small amounts ends in few blocks, and is rewritten a few times only', () => {
  const amount = 100_000;
  const hours = 7 * 24;
  let compact: (PushedBlockRow & { rewritten: number })[] = [];
  let most = 0;
  for (let hour = 0; hour < hours; hour++) {
    const at = { receivedMs: hour * 3_600_000, receivedMinMs: hour * 3_600_000, textBytes: amount };
    const partlyFull = compact.filter(({ textBytes }) => textBytes < 4 * 1024 * 1024);
    partlyFull.sort((a, b) => a.textBytes - b.textBytes);
    const taken = withPartlyFull([block(hour, at)], partlyFull, regroupLimits);
    const old = compact.filter((each) => taken.includes(each));
    const rewritten = 1 + old.reduce((max, each) => Math.max(max, each.rewritten), 0);
    const textBytes = taken.reduce((sum, each) => sum + each.textBytes, 0);
    const receivedMinMs = Math.min(...taken.map((each) => each.receivedMinMs));
    compact = compact.filter((each) => !old.includes(each));
    compact.push({ ...block(hour, { ...at, textBytes, receivedMinMs, compact: true }), rewritten });
    most = Math.max(most, rewritten);
    assert.ok(at.receivedMs - receivedMinMs <= DAY_MS, 'what is far apart in age stays apart');
  }
  assert.equal(
    compact.reduce((sum, { textBytes }) => sum + textBytes, 0),
    hours * amount,
  );
  assert.ok(compact.length < 35, `${compact.length} blocks`);
  assert.ok(most <= 7, `rewritten ${most} times`);
});
