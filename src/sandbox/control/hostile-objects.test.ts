import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { kinds } from './kinds/kinds.ts';
import { type Called, podNamed, podsPath, type StartedPlane, startPlane } from './started-plane.ts';

const reviewPaths = [
  '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  '/apis/authentication.k8s.io/v1/tokenreviews',
];

const collectionOf = ({ group, version, plural, namespaced }: (typeof kinds)[number]['info']) =>
  `${group === '' ? '/api' : `/apis/${group}`}/${version}${namespaced ? '/namespaces/default' : ''}/${plural}`;

/** A refusal is an answer; a failure of ours is not. */
function assertAnswered(called: Called, what: string): void {
  assert.ok(called.code < 500, `${called.code} to ${what}: ${called.text}`);
}

test('reviews with parts missing, null or of another shape are answered', async (t) => {
  const plane = await startPlane(t);
  for (const path of reviewPaths)
    for (const part of [null, 5, 'x', [], {}, [null]])
      for (const spec of [
        part,
        { user: part, token: part },
        { user: 'a', groups: part },
        { user: 'a', resourceAttributes: part },
      ])
        assertAnswered(await plane.call('POST', path, { body: { spec } }), `${path} ${JSON.stringify(spec)}`);
});

test('objects with parts missing, null or of another shape are answered, whatever the kind', async (t) => {
  const plane = await startPlane(t);
  const parts = [
    undefined,
    null,
    {},
    [],
    '',
    'x',
    0,
    -1,
    true,
    { spec: {} },
    { containers: [null] },
    { template: null },
  ];
  for (const { info } of kinds) {
    for (const [at, part] of parts.entries()) {
      const name = `x${at}`;
      const shapes = [
        { metadata: { name }, spec: part, status: part, data: part, subsets: part },
        { metadata: { name, labels: part, annotations: part, finalizers: part, ownerReferences: part } },
        { metadata: part, spec: { selector: part, template: part, ports: part, containers: part, replicas: part } },
        { metadata: { name: part, generateName: part, namespace: part } },
      ];
      for (const body of shapes)
        assertAnswered(await plane.call('POST', collectionOf(info), { body }), `${info.kind} ${JSON.stringify(body)}`);
    }
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    assertAnswered(await plane.call('GET', collectionOf(info), { headers: { accept } }), `the table of ${info.plural}`);
  }
});

const field = fc.constantFrom(
  'metadata',
  'spec',
  'status',
  'data',
  'containers',
  'name',
  'template',
  'selector',
  'matchLabels',
  'labels',
  'ports',
  'image',
  'env',
  'volumes',
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e30, '', 'a', 'A b', '\u0000', '$patch', 'delete'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(field, tie('value'), { maxKeys: 4 }),
  ),
}));

/** The pod, made again where a patch has led to its removal. */
async function pod(plane: StartedPlane): Promise<void> {
  await plane.call('POST', podsPath, { body: podNamed('a') });
}

test('no patch, whatever it is, makes the server fail', async (t) => {
  const plane = await startPlane(t);
  await pod(plane);
  const operation = fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
    path: fc.constantFrom('/spec', '/metadata', '/spec/containers/0', '/spec/containers/-', '', '/a/b', 'x'),
    from: fc.constantFrom('/spec', '/metadata/name', ''),
    value,
  });
  const patch = fc.oneof(
    fc.record({
      kind: fc.constantFrom('merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'),
      body: value,
    }),
    fc.record({ kind: fc.constant('json-patch+json'), body: fc.array(operation, { maxLength: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(patch, fc.constantFrom('', '/status'), async ({ kind, body }, subresource) => {
      const headers = { 'content-type': `application/${kind}` };
      const called = await plane.call('PATCH', `${podsPath}/a${subresource}`, { body: JSON.stringify(body), headers });
      assertAnswered(called, `${kind} ${JSON.stringify(body)}`);
      await pod(plane);
    }),
    { numRuns: 200 },
  );
});

test('no body, whatever it is, makes the server fail', async (t) => {
  const plane = await startPlane(t);
  const collections = kinds.map(({ info }) => collectionOf(info));
  const subresources = ['status', 'binding', 'eviction', 'scale', 'finalize'].map((name) => `${podsPath}/a/${name}`);
  await pod(plane);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...collections, ...subresources),
      fc.constantFrom('POST', 'PUT'),
      value,
      async (path, method, body) => {
        assertAnswered(
          await plane.call(method, path, { body: JSON.stringify(body) }),
          `${method} ${path} ${JSON.stringify(body)}`,
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('no query, whatever it is, makes the server fail', async (t) => {
  const plane = await startPlane(t);
  await pod(plane);
  const names = [
    'labelSelector',
    'fieldSelector',
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'timeoutSeconds',
    'dryRun',
    'fieldValidation',
    'gracePeriodSeconds',
    'propagationPolicy',
    'includeObject',
    'pretty',
    'container',
    'tailLines',
    'sinceTime',
  ];
  const query = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(fc.string(), fc.constantFrom('0', '-1', 'true', 'a=b', 'a in (b)', 'All', 'Strict')),
    { maxKeys: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(podsPath, `${podsPath}/a`, `${podsPath}/a/log`), query, async (path, given) => {
      assertAnswered(
        await plane.call('GET', `${path}?${new URLSearchParams(given)}`),
        `${path} ${JSON.stringify(given)}`,
      );
    }),
    { numRuns: 300 },
  );
});
