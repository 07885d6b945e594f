import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFieldPaths } from './field-paths.ts';

const pathsOf = (line: string) => Object.fromEntries(jsonFieldPaths(line));

test('every label of a JSON line has the keys that lead to it', () => {
  assert.deepEqual(pathsOf('{"a":1,"b":{"c d":{"e":"x"},"1":true},"f":[{"g":1}],"h":null}'), {
    a: ['a'],
    b_c_d_e: ['b', 'c d', 'e'],
    b_1: ['b', '1'],
  });
});

test('of two fields with the same name the first counts', () => {
  assert.deepEqual(pathsOf('{"a":{"b":1},"a_b":2}'), { a_b: ['a', 'b'] });
});

test('what is no object, or breaks off, has the paths that were read', () => {
  assert.deepEqual(pathsOf('a=b'), {});
  assert.deepEqual(pathsOf('{"a":{"b":1,"c":'), { a_b: ['a', 'b'] });
});
