import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RequestAttributes } from '../../../kubernetes/serve/serve.ts';
import { allows, missingRules, type PolicyRule, printRule } from './rules.ts';

const asked = (verb: string, plural: string, more: Partial<RequestAttributes> = {}): RequestAttributes => ({
  verb,
  group: '',
  version: 'v1',
  plural,
  subresource: '',
  namespace: '',
  name: '',
  ...more,
});

test('a rule is about its verbs, groups, resources, subresources and names, and about nothing else', () => {
  const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods', '*/scale'], resourceNames: ['a'] };
  assert.ok(allows(rule, asked('get', 'pods', { name: 'a' })));
  assert.ok(allows(rule, asked('get', 'anything', { subresource: 'scale', name: 'a' })));
  for (const other of [
    asked('list', 'pods', { name: 'a' }),
    asked('get', 'pods', { name: 'a', group: 'apps' }),
    asked('get', 'pods', { name: 'a', subresource: 'log' }),
    asked('get', 'pods', { name: 'b' }),
    asked('get', 'pods'),
    asked('get', '', { path: '/pods' }),
  ])
    assert.ok(!allows(rule, other), JSON.stringify(other));
});

test('a path ends with a star, or is that path alone', () => {
  const rule = { verbs: ['get'], nonResourceURLs: ['/metrics', '/healthz/*'] };
  const read = (path: string) => allows(rule, asked('get', '', { path }));
  assert.deepEqual(['/metrics', '/metrics/x', '/healthz/etcd', '/healthz', '/'].map(read), [
    true,
    false,
    true,
    false,
    false,
  ]);
  assert.ok(allows({ verbs: ['*'], nonResourceURLs: ['*'] }, asked('post', '', { path: '/anything' })));
  assert.ok(!allows({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, asked('get', '', { path: '/metrics' })));
});

test('what is missing is said verb by verb, as the API server prints it', () => {
  const held = [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }];
  const missing = missingRules(held, [{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods', 'secrets'] }]);
  assert.deepEqual(missing.map(printRule), [
    '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["delete"]}',
  ]);
  const named = { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] };
  assert.deepEqual(missingRules(held, [named]), []);
  assert.equal(missingRules([named], [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]).length, 1);
});

const some = (...values: string[]) => fc.subarray(values, { minLength: 1 });
const verbs = ['get', 'list', 'delete'];
const rules = fc.array(
  fc.oneof(
    fc.record({
      verbs: some(...verbs, '*'),
      apiGroups: some('', 'apps', '*'),
      resources: some('pods', 'pods/log', 'nodes', '*', '*/log'),
      resourceNames: fc.subarray(['a', 'b']),
    }),
    fc.record({ verbs: some(...verbs, '*'), nonResourceURLs: some('/a', '/a/*', '/a/b', '*') }),
  ),
  { maxLength: 3 },
) as fc.Arbitrary<PolicyRule[]>;
const questions = fc.oneof(
  fc.record({
    verb: fc.constantFrom(...verbs),
    group: fc.constantFrom('', 'apps', 'other'),
    version: fc.constant('v1'),
    plural: fc.constantFrom('pods', 'nodes', 'others'),
    subresource: fc.constantFrom('', 'log', 'other'),
    namespace: fc.constant(''),
    name: fc.constantFrom('', 'a', 'b', 'c'),
  }),
  fc
    .record({ verb: fc.constantFrom(...verbs), path: fc.constantFrom('/a', '/a/b', '/a/c', '/z') })
    .map(({ verb, path }): RequestAttributes => asked(verb, '', { path })),
);

test('who may grant rules could do all that the rules allow', () => {
  fc.assert(
    fc.property(rules, rules, questions, (held, wanted, question) => {
      if (missingRules(held, wanted).length > 0 || !wanted.some((rule) => allows(rule, question))) return;
      assert.ok(held.some((rule) => allows(rule, question)));
    }),
    { numRuns: 2000 },
  );
});

test('everybody may grant what they have', () => {
  fc.assert(fc.property(rules, (held) => assert.deepEqual(missingRules(held, held), [])));
});
