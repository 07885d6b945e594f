import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import type { KubeObject } from '../client/client.ts';
import { createSchemas } from './registry.ts';

const schemas = createSchemas();
const pods = { group: '', version: 'v1', kind: 'Pod' };
const deployments = { group: 'apps', version: 'v1', kind: 'Deployment' };

function mergedSpec(spec: object, patch: object): Record<string, unknown> {
  return schemas.strategicMerge(pods, { metadata: { name: 'a' }, spec } as KubeObject, { spec: patch }).spec;
}

test('containers are merged by name, others stay', () => {
  const spec = {
    containers: [
      { name: 'a', image: 'x', env: [{ name: 'E', value: '1' }] },
      { name: 'b', image: 'y' },
    ],
  };
  assert.deepEqual(
    mergedSpec(spec, {
      containers: [
        { name: 'a', image: 'z' },
        { name: 'c', image: 'n' },
      ],
    }).containers,
    [
      { name: 'a', image: 'z', env: [{ name: 'E', value: '1' }] },
      { name: 'b', image: 'y' },
      { name: 'c', image: 'n' },
    ],
  );
});

test('a list without a merge key is replaced', () => {
  const spec = { tolerations: [{ key: 'a' }, { key: 'b' }] };
  assert.deepEqual(mergedSpec(spec, { tolerations: [{ key: 'c' }] }).tolerations, [{ key: 'c' }]);
});

test('null removes a field, also deep inside, and means nothing where there is none', () => {
  const spec = { nodeSelector: { a: 'x', b: 'y' } };
  assert.deepEqual(mergedSpec(spec, { nodeSelector: { a: null, c: null }, affinity: { podAffinity: null } }), {
    nodeSelector: { b: 'y' },
    affinity: {},
  });
});

test('$patch: delete takes an item out by its key', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }] };
  assert.deepEqual(mergedSpec(spec, { containers: [{ name: 'a', $patch: 'delete' }] }).containers, [{ name: 'b' }]);
});

test('$patch: replace in a list replaces the list, in an object the object', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }], nodeSelector: { a: 'x' } };
  const patch = { containers: [{ $patch: 'replace' }, { name: 'c' }], nodeSelector: { $patch: 'replace', b: 'y' } };
  assert.deepEqual(mergedSpec(spec, patch), { containers: [{ name: 'c' }], nodeSelector: { b: 'y' } });
});

test('$retainKeys drops what it does not name, as for a changed volume source or strategy', () => {
  const spec = { volumes: [{ name: 'v', emptyDir: {} }] };
  const patch = { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] };
  assert.deepEqual(mergedSpec(spec, patch).volumes, [{ name: 'v', hostPath: { path: '/x' } }]);
  const deployment = { metadata: { name: 'd' }, spec: { strategy: { type: 'RollingUpdate', rollingUpdate: {} } } };
  const change = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
  assert.deepEqual(schemas.strategicMerge(deployments, deployment, change).spec.strategy, { type: 'Recreate' });
});

test('$retainKeys that forgets a field of the patch is refused', () => {
  assert.throws(
    () => mergedSpec({}, { securityContext: { $retainKeys: ['runAsUser'], runAsGroup: 1 } }),
    /at spec\.securityContext: \$retainKeys must name runAsGroup/,
  );
});

test('$deleteFromPrimitiveList takes plain values out, and a merged list of plain values grows without doubles', () => {
  const object = { metadata: { name: 'a', finalizers: ['x', 'y'] } };
  const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'], finalizers: ['y', 'z'] } };
  assert.deepEqual(schemas.strategicMerge(pods, object, patch).metadata.finalizers, ['y', 'z']);
});

test('$setElementOrder orders what it names; what only the server has keeps its place', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'server' }, { name: 'b' }] };
  const patch = {
    '$setElementOrder/containers': [{ name: 'new' }, { name: 'b' }, { name: 'a' }],
    containers: [{ name: 'new' }],
  };
  const names = (mergedSpec(spec, patch).containers as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ['new', 'server', 'b', 'a']);
});

test('$setElementOrder alone orders a list', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }] };
  const patch = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
  assert.deepEqual(mergedSpec(spec, patch).containers, [{ name: 'b' }, { name: 'a' }]);
});

test('an item without its merge key is refused with its place', () => {
  assert.throws(
    () => mergedSpec({ containers: [] }, { containers: [{ image: 'x' }] }),
    /spec\.containers: every item needs/,
  );
});

test('the original and the patch stay as they are', () => {
  const original = { metadata: { name: 'a' }, spec: { containers: [{ name: 'a', args: ['x'] }] } };
  const patch = { spec: { containers: [{ name: 'a', args: ['y'] }] } };
  const before = structuredClone({ original, patch });
  schemas.strategicMerge(pods, original, patch);
  assert.deepEqual({ original, patch }, before);
});

test('a patch that is not an object is refused', () => {
  assert.throws(() => schemas.strategicMerge(pods, { metadata: { name: 'a' } }, []), /must be an object/);
});

test('long lists are merged and ordered in a time that grows with their length only', () => {
  const items = Array.from({ length: 20_000 }, (_, at) => ({ name: `n${at}` }));
  const patch = {
    '$setElementOrder/containers': items.toReversed(),
    containers: items.map((item) => ({ ...item, image: 'x' })),
  };
  const startedMs = performance.now();
  const merged = mergedSpec({ containers: items }, patch).containers as object[];
  assert.deepEqual(merged[0], { name: 'n19999', image: 'x' });
  const finalizers = items.map(({ name }) => name);
  schemas.strategicMerge(
    pods,
    { metadata: { name: 'a', finalizers } },
    { metadata: { finalizers: finalizers.toReversed() } },
  );
  assert.ok(performance.now() - startedMs < 5000);
});

const directive = fc.constantFrom('replace', 'delete', 'merge', 'x');
const container = fc.record(
  { name: fc.constantFrom('a', 'b', 'c'), image: fc.constantFrom('x', 'y', null), $patch: directive },
  { requiredKeys: [], noNullPrototype: true },
);
const anyPatch = fc.record(
  {
    containers: fc.oneof(fc.array(container, { maxLength: 3 }), fc.constantFrom(null, 1)),
    '$setElementOrder/containers': fc.oneof(fc.array(container, { maxLength: 3 }), fc.constant('x')),
    nodeSelector: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.constantFrom('1', null)),
    $retainKeys: fc.oneof(fc.array(fc.constantFrom('containers', 'nodeSelector', 'volumes')), fc.constant(1)),
    '$deleteFromPrimitiveList/containers': fc.array(fc.jsonValue()),
    $patch: directive,
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('any patch is applied or refused as a bad request, and touches neither the original nor a prototype', () => {
  const original = { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', image: 'x' }, { name: 'b' }] } };
  const before = structuredClone(original);
  fc.assert(
    fc.property(anyPatch, (spec) => {
      try {
        schemas.strategicMerge(pods, original, { spec });
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'bad-request') throw error;
      }
      assert.deepEqual(original, before);
      assert.deepEqual(Object.keys(Object.prototype), []);
    }),
  );
});

test('a patch without directives gives the same when it is applied again', () => {
  const plain = fc.record({
    containers: fc.array(
      fc.record({ name: fc.constantFrom('a', 'b', 'c'), image: fc.constantFrom('x', 'y') }, { noNullPrototype: true }),
    ),
  });
  fc.assert(
    fc.property(plain, (spec) => {
      const once = schemas.strategicMerge(
        pods,
        { metadata: { name: 'p' }, spec: { containers: [{ name: 'a' }] } },
        { spec },
      );
      assert.deepEqual(schemas.strategicMerge(pods, once, { spec }), once);
    }),
  );
});
