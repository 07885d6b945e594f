import type { RequestAttributes } from './api.ts';
import { parseResourcePath, type ResourcePath } from './path.ts';
import { methodNotAllowed } from './status.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** The only things below a namespace's own path that are no objects within it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);

/** What a request is asked to be allowed for, read from its path as the API server reads it. */
export function attributesOf(
  { method, rest, query }: { method: string; rest: readonly string[]; query: URLSearchParams },
  of: { group: string; version: string },
): RequestAttributes & { verb: Verb } {
  const path = parseResourcePath(rest, namespaceSubresources);
  const verb = verbOf(method, path, isWatch(method, query));
  return { ...attributesOfPath(path, verb, query), group: of.group, version: of.version, verb };
}

export function attributesOfPath(path: ResourcePath, verb: Verb, query: URLSearchParams): RequestAttributes {
  const isNamespace = path.plural === 'namespaces' && path.name !== '';
  return {
    verb,
    group: '',
    version: '',
    plural: path.plural,
    subresource: path.subresource[0] ?? '',
    namespace: isNamespace ? path.name : path.namespace,
    // A list that can hold one object only is about that object.
    name: path.name === '' ? oneName(query.get('fieldSelector')) : path.name,
  };
}

export function isWatch(method: string, query: URLSearchParams): boolean {
  return method === 'GET' && ['true', '1'].includes(query.get('watch') ?? '');
}

export function verbOf(method: string, { name }: ResourcePath, watch: boolean): Verb {
  if (method === 'GET' || method === 'HEAD') return watch ? 'watch' : name === '' ? 'list' : 'get';
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  throw methodNotAllowed();
}

function oneName(fieldSelector: string | null): string {
  return /(?:^|,)metadata\.name==?([^,!=\\]+)(?:,|$)/.exec(fieldSelector ?? '')?.[1] ?? '';
}
