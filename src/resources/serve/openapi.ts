import { openApiV2Protobuf } from '../../kubernetes/schema/openapi-v2-protobuf.ts';
import type { OpenApiDocuments } from '../../kubernetes/serve/serve.ts';
import { apiVersion, group, type Kind, version } from './form.ts';

type Node = Record<string, unknown>;
type Dialect = 'v2' | 'v3';

const own = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const refs = { v2: '#/definitions/', v3: '#/components/schemas/' };
const kinds: readonly [Kind, string][] = [
  ['NodeMetrics', 'nodes'],
  ['PodMetrics', 'pods'],
];

/** The documents behind /openapi/v2 and /openapi/v3: two kinds, their lists, and what these are made of. */
export const metricsOpenApi: OpenApiDocuments = {
  v2: () => v2Document(),
  v2Protobuf: () => openApiV2Protobuf(v2Document()),
  v3: () => ({
    openapi: '3.0.0',
    info,
    paths: paths('v3'),
    components: { schemas: definitions('v3') },
  }),
};

const info = { title: 'Taffrail metrics-server', version: 'v0' };

function v2Document(): Node {
  return { swagger: '2.0', info, paths: paths('v2'), definitions: definitions('v2') };
}

const text = (description: string, more: Node = {}): Node => ({ description, type: 'string', ...more });
const gvk = (kind: string) => ({ 'x-kubernetes-group-version-kind': [{ group, kind, version }] });
const typed = { apiVersion: text('Group and version of this object.'), kind: text('Kind of this object.') };
const usage: Node = {
  description: 'CPU in cores, averaged over the window; memory is the working set in bytes.',
  type: 'object',
  additionalProperties: { type: 'string' },
};

function definitions(dialect: Dialect): Node {
  const ref = (name: string) => ({ $ref: `${refs[dialect]}${name}` });
  const measured = {
    ...typed,
    metadata: ref(`${meta}.ObjectMeta`),
    timestamp: text('End of the window: when the later point was taken.', { format: 'date-time' }),
    window: text('Length of the window over which CPU was averaged.'),
  };
  const required = ['timestamp', 'window'];
  const object = (description: string, properties: Node, more: Node = {}): Node => ({
    description,
    type: 'object',
    properties,
    ...more,
  });
  const containers = { type: 'array', items: ref(`${own}.ContainerMetrics`), 'x-kubernetes-list-type': 'atomic' };
  const list = (kind: Kind) =>
    object(
      `A list of ${kind} objects.`,
      { ...typed, metadata: ref(`${meta}.ListMeta`), items: { type: 'array', items: ref(`${own}.${kind}`) } },
      { required: ['items'], ...gvk(`${kind}List`) },
    );
  return {
    [`${own}.ContainerMetrics`]: object(
      'What a container uses.',
      { name: text('Name of the container in the pod.'), usage },
      { required: ['name', 'usage'] },
    ),
    [`${own}.NodeMetrics`]: object(
      'What a node uses.',
      { ...measured, usage },
      { required: [...required, 'usage'], ...gvk('NodeMetrics') },
    ),
    [`${own}.NodeMetricsList`]: list('NodeMetrics'),
    [`${own}.PodMetrics`]: object(
      'What the containers of a pod use.',
      { ...measured, containers: { description: 'All running containers of the pod.', ...containers } },
      { required: [...required, 'containers'], ...gvk('PodMetrics') },
    ),
    [`${own}.PodMetricsList`]: list('PodMetrics'),
    [`${meta}.ObjectMeta`]: object('Facts about the object itself.', {
      name: text('Name of the pod or node.'),
      namespace: text('Namespace of the pod.'),
      creationTimestamp: text('When this answer was made.', { format: 'date-time' }),
      labels: {
        description: 'Labels of the pod or node.',
        type: 'object',
        additionalProperties: { type: 'string' },
      },
    }),
    [`${meta}.ListMeta`]: object('Facts about the list.', { resourceVersion: text('Always empty.') }),
  };
}

function paths(dialect: Dialect): Node {
  const root = `/apis/${apiVersion}`;
  const entries = kinds.flatMap(([kind, plural]) => {
    const collection = plural === 'pods' ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
    const everywhere = plural === 'pods' ? [[`${root}/pods`, 'list', kind] as const] : [];
    return [[collection, 'list', kind] as const, [`${collection}/{name}`, 'get', kind] as const, ...everywhere];
  });
  return Object.fromEntries(entries.map(([path, verb, kind]) => [path, operation(path, verb, kind, dialect)]));
}

function operation(path: string, verb: 'get' | 'list', kind: Kind, dialect: Dialect): Node {
  const schema = { $ref: `${refs[dialect]}${own}.${kind}${verb === 'list' ? 'List' : ''}` };
  const content = { content: { 'application/json': { schema } } };
  const scope = path.includes('{namespace}') ? 'Namespaced' : '';
  return {
    parameters: pathParameters(path, dialect),
    get: {
      operationId: `${verb}${scope}${kind}`,
      parameters: queryParameters(verb, dialect),
      responses: { 200: { description: 'OK', ...(dialect === 'v3' ? content : { schema }) } },
      'x-kubernetes-action': verb,
      'x-kubernetes-group-version-kind': { group, kind, version },
    },
  };
}

const typing = { v2: { type: 'string' }, v3: { schema: { type: 'string' } } };

function pathParameters(path: string, dialect: Dialect): Node[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, ...typing[dialect] }));
}

function queryParameters(verb: 'get' | 'list', dialect: Dialect): Node[] {
  const names = verb === 'list' ? ['fieldSelector', 'labelSelector', 'pretty'] : ['pretty'];
  return names.map((name) => ({ name, in: 'query', ...typing[dialect] }));
}
