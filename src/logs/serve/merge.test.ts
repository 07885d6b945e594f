import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blockOf, textOf } from './lines-under-test.ts';
import { mergeByTime, mergedInstancesMax, type Source } from './merge.ts';
import type { PickedLines } from './picked-lines.ts';

interface Watched extends Source {
  opened: number;
  closed: number;
}

/** Lines named `index:number`, in blocks of the sizes given. */
function source(index: number, times: readonly number[], blockSize: number, knowsFirst = true): Watched {
  const least = times.length === 0 ? undefined : BigInt(Math.min(...times));
  const watched: Watched = {
    index,
    firstTime: knowsFirst ? (least ?? 0n) : null,
    opened: 0,
    closed: 0,
    open() {
      watched.opened++;
      return blocks();
    },
  };
  async function* blocks(): AsyncGenerator<PickedLines> {
    try {
      for (let at = 0; at < times.length; at += blockSize) {
        const part = times.slice(at, at + blockSize);
        const block = blockOf(part.map((time, i) => ({ text: `${index}:${at + i}`, time: BigInt(time) })));
        yield { block, lines: Uint32Array.from(part.keys()) };
      }
    } finally {
      watched.closed++;
    }
  }
  return watched;
}

async function merged(sources: readonly Source[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const { picked, from, to } of mergeByTime(sources)) {
    for (let i = from; i < to; i++) lines.push(textOf(picked.block, picked.lines[i]!));
  }
  return lines;
}

/** The rule, said plainly: always the least head, by time and then by index. */
function expected(all: readonly number[][]): string[] {
  const at = all.map(() => 0);
  const lines: string[] = [];
  for (;;) {
    let best = -1;
    for (const [i, times] of all.entries()) {
      if (at[i]! >= times.length) continue;
      if (best < 0 || times[at[i]!]! < all[best]![at[best]!]!) best = i;
    }
    if (best < 0) return lines;
    lines.push(`${best}:${at[best]!++}`);
  }
}

test('streams are merged by time, and each keeps its own order, also where its times go back', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(times, { maxLength: 8 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      async (all, size, known) => {
        const sources = all.map((some, index) => source(index, some, size, known));
        assert.deepEqual(await merged(sources), expected(all));
        assert.deepEqual(
          sources.map(({ opened, closed }) => [opened, closed]),
          all.map(() => [1, 1]),
        );
      },
    ),
  );
});

test('an instance is opened only when its time has come, so that any number may follow one another', async () => {
  let open = 0;
  let most = 0;
  const count = mergedInstancesMax * 3;
  const sources = Array.from({ length: count }, (_, index) => {
    const one = source(index, [index * 10, index * 10 + 5], 1);
    return {
      ...one,
      open: async function* () {
        most = Math.max(most, ++open);
        yield* one.open();
        open--;
      },
    };
  });
  assert.equal((await merged(sources)).length, count * 2);
  assert.equal(most, 1);
});

test('more instances at the same time than can be merged are refused by the name of the limit', async () => {
  const sources = Array.from({ length: mergedInstancesMax + 1 }, (_, index) => source(index, [1, 2], 1));
  await assert.rejects(merged(sources), { name: 'Fault', code: 'overloaded', message: /mergedInstancesMax/ });
  assert.equal(sources.filter(({ opened, closed }) => opened !== closed).length, 0);
});

test('a reader that stops closes what was opened', async () => {
  const sources = [source(0, [1, 3], 1), source(1, [2, 4], 1)];
  for await (const _ of mergeByTime(sources)) break;
  assert.deepEqual(
    sources.map(({ opened, closed }) => [opened, closed]),
    [
      [1, 1],
      [0, 0],
    ],
  );
});
