import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pushedStreamId } from '../../batch/batch.ts';
import type { DurableStore } from '../durable-store.ts';
import { all, push, readStream, type TestLine } from '../pushed-fixture.ts';
import { compactsEverything, forgetCatalogue, openTestStore, temporaryDirectory } from '../store-fixture.ts';

/*
 * Pushed lines against what should be there: a list, with regrouping going on while lines come, are read, followed and deleted.
 */
const names = ['a', 'b', 'c', 'd'];
const options = {
  packBytesMax: 4000,
  compact: compactsEverything,
  regroup: { textBytesMax: 3000, blocksMax: 12, runsMax: 30, room: { textBytesMax: 300 } },
};

type Step =
  | { kind: 'push'; name: string; times: number[]; repeats: boolean }
  | { kind: 'delete'; name: string }
  | { kind: 'tidy' | 'settle' | 'restart' | 'rebuild' };

const name = fc.constantFrom(...names);
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      name,
      times: fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }),
      repeats: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('tidy' as const, 'settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'rebuild' as const) }) },
);

interface Held {
  name: string;
  ms: number;
  text: string;
}

test('Whatever comes, goes and is regrouped meanwhile, every line is there once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 8, maxLength: 60 }), (steps) => agrees(steps)),
    { numRuns: 12 },
  );
});

async function agrees(steps: readonly Step[]): Promise<void> {
  const directory = temporaryDirectory();
  const run = new Run(directory.path, await openTestStore(directory.path, options));
  try {
    for (const [number, step] of steps.entries()) {
      await run.take(step, number);
      await run.holds(names[number % names.length]!);
    }
    await run.settle();
    for (const each of names) await run.holds(each);
    await run.isFollowed();
  } finally {
    await run.settle();
    await run.store.close();
    directory.remove();
  }
}

class Run {
  store: DurableStore;
  readonly #dataDir: string;
  /** In the order of storing. */
  #held: Held[] = [];
  readonly #deletedThrough = new Map<string, number>();
  #last: { name: string; lines: TestLine[] } | undefined;
  #tidying: Promise<void>[] = [];

  constructor(dataDir: string, store: DurableStore) {
    this.#dataDir = dataDir;
    this.store = store;
  }

  async take(step: Step, number: number): Promise<void> {
    if (step.kind === 'push') await this.#push(step, number);
    else if (step.kind === 'delete') await this.#delete(step.name);
    else if (step.kind === 'tidy') this.#tidying.push(this.store.tidy());
    else {
      await this.settle();
      if (step.kind === 'settle') return;
      await this.store.close();
      if (step.kind === 'rebuild') forgetCatalogue(this.#dataDir);
      this.store = await openTestStore(this.#dataDir, options);
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#tidying);
    this.#tidying = [];
  }

  async #push(step: Extract<Step, { kind: 'push' }>, number: number): Promise<void> {
    const lines = step.times.map((ms, i): TestLine => [ms, `line ${i} of push ${number} to ${step.name}`]);
    const through = this.#deletedThrough.get(step.name) ?? -1;
    const taken = lines.filter(([ms]) => ms > through).sort(([a], [b]) => a - b);
    const outcome = await push(this.store, { name: step.name }, ...lines);
    assert.deepEqual([outcome.stored, outcome.deleted], [taken.length, lines.length - taken.length]);
    this.#held.push(...taken.map(([ms, text]) => ({ name: step.name, ms, text })));
    if (step.repeats && this.#last) {
      const again = await push(this.store, { name: this.#last.name }, ...this.#last.lines);
      assert.equal(again.stored, 0);
    }
    this.#last = { name: step.name, lines };
  }

  async #delete(stream: string): Promise<void> {
    const own = this.#held.filter((line) => line.name === stream);
    if (own.length === 0) return;
    await this.store.deletePushed(all, [pushedStreamId('acme', { name: stream })]);
    const through = Math.max(this.#deletedThrough.get(stream) ?? -1, ...own.map(({ ms }) => ms));
    this.#deletedThrough.set(stream, through);
    this.#held = this.#held.filter((line) => line.name !== stream);
  }

  async holds(stream: string): Promise<void> {
    const expected = this.#held.filter((line) => line.name === stream).map(({ text }) => text);
    assert.deepEqual((await readStream(this.store, { name: stream })).sort(), expected.sort());
    const [known] = this.store.pushedStreams(all, { ids: [pushedStreamId('acme', { name: stream })] });
    assert.equal(known?.lineCount ?? 0, expected.length);
  }

  async isFollowed(): Promise<void> {
    if (this.#held.length === 0) return;
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const block of this.store.followPushed(all, 0, () => true, stop.signal)) {
      seen.push(...block.text.toString().trimEnd().split('\n'));
      if (seen.length >= this.#held.length) stop.abort();
    }
    assert.deepEqual(
      seen,
      this.#held.map(({ text }) => text),
    );
  }
}
