/** An extension server over real TLS that delegates to a real control plane, by way of a proxy that can be told to hang. */
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type RequestOptions, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type StartedPlane, startPlane } from '../../sandbox/control/started-plane.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import type { ClusterAccess } from '../client/client.ts';
import { createClient } from '../client/http-client.ts';
import { openPki, type Pki } from '../pki/pki.ts';
import { type ApiServer, type ApiVersion, type ServeLimits, startApiServer } from '../serve/serve.ts';
import { type Delegation, type DelegationSettings, startDelegation } from './delegate.ts';

export interface Cleanup {
  after(end: () => unknown): void;
}

export interface Called {
  code: number;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: answers are open objects, and tests look at what they expect
  body: any;
}

export interface Delegated {
  plane: StartedPlane;
  pki: Pki;
  server: ApiServer;
  delegation: Delegation;
  proxy: TroubledProxy;
  call(path: string, options?: RequestOptions): Promise<Called>;
  /** The certificate of a client of the cluster, or of its front proxy. */
  as(user: string, groups: string[], authority?: 'ca' | 'front-proxy-ca'): Promise<RequestOptions>;
  /** A token of a new service account in the namespace default. */
  tokenOf(account: string): Promise<string>;
}

export interface DelegatedOptions {
  settings?: Partial<DelegationSettings>;
  limits?: Partial<ServeLimits>;
  /** The extension server's own. */
  clock?: Clock;
  planeClock?: Clock;
  /** What it asks the control plane as; the administrator where it is undefined. */
  access?: (plane: StartedPlane) => Promise<ClusterAccess>;
}

/** Tells who asked what, once that is allowed. */
const things: ApiVersion = {
  group: 'example.com',
  version: 'v1',
  resources: () => [],
  handle: async (asked) => {
    const [namespace = '', plural = '', name = ''] = asked.rest;
    await asked.authorize({
      verb: 'get',
      group: 'example.com',
      version: 'v1',
      plural,
      subresource: '',
      namespace,
      name,
    });
    return { code: 200, object: { user: asked.user } };
  },
};

export const thing = '/apis/example.com/v1/default/things/one';

export async function startDelegated(t: Cleanup, options: DelegatedOptions = {}): Promise<Delegated> {
  const plane = await startPlane(t, options.planeClock ? { clock: options.planeClock } : {});
  const pki = await openPki(join(plane.dataDir, 'pki'), systemClock);
  const proxy = await startTroubledProxy(t, plane, pki);
  const metrics = new MetricsRegistry();
  const clock = options.clock ?? systemClock;
  const access = (await options.access?.(plane)) ?? plane.plane.access;
  const client = createClient(viaProxy(access, proxy.url));
  const delegation = startDelegation({
    authentication: client,
    authorization: client,
    settings: options.settings ?? {},
    log: silentLogger,
    metrics,
    clock,
    random: () => 0,
  });
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    certificate: await pki.server('extension', ['127.0.0.1']),
    clientCas: delegation.clientCas(),
    authenticate: delegation.authenticate,
    authorize: delegation.authorize,
    authorizesPaths: true,
    allowAnonymous: true,
    versions: [things],
    versionInfo: {},
    log: silentLogger,
    metrics,
    clock,
    ...(options.limits ? { limits: options.limits } : {}),
  });
  delegation.onClientCas((clientCas) => server.setClientCas(clientCas));
  t.after(async () => {
    await server.close();
    delegation.close();
    client.close();
  });
  await delegation.lookedUp;
  return {
    plane,
    pki,
    server,
    delegation,
    proxy,
    call: (path, how = {}) => call(`${server.url}${path}`, { ca: pki.ca, agent: false, ...how }),
    as: async (user, groups, authority) => {
      const { certificate, key } = await pki.client(user, groups, authority);
      return { cert: certificate, key };
    },
    tokenOf: (account) => serviceToken(plane, 'default', account),
  };
}

export async function call(url: string, options: RequestOptions): Promise<Called> {
  const outgoing = request(url, options);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const body = text.startsWith('{') ? JSON.parse(text) : text;
  return { code: response.statusCode!, headers: response.headers, body };
}

export async function serviceToken(plane: StartedPlane, namespace: string, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const metadata = { name: account };
  await plane.call('POST', path, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } });
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
  return (await plane.call('POST', `${path}/${account}/token`, { body })).body.status.token;
}

/** A group's members may get things. */
export async function allowThings(plane: StartedPlane, subject: object): Promise<void> {
  const group = '/apis/rbac.authorization.k8s.io/v1';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const rules = [{ apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] }];
  const role = { apiVersion, kind: 'ClusterRole', metadata: { name: 'things' }, rules };
  await plane.call('POST', `${group}/clusterroles`, { body: role });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'things' };
  const binding = {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'things' },
    roleRef,
    subjects: [subject],
  };
  const { code, text } = await plane.call('POST', `${group}/clusterrolebindings`, { body: binding });
  if (code !== 201) throw new Error(text);
}

function viaProxy(access: ClusterAccess, server: string): ClusterAccess {
  const { ca, clientCertificate, clientKey, token } = access;
  return { server, ca, clientCertificate, clientKey, namespace: 'default', ...(token ? { token } : {}) };
}

export interface TroubledProxy {
  url: string;
  /** Requests whose path ends like one of these are never answered. */
  readonly hanging: Set<string>;
  /** How many reviews are answered with 500 before any is passed on. */
  failures: number;
  /** What was asked for. */
  readonly asked: string[];
}

/** Passes requests on to the control plane, with the administrator's certificate where the client showed one. */
async function startTroubledProxy(t: Cleanup, plane: StartedPlane, pki: Pki): Promise<TroubledProxy> {
  const { certificate: cert, key } = await pki.server('troubled', ['127.0.0.1']);
  const proxy = { url: '', hanging: new Set<string>(), asked: [] as string[], failures: 0 };
  const server = createServer({ cert, key, ca: pki.ca, requestCert: true, rejectUnauthorized: false });
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    const path = incoming.url!.split('?')[0]!;
    proxy.asked.push(path);
    if ([...proxy.hanging].some((end) => path.endsWith(end))) return;
    if (path.endsWith('reviews') && proxy.failures > 0) {
      proxy.failures--;
      response.writeHead(500).end();
      return;
    }
    const { access } = plane.plane;
    const administrator = incoming.headers.authorization
      ? {}
      : { cert: access.clientCertificate, key: access.clientKey };
    const outgoing = request(`${access.server}${incoming.url}`, {
      ca: access.ca,
      method: incoming.method,
      headers: incoming.headers,
      agent: false,
      ...administrator,
    });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  proxy.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
