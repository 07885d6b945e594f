import type { Answer, ApiRequest, ApiVersion } from './api.ts';
import {
  aggregatedDiscovery,
  discoveryViews,
  groupDocument,
  groupList,
  legacyVersions,
  resourceList,
} from './discovery.ts';
import { negotiate } from './negotiation.ts';
import type { OpenApiPages } from './openapi.ts';
import { parseApiPath } from './path.ts';
import { methodNotAllowed, unknownPath } from './status.ts';

export interface Routes {
  versions: readonly ApiVersion[];
  openApi: OpenApiPages | undefined;
  /** What /version answers. */
  versionInfo: object;
  /** host:port as clients reach us. */
  address(): string;
  /** Undefined when ready, else what is not. */
  notReady(): string | undefined;
}

/** Open to everybody, credentials or not. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version']);

/** Finds who answers. Resources authorize themselves; discovery is for everybody who is known. */
export async function route(routes: Routes, pathname: string, request: ApiRequest): Promise<Answer> {
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname;
  const api = parseApiPath(path);
  if (api && (api.rest.length > 0 || request.method !== 'GET')) {
    const version = routes.versions.find(({ group, version }) => group === api.group && version === api.version);
    if (!version || api.rest.length === 0) throw unknownPath();
    return version.handle({ ...request, rest: api.rest });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  return discover(routes, path, request, api);
}

function discover(
  routes: Routes,
  path: string,
  request: ApiRequest,
  api: { group: string; version: string } | undefined,
): Answer {
  const { versions } = routes;
  if (path === '/healthz' || path === '/livez') return text(200, 'ok');
  if (path === '/readyz') return routes.notReady() === undefined ? text(200, 'ok') : text(503, routes.notReady()!);
  if (path === '/version') return { code: 200, object: routes.versionInfo };
  if (path === '/') return { code: 200, object: { paths: allPaths(versions) } };
  if (path === '/api' || path === '/apis') return discoveryRoot(routes, path === '/api', request);
  if (path.startsWith('/openapi/') && routes.openApi) {
    const { body, contentType, etag } = routes.openApi.page(path.slice('/openapi/'.length), request.accept);
    return bytes(body, contentType, etag, request);
  }
  if (api) {
    const version = versions.find((each) => each.group === api.group && each.version === api.version);
    if (version) return { code: 200, object: resourceList(version) };
  }
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  const document = group === undefined ? undefined : groupDocument(versions, group);
  if (document) return { code: 200, object: document };
  throw unknownPath();
}

function discoveryRoot({ versions, address }: Routes, core: boolean, request: ApiRequest): Answer {
  const { as } = negotiate(request.accept, discoveryViews);
  if (!as) return { code: 200, object: core ? legacyVersions(versions, address()) : groupList(versions) };
  return {
    code: 200,
    object: aggregatedDiscovery(versions, core, as.version),
    contentType: `application/json;g=${as.group};v=${as.version};as=${as.kind}`,
  };
}

function allPaths(versions: readonly ApiVersion[]): string[] {
  const groups = versions.map(({ group }) => (group === '' ? '/api' : `/apis/${group}`));
  const own = versions.map(({ group, version }) => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`));
  const others = ['/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return [...new Set([...groups, ...own, ...others])].sort();
}

function text(code: number, body: string): Answer {
  return {
    stream: (response) => {
      response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
      response.end(body);
    },
  };
}

function bytes(body: Buffer, contentType: string, etag: string, request: ApiRequest): Answer {
  return {
    stream: (response) => {
      const held = request.incoming.headers['if-none-match'] === etag;
      const hash = request.query.get('hash');
      // A document that is named by its own hash can be kept for ever.
      const keep =
        hash !== null && etag === `"${hash}"` ? { 'cache-control': 'public, immutable, max-age=31536000' } : {};
      response.writeHead(held ? 304 : 200, { 'content-type': contentType, etag, vary: 'Accept', ...keep });
      response.end(held ? undefined : body);
    },
  };
}
