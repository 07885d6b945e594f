import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodMetrics } from '../resources.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeItem } from './json-item.ts';
import { PodHeads } from './pod-heads.ts';
import { measuredMs, pod, usage } from './server-under-test.ts';

/** As a scraper has it: a place of its own, and a revision of what stays. */
const placed = (place: number, revision: number, name: string, labels: Record<string, string>): PodMetrics => ({
  ...pod('shop', name, [{ name: 'main', usage: usage(1000 * revision, 4096) }], labels),
  place,
  revision,
});

function list(pods: readonly PodMetrics[], heads: PodHeads): void {
  const writer = new ByteWriter();
  for (const each of pods) {
    writer.take();
    writeItem(writer, each, measuredMs, heads);
  }
}

/** What is kept of a pod, as its text is. */
function head(of: PodMetrics, heads: PodHeads): string | undefined {
  const { bytes } = heads.memory;
  const at = heads.of(of);
  return at === 0 ? undefined : bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt16LE(at));
}

function assertHeads(pods: readonly PodMetrics[], heads: PodHeads): number {
  const kept = pods.filter((each) => heads.of(each) !== 0);
  for (const each of kept) {
    const metadata = {
      name: each.name,
      namespace: 'shop',
      creationTimestamp: '2026-11-23T00:00:00Z',
      labels: each.labels,
    };
    const wanted = `"metadata":${JSON.stringify(metadata)},"timestamp":"2026-11-23T00:00:00Z","window":"`;
    assert.equal(head(each, heads), wanted);
  }
  return kept.length;
}

test('when there is no room for more heads, pods are left without, until those of before have gone', () => {
  const heads = new PodHeads();
  const count = 6000;
  const pods = (revision: number, label: string) =>
    Array.from({ length: count }, (_, place) => placed(place, revision, `web-${place}`, { text: label }));
  const first = pods(1, 'x'.repeat(3500));
  for (const _ of [1, 2]) list(first, heads);
  const atFirst = assertHeads(first, heads);
  assert.ok(atFirst > 4000 && atFirst < count, String(atFirst));
  const second = pods(2, 'y'.repeat(100));
  for (const _ of [1, 2]) list(second, heads);
  assert.equal(assertHeads(first, heads), 0);
  const inTheEnd = assertHeads(second, heads);
  assert.ok(inTheEnd > atFirst - 1, String(inTheEnd));
});

test('a head that is as long as the one before takes its room', () => {
  const heads = new PodHeads();
  const starts = new Set<number>();
  for (let revision = 1; revision <= 200_000; revision += 1000) {
    const one = placed(0, revision, 'web-0', { revision: String(revision + 1_000_000) });
    list([one], heads);
    assert.equal(assertHeads([one], heads), 1);
    starts.add(heads.of(one));
  }
  assert.equal(starts.size, 1);
});
