import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { KeyPair } from '../pki/pki.ts';
import type { SchemaRegistry } from '../schema/schema.ts';
import { Admission, type Place } from './admission.ts';
import { writeAnswer, writeRefusal } from './answer.ts';
import type { ApiRequest, ApiVersion, Page } from './api.ts';
import { type Authenticate, anonymous, type UserInfo } from './authentication.ts';
import type { Authorize } from './authorization.ts';
import { impersonated } from './impersonation.ts';
import { IncomingRequest } from './incoming-request.ts';
import { defaultLimits, type ServeLimits } from './limits.ts';
import { type OpenApiDocuments, OpenApiPages } from './openapi.ts';
import { isOpen, type Routes, route, takesUpgrades } from './routes.ts';
import { type RequestLife, RunningRequests } from './running-requests.ts';
import { badRequest, internalError, statusErrorOf, unauthorized } from './status.ts';
import { upgradeHandler } from './upgrade.ts';

export interface ApiServerOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  certificate: KeyPair;
  /** PEM of the authorities whose client certificates the TLS layer accepts; authenticate decides what they mean. */
  clientCas: readonly string[];
  authenticate: Authenticate;
  authorize: Authorize;
  /** Who shows no credentials is asked about as system:anonymous; otherwise answered with 401. */
  allowAnonymous?: boolean;
  /** Paths besides the groups; the first that fits answers. */
  pages?: readonly Page[];
  /** Discovery shows them in this order; the first of a group is its preferred version. A function is asked each time. */
  versions: readonly ApiVersion[] | (() => readonly ApiVersion[]);
  /** Discovery is for those whom `authorize` lets read its paths (RequestAttributes.path); else for everybody who is known. */
  authorizesPaths?: boolean;
  versionInfo: object;
  /** What bodies are read with; without it none is taken. */
  schemas?: SchemaRegistry;
  openApi?: OpenApiDocuments;
  limits?: Partial<ServeLimits>;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  notReady?: () => string | undefined;
  tls?: TlsSettings;
}

export interface TlsSettings {
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** As OpenSSL names them, separated by colons. */
  ciphers?: string;
}

export interface ApiServer {
  url: string;
  port: number;
  /** For connections from now on. */
  setCertificate(certificate: KeyPair): void;
  /** Likewise. */
  setClientCas(clientCas: readonly string[]): void;
  /** Ends watches and lets other requests finish for a moment. */
  close(): Promise<void>;
}

/** How often slow requests are looked for, at most. */
const slowRequestsCheckMsMax = 5000;
const closeGraceMs = 2000;
/** Longer than clients keep idle connections (Go: 90 s), so that it is they who close them. */
const idleTimeoutMs = 120_000;
const tcpProbeAfterMs = 60_000;
/** One for all: every request ends with it, and a reason of its own would record where. */
const clientGone = new Fault('unavailable', 'the client has gone');
const serverEnds = new Fault('unavailable', 'the server is stopping');

/** A TLS server that speaks the Kubernetes API: authentication, limits, discovery, and the versions that it is given. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const running = new RunningRequests();
  const secure = secureContext(options);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const address = () => `${host}:${(server.address() as AddressInfo).port}`;
  const { versions: given } = options;
  const versions = typeof given === 'function' ? given : () => given;
  const routes: Routes = {
    versions,
    openApi: options.openApi && new OpenApiPages(options.openApi, versions),
    authorizesPaths: options.authorizesPaths ?? false,
    versionInfo: options.versionInfo,
    address,
    notReady: options.notReady ?? (() => undefined),
    pages: options.pages ?? [],
  };
  const server = createServer(serverOptions(secure, limits, routes));
  server.maxConnections = limits.connectionsMax;
  const admission = new Admission(limits);
  options.metrics.observe('taffrail_api_requests_running', 'Requests under way', () => admission.shortRunning);
  options.metrics.observe(
    'taffrail_api_watches_running',
    'Watches and followed logs under way',
    () => admission.longRunning,
  );
  const answer = requestHandler(options, routes, admission, limits, running);
  server.on('request', (request, response) => void answer(request, response));
  server.on('upgrade', upgradeHandler(answer));
  refuseBrokenClients(server, options);
  const sockets = trackSockets(server);
  await listen(server, options);
  return {
    url: `https://${address()}`,
    port: (server.address() as AddressInfo).port,
    setCertificate: ({ certificate, key }) => {
      Object.assign(secure, { cert: certificate, key });
      server.setSecureContext(secure);
    },
    setClientCas: (clientCas) => {
      secure.ca = [...clientCas];
      server.setSecureContext(secure);
    },
    close: async () => {
      running.end(serverEnds);
      await closed(server, sockets);
    },
  };
}

function serverOptions(secure: SecureContext, limits: ServeLimits, routes: Routes) {
  return {
    ...secure,
    requestCert: true,
    // A GET has no body whose end would have to be told.
    optimizeEmptyRequests: true,
    // A certificate that is not good is refused with 401 and words, not with a broken handshake.
    rejectUnauthorized: false,
    handshakeTimeout: limits.headersTimeoutMs,
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, slowRequestsCheckMsMax),
    keepAliveTimeout: idleTimeoutMs,
    // A client that has vanished without a word is found out by TCP.
    keepAlive: true,
    keepAliveInitialDelay: tcpProbeAfterMs,
    shouldUpgradeCallback: ({ url = '/' }: IncomingMessage) => takesUpgrades(routes, url),
  };
}

type SecureContext = ReturnType<typeof secureContext>;

function secureContext({ certificate, clientCas, tls = {} }: ApiServerOptions) {
  return {
    cert: certificate.certificate,
    key: certificate.key,
    ca: [...clientCas],
    minVersion: tls.minVersion ?? ('TLSv1.2' as const),
    ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
  };
}

function requestHandler(
  options: ApiServerOptions,
  routes: Routes,
  admission: Admission,
  limits: ServeLimits,
  running: RunningRequests,
) {
  const requests = options.metrics.counter('taffrail_api_requests_total', 'Requests by method and status code');
  return async (
    incoming: IncomingMessage,
    response: ServerResponse,
    upgrade?: ApiRequest['upgrade'],
  ): Promise<void> => {
    const life = running.enter();
    response.once('close', () => {
      running.leave(life, clientGone);
      requests.add(1, { method: methodLabel(incoming.method), code: String(response.statusCode) });
    });
    // Written to after it has gone: nothing to be done, and 'close' has said so.
    response.on('error', () => life.end(clientGone));
    let place: Place | undefined;
    try {
      place = admission.enter();
      const { pathname, query } = splitUrl(incoming.url ?? '/', limits.urlBytesMax);
      const user = isOpen(routes, pathname) ? anonymous : await identify(options, incoming);
      const request = new IncomingRequest({ incoming, response, query, user, life, place }, options, limits);
      if (upgrade) request.upgrade = upgrade;
      await writeAnswer(request, response, await route(routes, pathname, request), limits.requestTimeoutMs);
    } catch (error) {
      writeRefusal(incoming, response, refusalOf(error, options.log, incoming, life));
    } finally {
      place?.leave();
    }
  };
}

async function identify(options: ApiServerOptions, incoming: IncomingMessage): Promise<UserInfo> {
  const user = await options.authenticate(incoming);
  if (user === anonymous && !options.allowAnonymous) throw unauthorized();
  return impersonated(incoming, user, options.authorize);
}

/** A defect of ours is logged here and told to the client without its inside. */
function refusalOf(error: unknown, log: Logger, incoming: IncomingMessage, life: RequestLife) {
  const refusal = statusErrorOf(error);
  if (refusal) return refusal;
  if (life.reason !== clientGone)
    log.error('a request failed', {
      method: incoming.method,
      path: incoming.url?.slice(0, 500),
      error: error instanceof Error ? error.stack : messageOf(error),
    });
  return internalError('the server has failed; its log says more');
}

function refuseBrokenClients(server: Server, { metrics, log }: ApiServerOptions): void {
  const broken = metrics.counter(
    'taffrail_api_broken_connections_total',
    'Connections that did not speak TLS or HTTP, or were too many',
  );
  // Beyond connectionsMax.
  server.on('drop', () => broken.add(1, { layer: 'tcp' }));
  // Failed handshakes come here too; only the HTTP parser's errors and time-outs have these codes.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const http = /^(HPE_|ERR_HTTP_)/.test(error.code ?? '');
    broken.add(1, { layer: http ? 'http' : 'tls' });
    log.debug('a connection was broken', { error: error.message });
    if (http && socket.writable)
      socket.end(`HTTP/1.1 ${refusalLine(error.code)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    else socket.destroy();
  });
}

function refusalLine(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}

function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function listen(server: Server, { host, port }: ApiServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, closeGraceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const methodLabel = (method = '') => (knownMethods.has(method) ? method : 'other');

/** Not by `new URL`, which takes a path that begins with two slashes for a host. */
function splitUrl(url: string, bytesMax: number): { pathname: string; query: URLSearchParams } {
  if (url.length > bytesMax) throw badRequest(`the URL is longer than ${bytesMax} bytes`);
  const mark = url.indexOf('?');
  if (mark < 0) return { pathname: url, query: new URLSearchParams() };
  return { pathname: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
