/** Prints the paths of resources: which verbs there are, on which kind, and the parameters by which clients recognise what a server can do. */
import { type Dialect, type OpenApiNode, referenceTo } from './openapi-definitions.ts';
import type { GroupVersionKind } from './schema.ts';

/** What is served, as discovery tells it. */
export interface ServedResource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  subresources?: readonly {
    name: string;
    kind: string;
    group?: string;
    version?: string;
    verbs: readonly string[];
  }[];
}

type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';
/** The OpenAPI name of a definition; undefined where the kind has no description. */
export type DefinitionName = (gvk: GroupVersionKind) => string | undefined;

interface Endpoint {
  path: string;
  methods: [Method, string][];
  gvk: GroupVersionKind;
}

const collectionMethods: [Method, string][] = [
  ['get', 'list'],
  ['post', 'create'],
  ['delete', 'deletecollection'],
];
const itemMethods: [Method, string][] = [
  ['get', 'get'],
  ['put', 'update'],
  ['delete', 'delete'],
  ['patch', 'patch'],
];
const subresourceMethods: [Method, string][] = [...itemMethods, ['post', 'create']];

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const listParameters = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'pretty',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];
const parametersByVerb: Record<string, readonly string[]> = {
  list: listParameters,
  deletecollection: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy', ...listParameters],
  create: writeParameters,
  update: writeParameters,
  patch: ['force', ...writeParameters],
  delete: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy', 'pretty'],
};
const integerParameters: ReadonlySet<string> = new Set(['limit', 'timeoutSeconds', 'gracePeriodSeconds']);
const flagParameters: ReadonlySet<string> = new Set(['watch', 'force', 'allowWatchBookmarks', 'sendInitialEvents']);

export function pathsOf(resources: readonly ServedResource[], dialect: Dialect, nameOf: DefinitionName): OpenApiNode {
  const paths: OpenApiNode = {};
  for (const endpoint of resources.flatMap(endpointsOf)) {
    const item: OpenApiNode = { parameters: pathParameters(endpoint.path, dialect) };
    for (const [method, verb] of endpoint.methods) item[method] = operation(endpoint, method, verb, dialect, nameOf);
    paths[endpoint.path] = item;
  }
  return paths;
}

function endpointsOf(resource: ServedResource): Endpoint[] {
  const { group, version, plural, kind } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = resource.namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const gvk = { group, version, kind };
  const allowed = (methods: [Method, string][], verbs: readonly string[]) =>
    methods.filter(([, verb]) => verbs.includes(verb));
  const endpoints: Endpoint[] = [
    { path: collection, methods: allowed(collectionMethods, resource.verbs), gvk },
    { path: `${collection}/{name}`, methods: allowed(itemMethods, resource.verbs), gvk },
  ];
  if (resource.namespaced) {
    endpoints.push({ path: `${root}/${plural}`, methods: allowed([['get', 'list']], resource.verbs), gvk });
  }
  for (const subresource of resource.subresources ?? []) {
    endpoints.push({
      path: `${collection}/{name}/${subresource.name}`,
      methods: allowed(subresourceMethods, subresource.verbs),
      gvk: { group: subresource.group ?? group, version: subresource.version ?? version, kind: subresource.kind },
    });
  }
  return endpoints.filter((endpoint) => endpoint.methods.length > 0);
}

function operation(
  endpoint: Endpoint,
  method: Method,
  verb: string,
  dialect: Dialect,
  nameOf: DefinitionName,
): OpenApiNode {
  const { gvk, path } = endpoint;
  const answered = nameOf(verb === 'list' ? { ...gvk, kind: `${gvk.kind}List` } : gvk);
  const taken = method === 'post' || method === 'put' ? nameOf(gvk) : undefined;
  const parameters = (parametersByVerb[verb] ?? ['pretty']).map((name) => queryParameter(name, dialect));
  const node: OpenApiNode = { operationId: operationId(verb, path), parameters };
  if (taken !== undefined && dialect === 'v3') node.requestBody = { required: true, content: content(taken) };
  if (taken !== undefined && dialect === 'v2') {
    parameters.unshift({ name: 'body', in: 'body', required: true, schema: { $ref: referenceTo(taken, 'v2') } });
  }
  node.responses = { '200': response(answered, dialect) };
  node['x-kubernetes-action'] = method === 'put' || verb === 'update' ? 'put' : verb === 'create' ? 'post' : verb;
  node['x-kubernetes-group-version-kind'] = { group: gvk.group, kind: gvk.kind, version: gvk.version };
  return node;
}

function response(definition: string | undefined, dialect: Dialect): OpenApiNode {
  if (definition === undefined) return { description: 'OK' };
  if (dialect === 'v3') return { description: 'OK', content: content(definition) };
  return { description: 'OK', schema: { $ref: referenceTo(definition, 'v2') } };
}

function content(definition: string): OpenApiNode {
  return { 'application/json': { schema: { $ref: referenceTo(definition, 'v3') } } };
}

function queryParameter(name: string, dialect: Dialect): OpenApiNode {
  const type = integerParameters.has(name) ? 'integer' : flagParameters.has(name) ? 'boolean' : 'string';
  const schema = { type, uniqueItems: true };
  return dialect === 'v3' ? { name, in: 'query', schema } : { name, in: 'query', ...schema };
}

function pathParameters(path: string, dialect: Dialect): OpenApiNode[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const head = { name: name!, in: 'path', required: true };
    return dialect === 'v3' ? { ...head, schema: { type: 'string' } } : { ...head, type: 'string' };
  });
}

/** Unique by construction: the verb and the path, which no other operation shares. */
function operationId(verb: string, path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && !part.startsWith('{') && part !== 'apis');
  const scope = path.includes('{namespace}') ? 'Namespaced' : '';
  const words = parts
    .map((part) => part.replace(/[^A-Za-z0-9]+/g, ''))
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  return `${verb}${scope}${words.join('')}${path.endsWith('{name}') || path.includes('{name}/') ? 'Item' : ''}`;
}
