import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApiV2, openApiV3, type ServedResource } from './openapi.ts';
import { openApiV2Protobuf } from './openapi-v2-protobuf.ts';
import { createSchemas } from './registry.ts';
import { WireReader } from './wire-reader.ts';

const schemas = createSchemas();
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const resources: ServedResource[] = [
  { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true, verbs },
  { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false, verbs },
  {
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    kind: 'Deployment',
    namespaced: true,
    verbs,
    subresources: [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch'] }],
  },
];
// biome-ignore lint/suspicious/noExplicitAny: documents are open trees
const v3 = (group: string): any => openApiV3(schemas, { group, version: 'v1' }, resources);

/** Every `$ref` in a document. */
function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [value as string] : references(value)));
}

test('every reference in the documents leads to a definition', () => {
  for (const group of ['', 'apps']) {
    const document = v3(group);
    const found = references(document);
    assert.ok(found.length > 50);
    for (const ref of found) assert.ok(document.components.schemas[ref.slice('#/components/schemas/'.length)], ref);
  }
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const two: any = openApiV2(schemas, resources);
  for (const ref of references(two)) assert.ok(two.definitions[ref.slice('#/definitions/'.length)], ref);
});

test('kubectl finds the schema of a kind by its group, version and kind', () => {
  const pod = v3('').components.schemas['io.k8s.api.core.v1.Pod'];
  assert.deepEqual(pod['x-kubernetes-group-version-kind'], [{ group: '', kind: 'Pod', version: 'v1' }]);
  assert.deepEqual(v3('').paths['/api/v1/namespaces/{namespace}/pods'].get['x-kubernetes-group-version-kind'], {
    group: '',
    kind: 'Pod',
    version: 'v1',
  });
});

test('a patch takes fieldValidation, by which kubectl sees that the server validates', () => {
  const { parameters } = v3('').paths['/api/v1/nodes/{name}'].patch;
  assert.ok(parameters.some(({ name }: { name: string }) => name === 'fieldValidation'));
});

test('merge keys and required fields are told', () => {
  const spec = v3('').components.schemas['io.k8s.api.core.v1.PodSpec'];
  assert.deepEqual(spec.required, ['containers']);
  assert.equal(spec.properties.containers['x-kubernetes-patch-merge-key'], 'name');
  assert.equal(spec.properties.volumes['x-kubernetes-patch-strategy'], 'merge,retainKeys');
});

test('a subresource is described under the kind that it takes', () => {
  const { get, patch, put } = v3('apps').paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale'];
  assert.equal(get['x-kubernetes-group-version-kind'].kind, 'Scale');
  assert.ok(patch);
  assert.equal(put, undefined);
});

test('operation ids are unique', () => {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const two: any = openApiV2(schemas, resources);
  const ids = Object.values<Record<string, { operationId?: string }>>(two.paths)
    .flatMap((item) => Object.values(item))
    .map(({ operationId }) => operationId)
    .filter((id) => id !== undefined);
  assert.ok(ids.length > 20);
  assert.deepEqual([...new Set(ids)], ids);
});

test('the protobuf form holds the version and all definitions', () => {
  const document = openApiV2(schemas, resources);
  const reader = new WireReader(openApiV2Protobuf(document));
  const names: string[] = [];
  let swagger = '';
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1) swagger = reader.string();
    else if (number === 9) {
      const definitions = reader.message();
      while (!definitions.done) {
        definitions.tag();
        const entry = definitions.message();
        entry.tag();
        names.push(entry.string());
      }
    } else reader.skip(wireType);
  }
  assert.equal(swagger, '2.0');
  assert.deepEqual(names, Object.keys(document.definitions as object));
});
