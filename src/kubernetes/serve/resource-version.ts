import type { Answer, ApiRequest, ApiVersion } from './api.ts';
import type { Resource, Target } from './backing.ts';
import type { ServeLimits } from './limits.ts';
import { parseResourcePath, type ResourcePath } from './path.ts';
import { methodNotAllowed, unknownPath } from './status.ts';
import { handleSubresource } from './subresource-verbs.ts';
import { handleVerb } from './verbs.ts';

export interface ResourceVersionOptions {
  group: string;
  version: string;
  resources: readonly Resource[];
  limits: ServeLimits;
  /** A watcher was cut off because it did not read. */
  onWatchCut(plural: string): void;
}

/** A group and version whose resources are objects with the usual verbs. */
export function createResourceVersion(options: ResourceVersionOptions): ApiVersion {
  const byPlural = new Map(options.resources.map((resource) => [resource.info.plural, resource]));
  const ofNamespaces = new Set(byPlural.get('namespaces')?.info.subresources.map(({ name }) => name) ?? []);
  const infos = options.resources.map(({ info }) => info);
  return {
    group: options.group,
    version: options.version,
    resources: () => infos,
    handle: (request) => {
      const path = parseResourcePath(request.rest, ofNamespaces);
      const resource = byPlural.get(path.plural);
      if (!resource || (path.namespace !== '' && !resource.info.namespaced)) throw unknownPath();
      return handle(request, resource, path, options);
    },
  };
}

async function handle(
  request: ApiRequest,
  resource: Resource,
  path: ResourcePath,
  options: ResourceVersionOptions,
): Promise<Answer> {
  const target: Target = { namespace: path.namespace, name: path.name };
  const watch = request.method === 'GET' && ['true', '1'].includes(request.query.get('watch') ?? '');
  const verb = verbOf(request.method, path, watch);
  // An object that is in a namespace is not to be had without it; its collection is, over all namespaces.
  if (resource.info.namespaced && path.namespace === '' && path.name !== '' && verb !== 'watch') throw unknownPath();
  await request.authorize({
    verb,
    group: resource.info.group,
    version: resource.info.version,
    plural: path.plural,
    subresource: path.subresource[0] ?? '',
    namespace: path.plural === 'namespaces' && path.name !== '' ? path.name : path.namespace,
    name: path.name,
  });
  if (path.subresource.length > 0) return handleSubresource(request, resource, target, path.subresource, verb);
  return handleVerb(request, resource, target, verb, options);
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

function verbOf(method: string, { name }: ResourcePath, watch: boolean): Verb {
  if (method === 'GET' || method === 'HEAD') return watch ? 'watch' : name === '' ? 'list' : 'get';
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  throw methodNotAllowed();
}
