import type { Answer, ApiRequest, ApiVersion } from './api.ts';
import { attributesOfPath, isWatch, verbOf } from './attributes.ts';
import type { Resource, Target } from './backing.ts';
import type { ServeLimits } from './limits.ts';
import { parseResourcePath, type ResourcePath } from './path.ts';
import { unknownPath } from './status.ts';
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
  const verb = verbOf(request.method, path, isWatch(request.method, request.query));
  // An object that is in a namespace is not to be had without it; its collection is, over all namespaces.
  if (resource.info.namespaced && path.namespace === '' && path.name !== '' && verb !== 'watch') throw unknownPath();
  const { group, version } = resource.info;
  await request.authorize({ ...attributesOfPath(path, verb, request.query), group, version });
  if (path.subresource.length > 0) return handleSubresource(request, resource, target, path.subresource, verb);
  return handleVerb(request, resource, target, verb, options);
}
