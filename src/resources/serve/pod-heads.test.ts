import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PodMetrics } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeItem } from './json-item.ts';
import { PodHeads } from './pod-heads.ts';
import { measuredMs, pod, usage } from './server-under-test.ts';

const listed = (pods: readonly PodMetrics[], nowMs: number, heads?: PodHeads): string => {
  const writer = new ByteWriter();
  for (const each of pods) {
    writeItem(writer, each, nowMs, heads);
    writer.plain('\n');
  }
  return Buffer.concat(writer.end()).toString();
};

/** As a scraper has it: a place of its own, and a revision of what stays. */
const placed = (place: number, revision: number, name: string, labels: Record<string, string>): PodMetrics => ({
  ...pod('shop', name, [{ name: 'main', usage: usage(1000 * revision, 4096) }], labels),
  place,
  revision,
});

test('a list with kept heads is the one without, whatever has changed between two of them', () => {
  const labels = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 2 });
  const named = fc.record({ name: fc.string(), labels });
  const step = fc.record({ place: fc.nat({ max: 600 }), pod: named, laterMs: fc.nat({ max: 100_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const heads = new PodHeads();
      const pods = new Map<number, PodMetrics>();
      let nowMs = measuredMs;
      for (const [at, { place, pod: changed, laterMs }] of steps.entries()) {
        nowMs += laterMs;
        pods.set(place, { ...placed(place, at + 1, changed.name, changed.labels), timeMs: nowMs - 7000 });
        const all = [...pods.values()];
        assert.equal(listed(all, nowMs, heads), listed(all, nowMs));
      }
    }),
    { numRuns: 50 },
  );
});

test('when there is no room for more heads, pods are written without, until those of before have gone', () => {
  const heads = new PodHeads();
  const count = 6000;
  const pods = (revision: number, label: string) =>
    Array.from({ length: count }, (_, place) => placed(place, revision, `web-${place}`, { text: label }));
  const kept = (all: readonly PodMetrics[]) => all.filter((each) => heads.find(each)).length;
  const first = pods(1, 'x'.repeat(3500));
  const text = listed(first, measuredMs);
  for (const _ of [1, 2]) assert.equal(listed(first, measuredMs, heads), text);
  const atFirst = kept(first);
  assert.ok(atFirst > 4000 && atFirst < count, String(atFirst));
  const second = pods(2, 'y'.repeat(100));
  for (const _ of [1, 2]) assert.equal(listed(second, measuredMs, heads), listed(second, measuredMs));
  assert.equal(kept(first), 0);
  assert.ok(kept(second) > atFirst - 1, String(kept(second)));
});

test('a head that is as long as the one before takes its room', () => {
  const heads = new PodHeads();
  for (let revision = 1; revision <= 200_000; revision += 1000) {
    const one = placed(0, revision, 'web-0', { revision: String(revision + 1_000_000) });
    assert.equal(listed([one], measuredMs, heads), listed([one], measuredMs));
    assert.ok(heads.find(one));
    assert.equal(heads.start, 0);
  }
});
