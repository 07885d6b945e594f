import assert from 'node:assert/strict';
import { test } from 'node:test';
import { negotiate, parseAccept } from './negotiation.ts';
import { objectViews } from './verbs.ts';

const kubectlGet =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

test('a table is given to who asks for one, the object to everybody else', () => {
  assert.deepEqual(negotiate(kubectlGet, objectViews), {
    format: 'json',
    as: { kind: 'Table', group: 'meta.k8s.io', version: 'v1' },
    pretty: false,
  });
  assert.equal(negotiate('application/json', objectViews).as, undefined);
  assert.equal(negotiate(undefined, objectViews).format, 'json');
  assert.equal(negotiate('*/*', objectViews).format, 'json');
});

test('protobuf falls back on JSON where the client takes it, and is refused where it does not', () => {
  const both =
    'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io';
  assert.equal(negotiate(both, objectViews).as?.kind, 'Table');
  assert.throws(() => negotiate('application/vnd.kubernetes.protobuf', objectViews), {
    code: 406,
    reason: 'NotAcceptable',
  });
  assert.throws(() => negotiate('text/html', objectViews), { code: 406 });
});

test('a view that is not offered is passed over, not answered with something else', () => {
  assert.throws(() => negotiate('application/json;as=Table;v=v9;g=meta.k8s.io', objectViews), { code: 406 });
  assert.equal(negotiate('application/json;as=Table;v=v9;g=meta.k8s.io,application/yaml', objectViews).format, 'yaml');
});

test('quality orders the ranges, and zero excludes', () => {
  assert.equal(negotiate('application/json;q=0.1,application/yaml', objectViews).format, 'yaml');
  assert.deepEqual(
    parseAccept('a/b;q=0, c/d;q=0.5, e/f').map(({ type }) => type),
    ['e/f', 'c/d'],
  );
});
