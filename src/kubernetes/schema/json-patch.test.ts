import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { jsonPatched } from './json-patch.ts';

/** The cases of RFC 6902, appendix A, that have an object as document. */
const cases: [string, object, object[], object][] = [
  ['adds a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
  [
    'adds an item',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    { foo: ['bar', 'qux', 'baz'] },
  ],
  ['appends with -', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['x'] }], { foo: ['bar', ['x']] }],
  ['removes a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  ['removes an item', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
  ['replaces', { baz: 'qux', foo: 'bar' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo', foo: 'bar' }],
  ['moves', { foo: { a: 1 }, qux: {} }, [{ op: 'move', from: '/foo/a', path: '/qux/b' }], { foo: {}, qux: { b: 1 } }],
  [
    'moves an item',
    { foo: ['a', 'b', 'c'] },
    [{ op: 'move', from: '/foo/0', path: '/foo/2' }],
    { foo: ['b', 'c', 'a'] },
  ],
  ['copies', { foo: { a: [1] } }, [{ op: 'copy', from: '/foo/a', path: '/b' }], { foo: { a: [1] }, b: [1] }],
  ['tests and goes on', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  ['ignores members it does not know', { a: 1 }, [{ op: 'add', path: '/b', value: 2, xyz: 3 }], { a: 1, b: 2 }],
  ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  ['sets null', { a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
];

for (const [name, original, patch, expected] of cases) {
  test(`${name}, and leaves the original alone`, () => {
    const before = structuredClone(original);
    assert.deepEqual(jsonPatched({ ...original }, patch), expected);
    assert.deepEqual(original, before);
  });
}

const refusals: [object, object, RegExp][] = [
  [{}, { op: 'remove', path: '/a' }, /operation 0 of the patch: \/a does not exist/],
  [{}, { op: 'add', path: '/a/b', value: 1 }, /\/a does not exist/],
  [{ a: 1 }, { op: 'add', path: '/a/b', value: 1 }, /leads through a plain value/],
  [{ a: [1] }, { op: 'add', path: '/a/2', value: 1 }, /past the end/],
  [{ a: [1] }, { op: 'replace', path: '/a/01', value: 1 }, /does not name an item/],
  [{ a: [1] }, { op: 'remove', path: '/a/-' }, /does not name an item/],
  [{ a: 1 }, { op: 'add', path: 'a', value: 1 }, /must begin with \//],
  [{ a: 1 }, { op: 'add', path: '/b' }, /add needs a value/],
  [{ a: 1 }, { op: 'merge', path: '/b' }, /op is "merge"; add, remove/],
  [{ a: { b: 1 } }, { op: 'move', from: '/a', path: '/a/c' }, /cannot move into itself/],
  [{ a: 1 }, { op: 'replace', path: '', value: 3 }, /something else/],
];

const unfit = /does not exist|past the end|does not name|plain value/;

for (const [original, operation, message] of refusals) {
  test(`${JSON.stringify(operation)} on ${JSON.stringify(original)} is refused`, () => {
    // What does not fit this object may fit another one; what is no patch fits none.
    const code = unfit.test(message.source) ? 'conflict' : 'bad-request';
    assert.throws(
      () => jsonPatched({ ...original }, [operation]),
      (error) => error instanceof Fault && error.code === code && message.test(error.message),
    );
  });
}

test('a failed test is a conflict', () => {
  assert.throws(
    () => jsonPatched({ a: 1 }, [{ op: 'test', path: '/a', value: '1' }]),
    (error) => error instanceof Fault && error.code === 'conflict',
  );
});

test('copies of copies are refused before they fill the memory', () => {
  const doubling = Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '/a', path: `/a/k${at}` }));
  assert.throws(() => jsonPatched({ a: {} }, doubling), /copies more than/);
});

test('many changes at the front of a long list are refused before they take long', () => {
  const operations = Array.from({ length: 10_000 }, () => ({ op: 'add', path: '/a/0', value: 1 }));
  assert.throws(() => jsonPatched({ a: new Array(100_000).fill(0) }, operations), /items aside/);
});

test('too many operations are refused', () => {
  assert.throws(() => jsonPatched({}, new Array(10_001).fill({ op: 'test', path: '', value: {} })), /at most 10000/);
});

test('any patch is applied or refused as a fault', () => {
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path: fc.constantFrom('', '/', '/a', '/a/0', '/a/-', '/b/c', '/__proto__', '/__proto__/x', '/constructor'),
      from: fc.constantFrom('', '/a', '/a/0', '/b', '/__proto__'),
      value: fc.jsonValue(),
    },
    { requiredKeys: ['op'] },
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (patch) => {
      try {
        jsonPatched({ a: [1, { x: 2 }], b: { c: 3 } }, patch);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
      assert.equal(({} as Record<string, unknown>).x, undefined);
    }),
  );
});
