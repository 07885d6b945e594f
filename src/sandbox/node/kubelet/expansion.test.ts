import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expanded } from './expansion.ts';

const variables = new Map([
  ['A', 'one'],
  ['B', '$(A)'],
]);

test('references are replaced once, escapes are undone and unknown names stay', () => {
  assert.equal(expanded('$(A)-$(B)-$(C)', variables), 'one-$(A)-$(C)');
  assert.equal(expanded('$$(A) $$$(A) $A $(A', variables), '$(A) $one $A $(A');
});

test('text without a dollar sign is left as it is', () => {
  fc.assert(fc.property(fc.string(), (text) => text.includes('$') || expanded(text, variables) === text));
});
