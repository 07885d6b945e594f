import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duplicateFields } from './duplicate-fields.ts';

test('a field that is named twice is told with its path', () => {
  const text = '{"a":1,"spec":{"x":[{"n":1},{"n":2,"n":3}],"replicas":1,"replicas":2},"a":{}}';
  assert.deepEqual(duplicateFields(text), ['spec.x[1].n', 'spec.replicas', 'a']);
});

test('an escaped key is the same key', () => {
  assert.deepEqual(duplicateFields('{"a":1,"\\u0061":2}'), ['a']);
});

test('text that looks like JSON within a value is only text', () => {
  assert.deepEqual(duplicateFields(JSON.stringify({ a: '{"b":1,"b":2}', c: 'a","a":"' })), []);
});

test('a field that is named three times is told once', () => {
  assert.deepEqual(duplicateFields('{"a":1,"a":2,"a":3}'), ['a']);
});

test('what JSON.stringify prints has no duplicates', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.deepEqual(duplicateFields(JSON.stringify(value)), [])));
});

test('any text is read in one pass, valid or not', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\a1 ') }), (text) => void duplicateFields(text)));
  const startedMs = performance.now();
  duplicateFields(`"${'\\"'.repeat(1_000_000)}`);
  duplicateFields(JSON.stringify({ a: 'x'.repeat(2_000_000) }));
  assert.ok(performance.now() - startedMs < 5000);
});
