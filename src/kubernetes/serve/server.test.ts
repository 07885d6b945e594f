import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import type { KubeObject } from '../client/client.ts';
import { openPki, type Pki } from '../pki/pki.ts';
import { createSchemas } from '../schema/registry.ts';
import {
  type ApiServerOptions,
  type ApiVersion,
  createAuthentication,
  createResourceVersion,
  defaultLimits,
  nameColumn,
  notFound,
  type Resource,
  startApiServer,
} from './serve.ts';

const info = {
  group: 'metrics.example.com',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: 'node',
  shortNames: [],
  categories: [],
  namespaced: false,
  verbs: ['get', 'list'],
  subresources: [],
};
const metrics: KubeObject[] = [{ metadata: { name: 'n' }, usage: { cpu: '5m' } }];

/** An API that is computed, as the aggregated ones are: nothing is stored, and it can only be read. */
const resource: Resource = {
  info,
  columns: [nameColumn],
  backing: {
    get: async (_, { name }) => {
      const found = metrics.find(({ metadata }) => metadata.name === name);
      if (!found) throw notFound(info, name);
      return found;
    },
    list: async () => ({ items: metrics, resourceVersion: '' }),
  },
};

type Cleanup = { after(end: () => unknown): void };

async function start(t: Cleanup, more: (pki: Pki) => Partial<ApiServerOptions> = () => ({})) {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-serve-'));
  const pki = await openPki(directory, systemClock);
  const version = createResourceVersion({
    group: info.group,
    version: info.version,
    resources: [resource],
    limits: defaultLimits,
    onWatchCut: () => {},
  });
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    certificate: await pki.server('server', ['127.0.0.1']),
    clientCas: [pki.ca, pki.frontProxyCa],
    authenticate: createAuthentication({
      clientCa: pki.ca,
      requestHeader: { ca: pki.frontProxyCa, allowedNames: ['front'] },
    }),
    authorize: ({ groups }) => ({ allowed: groups.includes('readers'), reason: '' }),
    versions: [version],
    versionInfo: { major: '1' },
    schemas: createSchemas(),
    log: silentLogger,
    metrics: new MetricsRegistry(),
    clock: systemClock,
    ...more(pki),
  });
  t.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const as = async (user: string, groups: string[], authority?: 'ca' | 'front-proxy-ca'): Promise<RequestOptions> => {
    const { certificate, key } = await pki.client(user, groups, authority);
    return { cert: certificate, key };
  };
  const get = async (path: string, options: RequestOptions) => {
    const outgoing = request(`${server.url}${path}`, { ca: pki.ca, agent: false, ...options });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return {
      code: response.statusCode!,
      headers: response.headers,
      text,
      body: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
  };
  return { server, pki, as, get };
}

const base = '/apis/metrics.example.com/v1beta1';

test('a computed resource is served like any other: found, listed, printed, and refused what it lacks', async (t) => {
  const { as, get } = await start(t);
  const ann = await as('ann', ['readers']);
  assert.equal((await get(`${base}/nodes/n`, ann)).body.usage.cpu, '5m');
  assert.deepEqual((await get(`${base}/nodes`, ann)).body, {
    kind: 'NodeMetricsList',
    apiVersion: 'metrics.example.com/v1beta1',
    metadata: { resourceVersion: '' },
    items: metrics,
  });
  const table = { ...ann, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } };
  assert.deepEqual((await get(`${base}/nodes`, table)).body.rows[0].cells, ['n']);
  assert.equal((await get(`${base}/nodes/m`, ann)).body.message, 'nodes.metrics.example.com "m" not found');
  const watch = await get(`${base}/nodes?watch=1`, ann);
  assert.deepEqual(
    [watch.code, watch.body.message],
    [405, 'watch is not supported on resources of kind "nodes.metrics.example.com"'],
  );
  assert.equal((await get(`${base}/nodes/n`, { ...ann, method: 'DELETE' })).code, 405);
  const bob = await get(`${base}/nodes`, await as('bob', []));
  assert.match(
    bob.body.message,
    /User "bob" cannot list resource "nodes" in API group "metrics.example.com" at the cluster scope/,
  );
});

test('the front proxy says who asks; nobody else can', async (t) => {
  const { as, get } = await start(t);
  const headers = { 'x-remote-user': 'ann', 'x-remote-group': ['readers', 'others'] };
  const proxy = await as('front', [], 'front-proxy-ca');
  assert.equal((await get(`${base}/nodes`, { ...proxy, headers })).code, 200);
  assert.equal(
    (await get(`${base}/nodes`, { ...proxy, headers: { ...headers, 'x-remote-group': 'others' } })).code,
    403,
  );
  assert.equal((await get(`${base}/nodes`, proxy)).code, 401, 'the proxy itself is nobody');
  assert.equal((await get(`${base}/nodes`, { ...(await as('other', [], 'front-proxy-ca')), headers })).code, 401);
  assert.equal(
    (await get(`${base}/nodes`, { ...(await as('bob', [])), headers })).code,
    403,
    'an ordinary client is itself',
  );
  assert.equal((await get(`${base}/nodes`, { headers })).code, 401);
});

test('discovery is told in full, in parts, or not at all where it is asked for in another form', async (t) => {
  const { as, get } = await start(t);
  const bob = await as('bob', []);
  const whole = (v: string) => ({
    ...bob,
    headers: { accept: `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList` },
  });
  for (const v of ['v2', 'v2beta1']) {
    const { body, headers } = await get('/apis', whole(v));
    assert.equal(headers['content-type'], `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`);
    assert.deepEqual([body.kind, body.apiVersion], ['APIGroupDiscoveryList', `apidiscovery.k8s.io/${v}`]);
    assert.equal(body.items[0].metadata.name, 'metrics.example.com');
    const [served] = body.items[0].versions[0].resources;
    assert.deepEqual([served.resource, served.scope, served.responseKind.kind], ['nodes', 'Cluster', 'NodeMetrics']);
  }
  assert.equal((await get('/apis', whole('v9'))).code, 406);
  assert.equal((await get('/apis', bob)).body.groups[0].preferredVersion.groupVersion, 'metrics.example.com/v1beta1');
  assert.equal((await get('/apis/metrics.example.com', bob)).body.name, 'metrics.example.com');
  assert.deepEqual((await get(base, bob)).body.resources[0], {
    name: 'nodes',
    singularName: 'node',
    namespaced: false,
    kind: 'NodeMetrics',
    verbs: ['get', 'list'],
  });
  assert.deepEqual((await get('/api', bob)).body.versions, []);
  assert.equal((await get('/apis/nope', bob)).code, 404);
});

test('a defect of ours is an internal error that tells nothing of the inside; the log has it', async (t) => {
  const lines: string[] = [];
  const broken: ApiVersion = {
    group: 'b',
    version: 'v1',
    resources: () => [],
    handle: async () => {
      throw new TypeError('secret detail');
    },
  };
  const log = {
    ...silentLogger,
    error: (message: string, fields?: object) => void lines.push(message + JSON.stringify(fields)),
  };
  const { as, get } = await start(t, () => ({ versions: [broken], log }));
  const failed = await get('/apis/b/v1/x', await as('ann', []));
  assert.deepEqual([failed.code, failed.body.reason], [500, 'InternalError']);
  assert.doesNotMatch(failed.text, /secret/);
  assert.match(lines[0]!, /secret detail/);
});

test('a new certificate is used for connections from then on', async (t) => {
  const { server, pki, get, as } = await start(t);
  const ann = await as('ann', ['readers']);
  const other = await pki.server('other', ['127.0.0.1', 'renewed.example.com']);
  server.setCertificate(other);
  const seen: (string | undefined)[] = [];
  const look = {
    ...ann,
    checkServerIdentity: (_: string, certificate: { subjectaltname?: string }) =>
      void seen.push(certificate.subjectaltname),
  };
  assert.equal((await get('/version', look)).code, 200);
  assert.match(seen[0]!, /renewed\.example\.com/);
});

test('not being ready is told, and no more than that', async (t) => {
  const { get } = await start(t, () => ({ notReady: () => 'the window is filling' }));
  const ready = await get('/readyz', {});
  assert.deepEqual([ready.code, ready.text], [503, 'the window is filling']);
  assert.equal((await get('/livez', {})).code, 200);
});
