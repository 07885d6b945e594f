import assert from 'node:assert/strict';
import test from 'node:test';
import { lineAndColumn } from './position.ts';

test('positions count lines, and columns in bytes', () => {
  assert.equal(lineAndColumn('a\nä b', { start: 4, end: 5 }), '2:4');
});
