/**
 * The door of the sandbox's control plane: a Kubernetes API over objects in SQLite, good enough for an unmodified kubectl.
 * It has no controllers of its own; whoever starts it starts them, as clients.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { ClusterAccess } from '../../kubernetes/client/client.ts';
import { type KeyPair, openPki, type Pki } from '../../kubernetes/pki/pki.ts';
import { openApiV2, openApiV3 } from '../../kubernetes/schema/openapi.ts';
import { openApiV2Protobuf } from '../../kubernetes/schema/openapi-v2-protobuf.ts';
import { createSchemas } from '../../kubernetes/schema/registry.ts';
import {
  type ApiServer,
  createAuthentication,
  defaultLimits,
  type ServeLimits,
  startApiServer,
  type UserInfo,
} from '../../kubernetes/serve/serve.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { Aggregator } from './aggregation/aggregator.ts';
import { ensureExtensionAuthentication, frontProxyName } from './aggregation/extension-authentication.ts';
import { ensureLocalServices } from './aggregation/local-services.ts';
import { ensureLasting, ensureServiceAccount } from './bootstrap.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { RbacAuthorizer } from './rbac/authorizer.ts';
import { ensureRoles } from './rbac/ensure-roles.ts';
import { refuseEscalation } from './rbac/escalation.ts';
import { aggregateRoles } from './rbac/role-aggregation.ts';
import { RuleIndex } from './rbac/rule-index.ts';
import type { Registry } from './registry/registry.ts';
import type { ReviewToken } from './reviews/reviews.ts';
import { apiAudience, ServiceTokens } from './service-tokens.ts';
import { ObjectStore } from './store/object-store.ts';
import { TokenBook } from './token-book.ts';
import { servedVersions } from './versions.ts';

export interface ControlPlaneOptions {
  /** Holds pki/, control/ and kubeconfig. */
  dataDir: string;
  host: string;
  /** 0: any free one. */
  port: number;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  /** Bearer tokens and who they are. */
  tokens?: ReadonlyMap<string, UserInfo>;
  limits?: Partial<ServeLimits>;
}

export interface ControlPlane {
  url: string;
  port: number;
  /** Context `taffrail`, the administrator's certificate within, mode 0600. */
  kubeconfigPath: string;
  /** The administrator's. */
  access: ClusterAccess;
  /** Another user's, by a token that ends with this process; roles and their bindings say what it may do. */
  accessFor(user: string, groups: readonly string[]): ClusterAccess;
  /** What a kubelet on this machine serves with, and the authority whose clients it lets in. */
  kubeletServing: { cert: string; key: string; clientCa: string };
  /** May be called again. */
  close(): Promise<void>;
}

const administrator = { user: 'taffrail-admin', groups: ['system:masters'] };
const kubeletClient = { user: 'taffrail-apiserver-kubelet-client', groups: ['system:masters'] };
const loopbackNames = ['localhost', '127.0.0.1', '::1'];
const renewalCheckMs = 12 * 3600_000;

/** What clients take us for: the version decides what kubectl expects of us. */
export const versionInfo = {
  major: '1',
  minor: '33',
  gitVersion: 'v1.33.1+taffrail',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

/** Throws Fault `already-locked`, `newer-format` or `corrupt`. Rejects as listening does when the port is taken. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { dataDir, clock } = options;
  mkdirSync(dataDir, { recursive: true });
  const limits = { ...defaultLimits, ...options.limits };
  const store = new ObjectStore(join(dataDir, 'control'), limits);
  try {
    const pki = await openPki(join(dataDir, 'pki'), clock);
    const certificates = await issueCertificates(pki, options.host);
    const authorizer = new RbacAuthorizer(new RuleIndex(store));
    const registry = createRegistry(store, authorizer, clock, limits);
    ensureLasting(registry);
    ensureRoles(registry);
    aggregateRoles(store);
    const tokens = new TokenBook(options.tokens);
    ensureExtensionAuthentication(registry, pki);
    const { server, aggregator } = await serve(options, limits, registry, authorizer, pki, certificates, tokens);
    const access = await administratorAccess(server.url, pki);
    const kubeconfigPath = join(dataDir, 'kubeconfig');
    writeKubeconfig(kubeconfigPath, access);
    const renewal = setInterval(() => void renew(options, pki, certificates, server, kubeconfigPath), renewalCheckMs);
    renewal.unref();
    const { certificate: cert, key } = certificates.kubelet;
    let closing: Promise<void> | undefined;
    return {
      url: server.url,
      port: server.port,
      kubeconfigPath,
      access,
      accessFor: (user, groups) => {
        const token = tokens.issue(user, groups);
        return { server: server.url, ca: pki.ca, token: async () => token, namespace: 'default' };
      },
      kubeletServing: { cert, key, clientCa: pki.ca },
      close: () => (closing ??= closePlane(renewal, server, aggregator, store)),
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

async function closePlane(
  renewal: NodeJS.Timeout,
  server: ApiServer,
  aggregator: Aggregator,
  store: ObjectStore,
): Promise<void> {
  clearInterval(renewal);
  aggregator.close();
  await server.close();
  store.close();
}

interface Certificates {
  server: KeyPair;
  kubelet: KeyPair;
  kubeletClient: KeyPair;
  frontProxy: KeyPair;
}

async function issueCertificates(pki: Pki, host: string): Promise<Certificates> {
  // A wildcard address is not a name that anybody would use.
  const hosts =
    loopbackNames.includes(host) || ['0.0.0.0', '::'].includes(host) ? loopbackNames : [...loopbackNames, host];
  return {
    server: await pki.server('apiserver', [...hosts, 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']),
    kubelet: await pki.server('kubelet', hosts, { user: 'system:node:taffrail', groups: ['system:nodes'] }),
    kubeletClient: await pki.client(kubeletClient.user, kubeletClient.groups),
    frontProxy: await pki.client(frontProxyName, [], 'front-proxy-ca'),
  };
}

/** A control plane may run for longer than a certificate lasts. */
async function renew(
  { host, log }: ControlPlaneOptions,
  pki: Pki,
  held: Certificates,
  server: ApiServer,
  kubeconfigPath: string,
): Promise<void> {
  try {
    const issued = await issueCertificates(pki, host);
    if (issued.server.certificate === held.server.certificate) return;
    Object.assign(held, issued);
    server.setCertificate(issued.server);
    writeKubeconfig(kubeconfigPath, await administratorAccess(server.url, pki));
    log.info('certificates were renewed', { kubeconfig: kubeconfigPath });
  } catch (error) {
    log.error('certificates could not be renewed', { error: String(error) });
  }
}

function createRegistry(
  store: ObjectStore,
  authorizer: RbacAuthorizer,
  clock: Clock,
  { pageItemsMax }: ServeLimits,
): Registry {
  const registry: Registry = {
    store,
    schemas: createSchemas(),
    nowMs: () => clock.nowMs(),
    newUid: () => randomUUID(),
    randomBelow: (below) => randomInt(below),
    pageItemsMax,
    admit: (kind, user, namespace, sent, previous) =>
      refuseEscalation(authorizer, user, kind, namespace, sent, previous),
    afterCreate: ({ info }, { metadata }) => {
      if (info.kind === 'Namespace') ensureServiceAccount(registry, metadata.name);
    },
  };
  return registry;
}

async function serve(
  { host, port, log, metrics, clock }: ControlPlaneOptions,
  limits: ServeLimits,
  registry: Registry,
  authorizer: RbacAuthorizer,
  pki: Pki,
  certificates: Certificates,
  tokens: TokenBook,
): Promise<{ server: ApiServer; aggregator: Aggregator }> {
  const schemas = createSchemas();
  const cut = metrics.counter('taffrail_api_watches_cut_total', 'Watchers that were cut off because they did not read');
  const serviceTokens = new ServiceTokens(pki.signingKey('service-accounts'), registry);
  const reviewToken: ReviewToken = (token, audiences = [apiAudience]) => {
    const user = audiences.includes(apiAudience) ? tokens.userOf(token) : undefined;
    return user ? { user, audiences: [apiAudience] } : serviceTokens.review(token, audiences);
  };
  const local = servedVersions(registry, {
    limits,
    serviceTokens,
    reviewToken,
    authorizer,
    kubelet: { client: () => certificates.kubeletClient, ca: pki.ca },
    onWatchCut: (plural) => cut.add(1, { resource: plural }),
  });
  ensureLocalServices(registry, local);
  const extended = metrics.counter(
    'taffrail_api_extension_requests_total',
    'Requests for extension servers by outcome',
  );
  const aggregator = new Aggregator(local, {
    registry,
    store: registry.store,
    client: () => certificates.frontProxy,
    requestTimeoutMs: limits.requestTimeoutMs,
    randomBelow: registry.randomBelow,
    onRequest: (name, outcome) => extended.add(1, { name, outcome }),
    clock,
    log: log.with({ part: 'aggregator' }),
  });
  const starting = startApiServer({
    host,
    port,
    certificate: certificates.server,
    clientCas: [pki.ca],
    authenticate: createAuthentication({ clientCa: pki.ca, userOfToken: (token) => reviewToken(token)?.user }),
    authorize: (user, attributes) => authorizer.authorize(user, attributes),
    authorizesPaths: true,
    versions: () => aggregator.versions(),
    versionInfo,
    schemas,
    openApi: {
      v2: (resources) => openApiV2(schemas, resources),
      v2Protobuf: (resources) => openApiV2Protobuf(openApiV2(schemas, resources)),
      v3: (version, resources) => openApiV3(schemas, version, resources),
    },
    limits,
    log,
    metrics,
    clock,
  });
  starting.catch(() => aggregator.close());
  return { server: await starting, aggregator };
}

async function administratorAccess(url: string, pki: Pki): Promise<ClusterAccess> {
  const { certificate, key } = await pki.client(administrator.user, administrator.groups);
  return { server: url, ca: pki.ca, clientCertificate: certificate, clientKey: key, namespace: 'default' };
}
