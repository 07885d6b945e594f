import { badRequest } from './status.ts';

/** What a request's path names. `rest` is what follows group and version, decoded. */
export interface ApiPath {
  group: string;
  version: string;
  rest: string[];
}

/** The collection, object or subresource that a path names. Empty texts where a part is absent. */
export interface ResourcePath {
  namespace: string;
  plural: string;
  name: string;
  /** May have several parts, as in pods/x/proxy/path. */
  subresource: string[];
}

/** Undefined for a path that is not below /api/<version> or /apis/<group>/<version>. */
export function parseApiPath(pathname: string): ApiPath | undefined {
  const parts = splitPath(pathname);
  if (parts[0] === 'api' && parts.length >= 2) return { group: '', version: parts[1]!, rest: parts.slice(2) };
  if (parts[0] === 'apis' && parts.length >= 3) return { group: parts[1]!, version: parts[2]!, rest: parts.slice(3) };
  return undefined;
}

export function splitPath(pathname: string): string[] {
  try {
    return pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest(`the path is not properly escaped: ${pathname}`);
  }
}

/**
 * `namespaces/x/pods/y/log` is in a namespace, `namespaces/x` and its own subresources are not.
 */
export function parseResourcePath(rest: readonly string[], namespaceSubresources: ReadonlySet<string>): ResourcePath {
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !namespaceSubresources.has(rest[2]!);
  const parts = inNamespace ? rest.slice(2) : rest;
  return {
    namespace: inNamespace ? rest[1]! : '',
    plural: parts[0] ?? '',
    name: parts[1] ?? '',
    subresource: parts.slice(2),
  };
}
