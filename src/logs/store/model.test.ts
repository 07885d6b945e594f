import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BatchFrame } from '../batch/batch.ts';
import type { DurableStore } from './durable-store.ts';
import {
  batch,
  compactsEverything,
  everything,
  linesOf,
  openTestStore,
  readAll,
  resolveOne,
  statuses,
  temporaryDirectory,
} from './store-fixture.ts';

/* The store against what it should be: a plain array of bytes that are held or not, and a list of lines. */

const LINE_BYTES = 6;
const LINES = 60;

interface Append {
  kind: 'append';
  batches: { pod: number; first: number; count: number }[];
}

type Step = Append | { kind: 'restart' | 'tidy' | 'retry' };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      batches: fc.array(
        fc.record({
          pod: fc.nat(1),
          first: fc.nat(LINES - 1),
          count: fc.integer({ min: 1, max: 8 }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'tidy' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'retry' as const }) },
);

class Model {
  /** Per pod, which lines are held. */
  readonly held = [new Set<number>(), new Set<number>()];
  /** In the order of storing, as `pod/line`. */
  readonly order: string[] = [];
  readonly pieces = new Set<string>();

  expect(pod: number, first: number, count: number): string {
    const lines = Array.from({ length: count }, (_, i) => first + i);
    const name = `${pod}/${first}/${count}`;
    if (this.pieces.has(name)) return 'held';
    if (lines.some((line) => this.held[pod]!.has(line))) return 'overlap';
    for (const line of lines) {
      this.held[pod]!.add(line);
      this.order.push(`${pod}/${text(line)}`);
    }
    this.pieces.add(name);
    return 'stored';
  }

  lines(pod: number): string[] {
    return [...this.held[pod]!].sort((a, b) => a - b).map(text);
  }
}

const text = (line: number) => String(line).padStart(LINE_BYTES - 1, '0');

test('Whatever comes in whatever order, the store holds what a plain model holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 1, maxLength: 25 }), (steps) => agrees(steps)),
    { numRuns: 25 },
  );
});

async function agrees(steps: readonly Step[]): Promise<void> {
  const directory = temporaryDirectory();
  const options = { packBytesMax: 8 * 1024, compact: compactsEverything };
  let store = await openTestStore(directory.path, options);
  try {
    const ids = [await resolveOne(store, { podUid: '0' }), await resolveOne(store, { podUid: '1' })].map(
      ({ id }) => id,
    );
    const model = new Model();
    let last: BatchFrame[] = [];
    for (const step of steps) {
      if (step.kind === 'append') last = await appended(store, model, ids, step);
      else if (step.kind === 'retry') {
        assert.ok((await statuses(store, ...last)).every((status) => status !== 'stored'));
      } else if (step.kind === 'tidy') await store.tidy();
      else {
        await store.close();
        store = await openTestStore(directory.path, options);
      }
      await equals(store, model, ids);
    }
  } finally {
    await store.close();
    directory.remove();
  }
}

async function appended(store: DurableStore, model: Model, ids: string[], step: Append) {
  const frames = step.batches.map(({ pod, first, count }) => {
    const lines = Array.from({ length: count }, (_, i) => text(first + i));
    return batch(ids[pod]!, { from: first * LINE_BYTES, lines, second: first });
  });
  const expected = step.batches.map(({ pod, first, count }) => model.expect(pod, first, count));
  assert.deepEqual(await statuses(store, ...frames), expected);
  return frames;
}

async function equals(store: DurableStore, model: Model, ids: string[]): Promise<void> {
  for (const [pod, id] of ids.entries()) {
    assert.deepEqual(await readAll(store, id), model.lines(pod));
    const instance = store.instances(everything, { ids: [id] })[0]!;
    assert.equal(instance.lineCount, model.lines(pod).length);
  }
  if (model.order.length === 0) return;
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const block of store.follow(everything, 0, () => true, stop.signal)) {
    const pod = ids.indexOf(block.instance);
    seen.push(...linesOf(block).map((line) => `${pod}/${line}`));
    if (seen.length >= model.order.length) stop.abort();
  }
  assert.deepEqual(seen, model.order);
}
