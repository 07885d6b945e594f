import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  labelSelectorOf,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  printFieldSelector,
  printLabelSelector,
} from './selector.ts';

/** fast-check makes some records without a prototype. */
const plain = <T extends object>(list: T[]): T[] => list.map((record) => ({ ...record }));

const selects = (text: string, labels: Record<string, string>) => matchesLabels(parseLabelSelector(text), labels);

test('label selectors: every operator, and what an absent key means to it', () => {
  const web = { app: 'web', 'example.com/tier': 'b', weight: '12' };
  for (const text of ['', 'app=web', 'app==web', 'app', 'app in (api, web)', 'example.com/tier notin (a)', '!canary'])
    assert.ok(selects(text, web), text);
  for (const text of ['canary!=yes', 'canary notin (yes)', 'weight>2', 'weight<13', 'app=web,weight', ' app = web '])
    assert.ok(selects(text, web), text);
  for (const text of ['app=api', 'app!=web', '!app', 'canary', 'canary in (yes)', 'weight>12', 'app>1', 'app='])
    assert.ok(!selects(text, web), text);
  assert.ok(!selects('toString', {}), 'an inherited property is no label');
});

test('a label selector that cannot be read is refused with the place', () => {
  for (const text of [
    '=',
    ',',
    'a=b,',
    'a in',
    'a in (',
    'a in (b',
    'a b',
    'a=b c',
    'a=(',
    '!',
    'a!',
    'a>x',
    '-a=b',
    'a=-',
  ])
    assert.throws(
      () => parseLabelSelector(text),
      { code: 'bad-request', message: /^unable to parse requirement: / },
      text,
    );
  assert.throws(() => parseLabelSelector('a'.repeat(20_000)), { code: 'bad-request' });
});

test('printing a label selector and reading it again gives the same', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const requirement = fc.oneof(
    fc.record({
      key: word,
      operator: fc.constantFrom('In' as const, 'NotIn' as const),
      values: fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).map((values) => values.sort()),
    }),
    fc.record({
      key: word,
      operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
      values: fc.constant([]),
    }),
  );
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 6 }), (selector) => {
      assert.deepEqual(parseLabelSelector(printLabelSelector(selector)), plain(selector));
    }),
  );
});

test('a workload selector becomes conditions; a missing one selects nothing', () => {
  const selector = labelSelectorOf({
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['a', 'b'] }],
  });
  assert.equal(printLabelSelector(selector!), 'app=web,tier notin (a,b)');
  assert.equal(labelSelectorOf(undefined), undefined);
  assert.throws(() => labelSelectorOf({ matchExpressions: [{ key: 'a', operator: 'Like' }] }), { code: 'bad-request' });
});

test('field selectors: equal, not equal, escapes', () => {
  const fields = (field: string) => ({ 'status.phase': 'Running', odd: 'a,b=c\\d' })[field] ?? '';
  const selected = (text: string) => matchesFields(parseFieldSelector(text), fields);
  for (const text of ['', 'status.phase=Running', 'status.phase==Running', 'status.phase!=Failed', 'spec.nodeName='])
    assert.ok(selected(text), text);
  assert.ok(selected('odd=a\\,b\\=c\\\\d,status.phase=Running'));
  assert.ok(!selected('status.phase=Running,status.phase=Failed'));
  for (const text of ['phase', '=x', 'a=b=c', 'a=\\x', 'a=b\\'])
    assert.throws(() => parseFieldSelector(text), { code: 'bad-request' }, text);
});

test('printing a field selector and reading it again gives the same', () => {
  const requirement = fc.record({
    field: fc.stringMatching(/^[a-z][a-z.]{0,8}$/),
    equal: fc.boolean(),
    value: fc.string({ maxLength: 12 }),
  });
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 5 }), (selector) => {
      assert.deepEqual(parseFieldSelector(printFieldSelector(selector)), plain(selector));
    }),
  );
});
