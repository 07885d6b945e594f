import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PodFacts } from '../window/window.ts';
import { PodDirectory } from './pod-directory.ts';

const facts = (name: string, labels = {}): PodFacts => ({
  namespace: name < 'd' ? 'first' : 'second',
  name,
  uid: name,
  labels,
  node: 'n',
  startMs: Number.NaN,
  running: ['main'],
});

test('pods that are there have places of their own, and no more places than there have been pods at once', () => {
  const change = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), isThere: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const directory = new PodDirectory();
      const there = new Set<string>();
      let most = 0;
      for (const { name, isThere } of changes) {
        if (isThere) directory.set(facts(name));
        else directory.delete(facts(name));
        if (isThere) there.add(name);
        else there.delete(name);
        most = Math.max(most, there.size);
        const places = directory.namespaces().flatMap((namespace) => directory.of(namespace).map(({ place }) => place));
        assert.equal(new Set(places).size, there.size);
        assert.equal(directory.size, there.size);
        assert.ok(places.every((place) => place < most));
      }
    }),
  );
});
