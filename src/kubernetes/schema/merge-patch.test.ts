import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergePatched } from './merge-patch.ts';

/** RFC 7386, appendix A, the rows that have objects on both sides. */
const rows: [object, object, object][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

for (const [original, patch, expected] of rows) {
  test(`${JSON.stringify(original)} with ${JSON.stringify(patch)} gives ${JSON.stringify(expected)}`, () => {
    const before = structuredClone(original);
    assert.deepEqual(mergePatched({ ...original }, patch), expected);
    assert.deepEqual(original, before);
  });
}

test('a patch that is not an object is refused', () => {
  assert.throws(() => mergePatched({}, ['c']), /must be an object/);
});

test('a key named __proto__ changes no prototype', () => {
  const out = mergePatched({}, JSON.parse('{"__proto__":{"x":1}}'));
  assert.equal(out.x, undefined);
  assert.deepEqual(Object.keys(out), ['__proto__']);
});
