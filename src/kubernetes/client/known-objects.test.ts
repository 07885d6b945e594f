import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from './client.ts';
import { type Change, KnownObjects } from './known-objects.ts';

const object = fc.record({
  namespace: fc.constantFrom('a', 'b', ''),
  name: fc.constantFrom('x', 'y', 'z'),
  uid: fc.constantFrom('1', '2'),
  resourceVersion: fc.constantFrom('7', '8'),
});
const steps = fc.array(
  fc.oneof(
    fc.record({ event: fc.constantFrom('upsert', 'remove'), metadata: object }),
    // Pages of a list that was begun anew behind each of the first ones.
    fc.record({ lists: fc.array(fc.array(object, { maxLength: 6 }), { minLength: 1, maxLength: 3 }) }),
  ),
  { maxLength: 30 },
);

const keyOf = ({ metadata: { namespace, name } }: KubeObject) => `${namespace}/${name}`;
const raw = (metadata: KubeObject['metadata']): KubeObject => ({ metadata });

test('the changes given out leave what the last list and the events behind it named, each object once', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const known = new KnownObjects((each) => each);
      const told = new Map<string, string>();
      const expected = new Map<string, string>();
      const tell = (changes: Change<KubeObject>[]) => {
        for (const { kind, object: each } of changes) {
          const key = keyOf(each);
          const before = told.get(key);
          if (kind === 'delete') {
            assert.equal(before, each.metadata.uid, 'what is told as deleted was there');
            told.delete(key);
          } else {
            assert.equal(before ?? each.metadata.uid, each.metadata.uid, 'another uid comes after a deletion');
            told.set(key, each.metadata.uid ?? '');
          }
        }
      };
      for (const step of all) {
        if ('lists' in step) {
          for (const items of step.lists) {
            known.beginList();
            for (const item of items) tell(known.upsert(raw(item), true));
          }
          tell(known.endList());
          expected.clear();
          for (const item of step.lists.at(-1)!) expected.set(keyOf(raw(item)), item.uid);
        } else if (step.event === 'upsert') {
          tell(known.upsert(raw(step.metadata), false));
          expected.set(keyOf(raw(step.metadata)), step.metadata.uid);
        } else {
          tell(known.remove(raw(step.metadata)));
          if (expected.get(keyOf(raw(step.metadata))) === step.metadata.uid) expected.delete(keyOf(raw(step.metadata)));
        }
        assert.deepEqual([...told].sort(), [...expected].sort());
      }
    }),
  );
});
