import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SAMPLE } from '../window/window.ts';
import { IGNORED, kindOfEntry, metricAt, SeriesIndex, slotOfEntry, UNKNOWN } from './series-index.ts';

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
        assert.equal(find(text), UNKNOWN);
        index.put(slot, SAMPLE.memoryBytes);
      });
      inside.forEach((text, slot) => {
        const entry = find(text);
        assert.deepEqual([slotOfEntry(entry), kindOfEntry(entry)], [slot, SAMPLE.memoryBytes]);
      });
      for (const text of outside) assert.equal(find(text), UNKNOWN);
      assert.equal(index.size, inside.length);
      index.clear();
      for (const text of texts) assert.equal(find(text), UNKNOWN);
    }),
  );
});

test('a series is expected behind the one it stood behind before, and only if it is the same', () => {
  const index = new SeriesIndex(() => 0.5);
  const read = (...lines: string[]) => {
    const page = Buffer.from(lines.map((line) => `${line} 1\n`).join(''));
    index.begin();
    let start = 0;
    return lines.map((line) => {
      const end = index.expect(page, start);
      const [from, to] = [start, start + line.length];
      start = to + 3;
      if (end >= 0) return end === to ? index.entry : assert.fail('the end is another one');
      if (index.find(page, from, to) === UNKNOWN) {
        if (line.startsWith('pod')) index.ignore();
        else index.put(line.charCodeAt(0), SAMPLE.memoryBytes);
      }
      return 'sought';
    });
  };
  const entryOf = (line: string) => line.charCodeAt(0) * 3 + SAMPLE.memoryBytes;
  const lines = ['a{x="1"}', 'pod_a', 'b', `c{x="${'y'.repeat(70_000)}"}`, 'd'];
  assert.deepEqual(read(...lines), Array(5).fill('sought'));
  // What is too long to be remembered is sought, and so is what stands behind it.
  assert.deepEqual(read(...lines), [entryOf('a'), IGNORED, entryOf('b'), 'sought', entryOf('d')]);
  assert.deepEqual(read('a{x="1"}', 'b', 'pod_a'), [entryOf('a'), 'sought', 'sought'], 'the order has changed');
  assert.deepEqual(read('a{x="1"}', 'b', 'pod_a'), [entryOf('a'), entryOf('b'), IGNORED]);
  assert.deepEqual(read('a{x="2"}', 'b'), ['sought', 'sought'], 'a new series');
  assert.deepEqual(read('a{x="2"}', 'bb'), [entryOf('a'), 'sought'], 'one that only begins like it');
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
