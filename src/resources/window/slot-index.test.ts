import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SlotIndex } from './slot-index.ts';

type Names = [namespace: string, pod: string, container: string];

const name = fc.stringMatching(/^[a-z0-9-]{1,6}$/);
const containers = fc.uniqueArray(fc.tuple(name, name, name), { maxLength: 300, selector: (names) => names.join('/') });

test('a container is found by its three names and by no others, and not after its slot was taken', () => {
  fc.assert(
    fc.property(containers, fc.integer(), (all, seed) => {
      const index = new SlotIndex(() => (seed >>> 0) / 2 ** 32);
      const [inside, outside] = [all.filter((_, at) => at % 3 > 0), all.filter((_, at) => at % 3 === 0)];
      const find = (names: Names) => index.find(...names);
      inside.forEach((names, slot) => {
        assert.equal(find(names), undefined);
        index.put(slot);
      });
      for (const names of outside) assert.equal(find(names), undefined);
      assert.deepEqual(inside.map(find), [...inside.keys()]);
      const forgotten = index.forget((slot) => slot % 2 === 1);
      assert.deepEqual(new Set(forgotten), new Set([...inside.keys()].filter((slot) => slot % 2 === 1)));
      assert.equal(index.size, Math.ceil(inside.length / 2));
      assert.deepEqual(
        inside.map(find),
        inside.map((_, slot) => (slot % 2 === 0 ? slot : undefined)),
      );
    }),
  );
});

test('where one name ends and the next begins counts', () => {
  const index = new SlotIndex(() => 0.5);
  assert.equal(index.find('shop', 'web-0', 'main'), undefined);
  index.put(1);
  for (const names of [
    ['shopw', 'eb-0', 'main'],
    ['shop', 'web-0m', 'ain'],
    ['shop', 'web-0', ''],
    ['', 'web-0', 'main'],
  ] satisfies Names[])
    assert.equal(index.find(...names), undefined, names.join(' '));
  assert.equal(index.find('shop', 'web-0', 'main'), 1);
});
