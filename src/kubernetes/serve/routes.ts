import type { Answer, ApiRequest, ApiVersion, Page } from './api.ts';
import { pathAttributes } from './authorization.ts';
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
  versions(): readonly ApiVersion[];
  openApi: OpenApiPages | undefined;
  /** What /version answers. */
  versionInfo: object;
  /** host:port as clients reach us. */
  address(): string;
  /** Undefined when ready, else what is not. */
  notReady(): string | undefined;
  /** Discovery is for those who may read its paths; else for everybody who is known. */
  authorizesPaths: boolean;
  /** They go before the paths that every server has. */
  pages: readonly Page[];
}

/** Open to everybody, credentials or not. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version']);

export function isOpen({ pages }: Pick<Routes, 'pages'>, pathname: string): boolean {
  const page = pageOf(pages, withoutTrail(pathname));
  return page ? page.access === 'open' : openPaths.has(pathname);
}

/** Finds who answers. Resources authorize themselves. */
export async function route(routes: Routes, pathname: string, request: ApiRequest): Promise<Answer> {
  const path = withoutTrail(pathname);
  const api = parseApiPath(path);
  const version = api && routes.versions().find((each) => each.group === api.group && each.version === api.version);
  if (api && api.rest.length > 0) {
    if (!version) throw unknownPath();
    request.rest = api.rest;
    return version.handle(request);
  }
  const page = pageOf(routes.pages, path);
  if (routes.authorizesPaths && (page ? page.access === 'path' : !openPaths.has(path)))
    await request.authorize(pathAttributes(request.method.toLowerCase(), path));
  if (version?.remote) return version.handle(request);
  if (api && request.method !== 'GET') throw unknownPath();
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  if (page) return page.answer(request, path);
  return discover(routes, path, request, version);
}

/** Only another server may take a connection over; everywhere else the wish for another protocol is ignored. */
export function takesUpgrades({ versions }: Pick<Routes, 'versions'>, url: string): boolean {
  return versions().some(({ remote, group, version }) => remote && url.startsWith(`/apis/${group}/${version}/`));
}

const withoutTrail = (pathname: string) => (pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname);

function pageOf(pages: readonly Page[], path: string): Page | undefined {
  return pages.find((page) => path === page.path || (page.below === true && path.startsWith(`${page.path}/`)));
}

function discover(routes: Routes, path: string, request: ApiRequest, version: ApiVersion | undefined): Answer {
  if (path === '/healthz' || path === '/livez') return textAnswer(200, 'ok');
  if (path === '/readyz') {
    const missing = routes.notReady();
    return missing === undefined ? textAnswer(200, 'ok') : textAnswer(503, missing);
  }
  if (path === '/version') return { code: 200, object: routes.versionInfo };
  if (path === '/') return { code: 200, object: { paths: allPaths(routes) } };
  if (path === '/api' || path === '/apis') return discoveryRoot(routes, path === '/api', request);
  if (path.startsWith('/openapi/') && routes.openApi) {
    const { body, contentType, etag } = routes.openApi.page(path.slice('/openapi/'.length), request.accept);
    return bytes(body, contentType, etag, request);
  }
  if (version) return { code: 200, object: resourceList(version) };
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  const document = group === undefined ? undefined : groupDocument(routes.versions(), group);
  if (document) return { code: 200, object: document };
  throw unknownPath();
}

function discoveryRoot(routes: Routes, core: boolean, request: ApiRequest): Answer {
  const versions = routes.versions();
  const { as } = negotiate(request.accept, discoveryViews);
  if (!as) return { code: 200, object: core ? legacyVersions(versions, routes.address()) : groupList(versions) };
  return {
    code: 200,
    object: aggregatedDiscovery(versions, core, as.version),
    contentType: `application/json;g=${as.group};v=${as.version};as=${as.kind}`,
  };
}

function allPaths({ versions: current, pages }: Routes): string[] {
  const versions = current();
  const groups = versions.map(({ group }) => (group === '' ? '/api' : `/apis/${group}`));
  const own = versions.map(({ group, version }) => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`));
  const others = ['/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return [...new Set([...groups, ...own, ...others, ...pages.map(({ path }) => path)])].sort();
}

export function textAnswer(code: number, body: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return {
    stream: (response) => {
      response.writeHead(code, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
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
