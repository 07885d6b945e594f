import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SAMPLE } from '../window/window.ts';
import { kindOfEntry, metricAt, SeriesIndex, slotOfEntry } from './series-index.ts';

test('what was put in under some bytes is found under these bytes and no others', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ maxLength: 40 }), { maxLength: 600 }), fc.integer(), (texts, seed) => {
      const index = new SeriesIndex(() => (seed >>> 0) / 2 ** 32);
      const [inside, outside] = [texts.filter((_, at) => at % 2 === 0), texts.filter((_, at) => at % 2 === 1)];
      const find = (text: string) => {
        const page = Buffer.from(`x${text}y`);
        return index.find(page, 1, page.length - 1);
      };
      inside.forEach((text, slot) => {
        assert.equal(find(text), -1);
        index.put(slot, SAMPLE.memoryBytes);
      });
      inside.forEach((text, slot) => {
        const entry = find(text);
        assert.deepEqual([slotOfEntry(entry), kindOfEntry(entry)], [slot, SAMPLE.memoryBytes]);
      });
      for (const text of outside) assert.equal(find(text), -1);
      assert.equal(index.size, inside.length);
      index.clear();
      for (const text of texts) assert.equal(find(text), -1);
    }),
  );
});

test('only the five metrics count, by their whole name', () => {
  const kindOf = (text: string) => metricAt(Buffer.from(text), 0, text.length)?.kind;
  assert.equal(kindOf('node_cpu_usage_seconds_total'), SAMPLE.cpuSeconds);
  assert.equal(kindOf('container_start_time_seconds{container="a"}'), SAMPLE.startSeconds);
  for (const other of [
    'container_swap_usage_bytes{}',
    'node_cpu_usage_seconds_total_x',
    'node_cpu_usage_seconds',
    'pod_cpu_usage_seconds_total',
  ]) {
    assert.equal(kindOf(other), undefined, other);
  }
});
