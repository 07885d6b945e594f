/** The door: the people's port. It authenticates, bounds and words errors; rooms register their routes on it. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../base/fault.ts';
import type { Logger, MetricsRegistry } from '../telemetry/telemetry.ts';
import { type Authenticate, openToThisMachine, tokenAuthentication } from './authentication.ts';
import type { Principal } from './principal.ts';

export { acceptForms, getOrPost } from './forms.ts';
export { goneSignal } from './gone-signal.ts';
export type { Principal } from './principal.ts';
export * from './running-queries.ts';
export { tenantNamed } from './tenant.ts';

export interface HttpOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  tokensFile?: string | undefined;
  tls?: { certFile: string; keyFile: string } | undefined;
  log: Logger;
  metrics: MetricsRegistry;
  /** What /ready says; a text is the reason why not. */
  ready: () => true | string;
}

export interface HttpServer {
  app: FastifyInstance;
  principalOf(request: FastifyRequest): Principal;
  /** Binds the port; to be called when all routes are registered. Returns the URL. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

const bodyBytesMax = 16 * 1024 * 1024;
const urlBytesMax = 64 * 1024;
const connectionsMax = 2000;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 120_000;
const retryAfterSeconds = 1;
/** The second of each is where Prometheus has it, for promtool and others that look there. */
const healthPaths = ['/healthz', '/-/healthy'];
const readyPaths = ['/ready', '/-/ready'];
/** Routes that tell nothing about anyone's data. */
const openPaths = new Set([...healthPaths, ...readyPaths, '/metrics']);
const loopbackHosts = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

const statusOf: Partial<Record<FaultCode, number>> = {
  usage: 400,
  'bad-request': 400,
  'bad-manifest': 400,
  corrupt: 400,
  'newer-format': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  overloaded: 429,
  unavailable: 503,
  'disk-full': 503,
};

export function createHttpServer(options: HttpOptions): HttpServer {
  const { log, metrics } = options;
  const authenticate = authenticationFor(options);
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength: 1024 },
    forceCloseConnections: true,
    http: { maxHeaderSize: urlBytesMax, headersTimeout: headersTimeoutMs },
    ...(options.tls && { https: { cert: readFileSync(options.tls.certFile), key: readFileSync(options.tls.keyFile) } }),
  }) as unknown as FastifyInstance;
  app.server.maxConnections = connectionsMax;
  const principals = new WeakMap<IncomingMessage, Principal>();
  const requests = metrics.counter('taffrail_http_requests_total', 'Requests answered, by status code.');

  app.addHook('onRequest', async (request) => {
    if (openPaths.has(request.routeOptions.url ?? '')) return;
    if (!options.tokensFile) refuseForeignHost(request);
    principals.set(request.raw, authenticate(request.headers.authorization));
  });
  app.addHook('onResponse', async (_, reply) => requests.add(1, { code: String(reply.statusCode) }));
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply, log));
  app.setNotFoundHandler((request, reply) => {
    reply
      .code(404)
      .send({ error: { code: 'not-found', message: `${request.method} ${request.url.split('?')[0]} does not exist` } });
  });

  for (const path of healthPaths) app.get(path, async () => 'ok\n');
  for (const path of readyPaths) {
    app.get(path, async (_, reply) => {
      const ready = options.ready();
      return ready === true ? 'ready\n' : reply.code(503).send(`${ready}\n`);
    });
  }
  app.get('/metrics', async (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.exposition()),
  );

  return {
    app,
    principalOf(request) {
      const principal = principals.get(request.raw);
      if (!principal) throw new Fault('unauthenticated', 'this request was not authenticated');
      return principal;
    },
    async listen() {
      await app.listen({ host: options.host, port: options.port });
      const address = app.server.address();
      if (address === null || typeof address === 'string') throw new Error('the server has no port');
      const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      return `${options.tls ? 'https' : 'http'}://${host}:${address.port}`;
    },
    close: () => app.close(),
  };
}

function authenticationFor(options: HttpOptions): Authenticate {
  if (options.tokensFile) return tokenAuthentication(options.tokensFile);
  if (!isLoopback(options.host)) {
    throw new Fault(
      'usage',
      `--host ${options.host} is open to other machines, and nobody would have to say who they are`,
      {
        hint: 'give --tokens-file (and --tls-cert, --tls-key), or listen on 127.0.0.1',
      },
    );
  }
  return () => openToThisMachine;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A web page that had its name resolved to 127.0.0.1 must not read an open server through the visitor's browser. */
function refuseForeignHost(request: FastifyRequest): void {
  const { host, origin } = request.headers;
  if (host !== undefined && !loopbackHosts.test(host)) {
    throw new Fault(
      'forbidden',
      `this server is open to this machine only and does not answer for the name ${JSON.stringify(host)}`,
    );
  }
  if (origin !== undefined && !loopbackHosts.test(origin.replace(/^https?:\/\//, ''))) {
    throw new Fault('forbidden', `pages of ${JSON.stringify(origin)} may not call this server`);
  }
}

function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  if (error instanceof Fault) {
    const status = statusOf[error.code] ?? 500;
    if (status === 429 || status === 503) reply.header('retry-after', retryAfterSeconds);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(status).send({ error: { code: error.code, message: error.message, hint: error.hint } });
  }
  if (error.statusCode && error.statusCode < 500) {
    return reply.code(error.statusCode).send({ error: { code: 'bad-request', message: error.message } });
  }
  log.error('a request failed', { method: request.method, path: request.routeOptions.url, error: error.stack });
  return reply.code(500).send({ error: { code: 'internal', message: 'the server failed; its log says why' } });
}
