// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of relabelling
import assert from 'node:assert/strict';
import test from 'node:test';
import { compileRelabel, type RelabelRule, relabelDefaults } from './relabel.ts';

function relabelled(labels: Record<string, string>, ...rules: Partial<RelabelRule>[]): Record<string, string> | null {
  const map = new Map(Object.entries(labels));
  const kept = compileRelabel(rules.map((rule) => ({ ...relabelDefaults, sourceLabels: [], ...rule })))(map);
  return kept ? Object.fromEntries(map) : null;
}

test('replace writes the groups of the match into its target, and leaves everything where nothing matches', () => {
  const labels = { a: 'foo', b: 'bar' };
  const rule: Partial<RelabelRule> = {
    sourceLabels: ['a', 'b'],
    regex: 'f(.*);(.*)r',
    targetLabel: 'd',
    replacement: 'ch${1}-ch${2}',
  };
  assert.deepEqual(relabelled(labels, rule), { ...labels, d: 'choo-chba' });
  assert.deepEqual(relabelled(labels, { ...rule, regex: 'o' }), labels, 'anchored at both ends');
  assert.deepEqual(relabelled(labels, { ...rule, targetLabel: '${1}_x', replacement: '$2' }), {
    ...labels,
    oo_x: 'ba',
  });
  assert.deepEqual(
    relabelled(labels, { ...rule, replacement: '$1x' }),
    labels,
    'there is no group 1x: an empty value is none',
  );
  assert.deepEqual(
    relabelled(labels, { sourceLabels: ['c'], targetLabel: 'a' }),
    { b: 'bar' },
    'an empty value removes',
  );
  assert.deepEqual(
    relabelled(labels, { sourceLabels: ['a'], regex: '(?P<all>.*)', targetLabel: 'e', replacement: '$$-${all}' }),
    {
      ...labels,
      e: '$-foo',
    },
  );
});

test('keep, drop, keepequal and dropequal decide about the whole set', () => {
  const labels = { a: 'x', b: 'x', c: 'y' };
  assert.equal(relabelled(labels, { action: 'drop', sourceLabels: ['a'], regex: 'x|z' }), null);
  assert.deepEqual(relabelled(labels, { action: 'drop', sourceLabels: ['a'], regex: 'xx' }), labels);
  assert.equal(relabelled(labels, { action: 'keep', sourceLabels: ['missing'], regex: '.+' }), null);
  assert.deepEqual(relabelled(labels, { action: 'keep', sourceLabels: ['a'], regex: '.+' }), labels);
  assert.deepEqual(relabelled(labels, { action: 'keepequal', sourceLabels: ['a'], targetLabel: 'b' }), labels);
  assert.equal(relabelled(labels, { action: 'keepequal', sourceLabels: ['a'], targetLabel: 'c' }), null);
  assert.equal(relabelled(labels, { action: 'dropequal', sourceLabels: ['a'], targetLabel: 'b' }), null);
  assert.deepEqual(relabelled(labels, { action: 'dropequal', sourceLabels: ['a'], targetLabel: 'c' }), labels);
});

test('hashmod spreads as Prometheus does', () => {
  const rule: Partial<RelabelRule> = { action: 'hashmod', sourceLabels: ['c'], targetLabel: 'd', modulus: 1000 };
  assert.equal(relabelled({ c: 'baz' }, rule)?.d, '976');
  assert.equal(relabelled({ c: 'foo\nbar' }, rule)?.d, '734');
});

test('labelmap, labeldrop and labelkeep work on names', () => {
  const labels = { a: '1', b1: '2', b2: '3' };
  assert.deepEqual(relabelled(labels, { action: 'labelmap', regex: '(b.*)', replacement: 'bar_${1}' }), {
    ...labels,
    bar_b1: '2',
    bar_b2: '3',
  });
  assert.deepEqual(relabelled(labels, { action: 'labeldrop', regex: '(b.*)' }), { a: '1' });
  assert.deepEqual(relabelled(labels, { action: 'labelkeep', regex: '(b.*)' }), { b1: '2', b2: '3' });
});

test('lowercase and uppercase change characters one by one', () => {
  const labels = { foo: 'bAr123Foo ßİ' };
  assert.deepEqual(
    relabelled(
      labels,
      { action: 'lowercase', sourceLabels: ['foo'], targetLabel: 'l' },
      { action: 'uppercase', sourceLabels: ['foo'], targetLabel: 'u' },
    ),
    { ...labels, l: 'bar123foo ßi', u: 'BAR123FOO ßİ' },
  );
});

test('rules follow each other, and a drop ends them', () => {
  assert.equal(
    relabelled(
      { a: 'foo' },
      { sourceLabels: ['a'], targetLabel: 'd', replacement: '$1-x' },
      { action: 'drop', sourceLabels: ['d'], regex: 'foo-x' },
      { targetLabel: 'never', replacement: '1' },
    ),
    null,
  );
});
