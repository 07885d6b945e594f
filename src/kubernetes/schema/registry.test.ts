import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/fault.ts';
import { createSchemas } from './registry.ts';

const schemas = createSchemas();
const pods = { group: '', version: 'v1', kind: 'Pod' };
const pod = (spec: object) => ({
  metadata: { name: 'a' },
  spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec },
});

test('kinds of meta/v1 are found in every group and version, others only in their own', () => {
  assert.ok(schemas.has({ group: 'apps', version: 'v1', kind: 'DeleteOptions' }));
  assert.ok(schemas.has({ group: '', version: 'v1', kind: 'PodList' }));
  assert.ok(!schemas.has({ group: 'apps', version: 'v1', kind: 'Pod' }));
});

test('a misspelt field is named with its full path', () => {
  const object = pod({ containers: [{ name: 'c', imagee: 'x', env: [{ nam: 'y' }] }], '': 1 });
  assert.deepEqual(schemas.unknownFields(pods, object), [
    'spec.containers[0].imagee',
    'spec.containers[0].env[0].nam',
    'spec.',
  ]);
});

test('labels may have any key', () => {
  assert.deepEqual(schemas.unknownFields(pods, { metadata: { labels: { spec: 'x' } } }), []);
});

test('apiVersion and kind belong to the outermost object only', () => {
  const object = pod({ apiVersion: 'v1' });
  assert.deepEqual(schemas.unknownFields(pods, { apiVersion: 'v1', kind: 'Pod', ...object }), ['spec.apiVersion']);
});

test('a wrong type is refused with what is wanted', () => {
  const object = pod({ terminationGracePeriodSeconds: '30' });
  assert.deepEqual(schemas.typeErrors(pods, object), [
    {
      field: 'spec.terminationGracePeriodSeconds',
      reason: 'FieldValueTypeInvalid',
      message: 'must be an integer, not "30"',
    },
  ]);
});

test('a missing spec is refused by the innermost field that is wanted', () => {
  assert.deepEqual(
    schemas.typeErrors(pods, { metadata: { name: 'a' } }).map(({ field }) => field),
    ['spec.containers'],
  );
});

test('a status may be incomplete', () => {
  assert.deepEqual(schemas.typeErrors(pods, { ...pod({}), status: { containerStatuses: [{ name: 'c' }] } }), []);
  assert.deepEqual(schemas.typeErrors({ group: '', version: 'v1', kind: 'Node' }, { metadata: { name: 'n' } }), []);
});

test('an integer that does not fit 32 bits and a quantity that is none are refused', () => {
  const object = pod({
    containers: [
      { name: 'c', image: 'i', ports: [{ containerPort: 2 ** 31 }], resources: { limits: { cpu: 'much' } } },
    ],
  });
  assert.deepEqual(
    schemas.typeErrors(pods, object).map(({ field }) => field),
    ['spec.containers[0].ports[0].containerPort', 'spec.containers[0].resources.limits.cpu'],
  );
});

test('an object that is nested too deep is refused, not walked', () => {
  let deep: unknown = {};
  for (let depth = 0; depth < 100_000; depth += 1) deep = { a: deep };
  assert.throws(() => schemas.normalized(pods, deep as never), isBadRequest);
  assert.throws(() => schemas.unknownFields(pods, deep), isBadRequest);
});

test('an unknown kind is refused by name', () => {
  assert.throws(
    () => schemas.typeErrors({ group: 'x', version: 'v1', kind: 'Y' }, {}),
    /no kind "Y" is registered for x\/v1/,
  );
});

function isBadRequest(error: unknown): boolean {
  return error instanceof Fault && error.code === 'bad-request';
}
