import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareText } from './compare-text.ts';
import { xxHash64 } from './label-hash.ts';
import { compareLabels, Labels } from './labels.ts';
import { createMatcher } from './matcher.ts';
import { isNaturallyBefore } from './natural-order.ts';

test('xxHash64 gives the values of its specification', () => {
  const hash = (text: string) => xxHash64(Buffer.from(text)).toString(16);
  assert.equal(hash(''), 'ef46db3751d8e999');
  assert.equal(hash('a'), 'd24ec4f1a98c6e5b');
  assert.equal(hash('abc'), '44bc2cf5ad770999');
  assert.equal(hash('Nobody inspects the spammish repetition'), 'fbcea83c8a378bf1');
});

test('text is ordered by its UTF-8 bytes', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, (a, b) => Math.sign(compareText(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

test('runs of digits are ordered as numbers', () => {
  const names = ['node10', 'node9', 'node', 'node9a', 'n2', 'node09b'];
  assert.deepEqual(
    names.sort((a, b) => (isNaturallyBefore(a, b) ? -1 : 1)),
    ['n2', 'node', 'node9', 'node9a', 'node09b', 'node10'],
  );
});

test('labels are equal exactly when their keys are, and empty values are no labels', () => {
  assert.equal(Labels.of({ b: '1', a: '2' }).key, Labels.of({ a: '2', b: '1', c: '' }).key);
  assert.notEqual(Labels.of({ a: 'b', c: '' }).key, Labels.of({ a: '', b: 'c' }).key);
  assert.ok(compareLabels(Labels.of({ a: '1' }), Labels.of({ a: '1', b: '1' })) < 0);
  assert.equal(Labels.of({ __name__: 'm', 'a b': 'x"' }).toString(), '{__name__="m", "a b"="x\\""}');
});

test('matchers are anchored, match newlines with a point, and treat a missing label as empty', () => {
  const matches = (op: '=~' | '!~', pattern: string, value: string) => createMatcher(op, 'a', pattern).matches(value);
  assert.ok(matches('=~', 'a.c', 'a\nc'));
  assert.ok(!matches('=~', 'b|c', 'abc'));
  assert.ok(matches('=~', 'b|c|', ''));
  assert.ok(matches('!~', '.+', ''));
  assert.ok(matches('=~', '(?i:PRO).*', 'production'));
  assert.throws(() => createMatcher('=~', 'a', '('), { message: 'error parsing regexp: missing closing ): `(`' });
});
