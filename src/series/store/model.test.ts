import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../query/query.ts';
import type { DurableSeriesStore } from './durable-series-store.ts';
import { windowMs } from './settings.ts';
import { acme, append, matchers, openTestStore, shown, standingClock, temporaryDirectory } from './store-fixture.ts';

/*
 * Random appends (late ones, repeated ones, several windows), deletions, maintenance and restarts, against a map of what was taken.
 */
const directory = temporaryDirectory();
let next = 0;
after(() => directory.remove());

const outOfOrderWindowMs = 3 * windowMs;
const stepMs = windowMs / 6;
const names = ['a', 'b', 'c', 'd'];

type Step =
  | { do: 'append'; samples: { series: number; back: number; value: number; start: boolean }[] }
  | { do: 'burst'; series: number; length: number; back: number }
  | { do: 'delete'; series: number; from: number; length: number }
  | { do: 'tidy' }
  | { do: 'restart' }
  | { do: 'pass'; steps: number };

const series = fc.nat(names.length - 1);
const back = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 30 }));
const value = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom(0.1, -0, Number.NaN, 1e300, Number.NEGATIVE_INFINITY),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        samples: fc.array(fc.record({ series, back, value, start: fc.boolean() }), { minLength: 1, maxLength: 8 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('burst' as const), series, length: fc.nat(150), back }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('delete' as const), series, from: fc.nat(40), length: fc.nat(20) }),
    },
    { weight: 2, arbitrary: fc.constantFrom<Step[]>({ do: 'tidy' }, { do: 'restart' }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), steps: fc.integer({ min: 1, max: 12 }) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** What the store has to answer. A sample whose time is in a block already may be taken again, and the first stands. */
class Model {
  readonly taken = new Map<string, Map<number, string>>();

  put(name: string, timeMs: number, text: string): 'fresh' | 'held' | 'other' {
    const samples = this.taken.get(name) ?? new Map<number, string>();
    this.taken.set(name, samples);
    const held = samples.get(timeMs);
    if (held === undefined) samples.set(timeMs, text);
    return held === undefined ? 'fresh' : held === text ? 'held' : 'other';
  }

  delete(name: string, minMs: number, maxMs: number): void {
    for (const timeMs of [...(this.taken.get(name)?.keys() ?? [])]) {
      if (timeMs >= minMs && timeMs <= maxMs) this.taken.get(name)!.delete(timeMs);
    }
  }

  shown(minMs: number, maxMs: number): Record<string, string> {
    const result: Record<string, string> = {};
    for (const [name, samples] of this.taken) {
      const inTime = [...samples].filter(([timeMs]) => timeMs >= minMs && timeMs <= maxMs).sort(([a], [b]) => a - b);
      if (inTime.length > 0) result[labelsOf(name).toString()] = inTime.map(([, text]) => text).join(' ');
    }
    return result;
  }
}

function labelsOf(name: string): Labels {
  return Labels.of({ __name__: name, job: 'x' });
}

class Run {
  readonly clock = standingClock(1000 * windowMs);
  readonly model = new Model();
  readonly dataDir = join(directory.path, String(next++));
  store!: DurableSeriesStore;
  newestMs = Number.NEGATIVE_INFINITY;

  async open(): Promise<void> {
    this.store = await openTestStore(this.dataDir, {
      clock: this.clock,
      settings: { outOfOrderWindowMs, retention: { ageMs: null, bytesMax: null } },
    });
  }

  async step(step: Step): Promise<void> {
    if (step.do === 'tidy') await this.store.tidy();
    else if (step.do === 'pass') this.clock.now += step.steps * stepMs;
    else if (step.do === 'restart') {
      await this.store.close();
      await this.open();
    } else if (step.do === 'delete') await this.delete(names[step.series]!, step);
    else if (step.do === 'append') {
      await this.append(
        step.samples.map(({ series, back, value, start }) => {
          return { name: names[series]!, timeMs: this.clock.now - back * stepMs, value, startMs: start ? 7 : 0 };
        }),
      );
    } else {
      const name = names[step.series]!;
      const end = this.clock.now - step.back * stepMs;
      const times = Array.from({ length: step.length }, (_, i) => end - (step.length - i) * 1000);
      await this.append(times.map((timeMs, i) => ({ name, timeMs, value: i * 3 + (i % 5) * 0.25, startMs: 0 })));
    }
  }

  async append(samples: { name: string; timeMs: number; value: number; startMs: number }[]): Promise<void> {
    const oldest = Math.min(this.newestMs, this.clock.now) - outOfOrderWindowMs;
    let [expectedOld, fresh] = [0, 0];
    for (const { name, timeMs, value, startMs } of samples) {
      if (timeMs < oldest) {
        expectedOld++;
        continue;
      }
      this.newestMs = Math.max(this.newestMs, timeMs);
      const text = Object.is(value, -0) ? '-0' : String(value);
      if (this.model.put(name, timeMs, `${timeMs}=${text}${startMs ? `@${startMs}` : ''}`) === 'fresh') fresh++;
    }
    const appended = await append(
      this.store,
      samples.map(({ name, timeMs, value, startMs }) => [{ __name__: name, job: 'x' }, timeMs, value, startMs]),
    );
    assert.equal(appended.tooOld, expectedOld);
    assert.ok(appended.taken >= fresh, `${appended.taken} taken, ${fresh} of them new`);
    assert.equal(appended.taken + appended.repeated + appended.conflicting + appended.tooOld, samples.length);
  }

  async delete(name: string, { from, length }: { from: number; length: number }): Promise<void> {
    const minMs = this.clock.now - from * stepMs;
    await this.store.deleteSeries(acme, [matchers(['__name__', '=', name])], minMs, minMs + length * stepMs);
    this.model.delete(name, minMs, minMs + length * stepMs);
  }

  async check(): Promise<void> {
    assert.deepEqual(await shown(this.store), this.model.shown(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY));
    const minMs = this.clock.now - 10 * stepMs;
    const maxMs = this.clock.now - 3 * stepMs;
    const some = this.model.shown(minMs, maxMs);
    assert.deepEqual(await shown(this.store, undefined, { minMs, maxMs }), some);
    const { series } = await this.store.matching(acme, [], minMs, maxMs, 100);
    assert.deepEqual(series.map(String), Object.keys(some).sort());
  }
}

test('Whatever is appended, deleted, cut, compacted and opened again, reads give what was taken', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const run = new Run();
      await run.open();
      try {
        for (const step of all) await run.step(step);
        await run.check();
        await run.step({ do: 'restart' });
        await run.step({ do: 'tidy' });
        await run.check();
      } finally {
        await run.store.close();
      }
    }),
    { numRuns: 40 },
  );
});
