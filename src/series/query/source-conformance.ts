import assert from 'node:assert/strict';
import test from 'node:test';
import { compareLabels, Labels } from './labels/labels.ts';
import { createMatcher, type MatchOp } from './labels/matcher.ts';
import type { MemorySample } from './memory-source.ts';
import { instantQuery } from './run/engine.ts';
import type { Scope, SeriesSource } from './source.ts';

/** What goes into a source before it is asked. */
export type SourceContents = { labels: Labels; samples: MemorySample[] }[];

const everybody: Scope = { tenant: 'conformance', namespaces: '*' };

const contents: SourceContents = [
  series({ __name__: 'up', job: 'b', instance: '10' }, [0, 1, 1, 0]),
  series({ __name__: 'up', job: 'a', instance: '9' }, [1, 1, 'stale', 1]),
  series({ __name__: 'up', job: 'a' }, [1]),
  series({ __name__: 'odd', value: 'line\nbreak "quoted" ä' }, [Number.NaN, Number.POSITIVE_INFINITY, -0]),
];

function series(labels: Record<string, string>, values: MemorySample['value'][]) {
  return { labels: Labels.of(labels), samples: values.map((value, at) => ({ timeMs: at * 60_000, value })) };
}

/** Tests that every implementation of SeriesSource has to pass. `fill` gives a source with the contents; everybody may read them. */
export function testSource(name: string, fill: (contents: SourceContents) => Promise<SeriesSource>): void {
  const select = async (conditions: [string, MatchOp, string][], minMs = 0, maxMs = 600_000) => {
    const matchers = conditions.map(([label, op, value]) => createMatcher(op, label, value));
    return (await fill(contents)).select(everybody, matchers, minMs, maxMs);
  };

  test(`${name}: series come sorted by labels, with all matchers met, a missing label being empty`, async () => {
    const all = await select([['__name__', '=~', '.+']]);
    assert.deepEqual(
      all.map(({ labels }) => labels.key),
      contents
        .map(({ labels }) => labels)
        .sort(compareLabels)
        .map(({ key }) => key),
    );
    const shown = async (conditions: [string, MatchOp, string][]) =>
      (await select(conditions)).map(({ labels }) => labels.toString());
    assert.deepEqual(
      await shown([
        ['__name__', '=', 'up'],
        ['instance', '=', ''],
      ]),
      ['{__name__="up", job="a"}'],
    );
    assert.deepEqual(
      await shown([
        ['job', '!=', 'a'],
        ['instance', '=~', '1.'],
      ]),
      ['{__name__="up", instance="10", job="b"}'],
    );
    assert.equal((await shown([['value', '=~', 'line.break.*']])).length, 1);
    assert.deepEqual(await shown([['__name__', '=', 'none']]), []);
  });

  test(`${name}: samples come sorted, both ends of the time included`, async () => {
    const [one] = await select([['job', '=', 'b']], 60_000, 120_000);
    const inside = [...one!.timestampsMs].filter((timeMs) => timeMs >= 60_000 && timeMs <= 120_000);
    assert.deepEqual(inside, [60_000, 120_000]);
    assert.deepEqual(
      [...one!.timestampsMs],
      [...one!.timestampsMs].sort((a, b) => a - b),
    );
    assert.equal(one!.values.length, one!.timestampsMs.length);
  });

  test(`${name}: series without a sample in the time may be left out, and others may not`, async () => {
    const later = await select([['__name__', '=', 'up']], 90_000, 180_000);
    assert.ok(later.filter(({ labels }) => labels.has('instance')).length === 2);
  });

  test(`${name}: staleness markers keep their bits, and NaN, infinities and -0 what they are`, async () => {
    const source = await fill(contents);
    const ask = async (query: string, timeMs: number) => {
      const { value } = await instantQuery({ query, source, scope: everybody, timeMs });
      return value.type === 'vector' ? value.samples.map((sample) => sample.value) : [];
    };
    assert.deepEqual(await ask('up{instance="9"}', 120_000), []);
    assert.deepEqual(await ask('up{instance="9"}', 180_000), [1]);
    assert.deepEqual(await ask('count_over_time(up{instance="9"}[1h])', 180_000), [3]);
    assert.deepEqual(await ask('odd', 0), [Number.NaN]);
    assert.deepEqual(await ask('odd', 60_000), [Number.POSITIVE_INFINITY]);
    assert.deepEqual(await ask('odd', 120_000), [-0]);
  });
}
