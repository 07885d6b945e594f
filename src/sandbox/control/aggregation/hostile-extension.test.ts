import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { openPki } from '../../../kubernetes/pki/pki.ts';
import { defaultLimits } from '../../../kubernetes/serve/serve.ts';
import { type StartedPlane, scratchDirectory, startPlane } from '../started-plane.ts';
import {
  apiServicePath,
  create,
  eventually,
  metricsPath,
  registration,
  startExtension,
  startRegistered,
  untilReason,
} from './extension-under-test.ts';

type Cleanup = { after(end: () => unknown): void };
const discovery = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'metrics.k8s.io/v1beta1', resources: [] };

/** A server that answers discovery as it should and everything else as `answer` does. */
async function startHostile(t: Cleanup, answer: RequestListener, { hosts = ['metrics-server.kube-system.svc'] } = {}) {
  const plane = await startPlane(t, { limits: { requestTimeoutMs: 700, headersTimeoutMs: 700 } });
  const pki = await openPki(scratchDirectory(t), systemClock);
  const { certificate: cert, key } = await pki.server('serving', hosts);
  const sockets = new Set<Socket>();
  const server = createServer({ cert, key }, (incoming, response) => {
    if (incoming.url !== metricsPath) return answer(incoming, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(discovery));
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const registered = registration({ port, caBundle: Buffer.from(pki.ca).toString('base64') });
  await create(plane, registered.service);
  await create(plane, registered.endpoints);
  return { plane, port, ...registered };
}

async function startAvailable(t: Cleanup, answer: RequestListener, options = {}) {
  const hostile = await startHostile(t, answer, options);
  await create(hostile.plane, hostile.apiService);
  await untilReason(hostile.plane, 'Passed');
  return hostile;
}

const get = ({ call }: StartedPlane, path = '/nodes') => call('GET', `${metricsPath}${path}`);

test('a client that says who it is itself is not believed, at the front or behind it', async (t) => {
  const { plane, extension } = await startRegistered(t);
  const claims = {
    'x-remote-user': 'system:admin',
    'x-remote-group': 'system:masters',
    'x-remote-uid': '1',
    'x-remote-extra-scopes': 'all',
  };
  const headers = { ...claims, connection: 'x-remote-user, x-remote-group' };
  assert.equal((await plane.call('GET', `${metricsPath}/nodes`, { headers })).code, 200);
  const { headers: seen, user } = extension.seen.at(-1)!;
  assert.equal(user.name, 'taffrail-admin');
  assert.equal(seen['x-remote-group'], 'system:masters, system:authenticated');
  assert.deepEqual(
    [seen['x-remote-uid'], seen['x-remote-extra-scopes'], seen.authorization],
    [undefined, undefined, undefined],
  );

  const token = await plane.plane.accessFor('bob', []).token!();
  const bob = { tls: null, headers: { ...claims, authorization: `Bearer ${token}` } };
  const count = extension.seen.length;
  assert.equal((await plane.call('GET', `${metricsPath}/nodes`, bob)).code, 403, 'the front asks its own roles first');
  assert.equal(extension.seen.length, count);

  const direct = request({
    host: '127.0.0.1',
    port: extension.port,
    path: `${metricsPath}/nodes`,
    headers: claims,
    rejectUnauthorized: false,
    agent: false,
  });
  direct.end();
  const [answer] = (await once(direct, 'response')) as [IncomingMessage];
  answer.resume();
  assert.equal(answer.statusCode, 401);
});

test('a server that never answers costs a request its time, and no more', async (t) => {
  const { plane } = await startAvailable(t, () => {});
  const { code, body } = await get(plane);
  assert.deepEqual([code, body.reason], [504, 'Timeout']);
  assert.equal((await plane.call('GET', '/api/v1/nodes')).code, 200);
});

test('half an answer is cut short for the client too', async (t) => {
  const { plane } = await startAvailable(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{"half":');
    setTimeout(() => response.destroy(), 20);
  });
  await assert.rejects(get(plane), /aborted|ECONNRESET/);
});

test('an answer that does not end is ended by the time of a request', async (t) => {
  const { plane } = await startAvailable(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{');
  });
  await assert.rejects(get(plane), /aborted|ECONNRESET/);
});

test('a redirect is not followed and not passed on', async (t) => {
  const asked: string[] = [];
  const { plane } = await startAvailable(t, (incoming, response) => {
    asked.push(incoming.url ?? '');
    response.writeHead(302, { location: `${metricsPath}/elsewhere` });
    response.end();
  });
  const { code, text, headers } = await get(plane, '/nodes/n');
  assert.deepEqual([code, headers.location], [502, undefined]);
  assert.equal(text, 'the backend attempted to redirect this request, which is not permitted\n');
  assert.deepEqual(
    asked.filter((path) => path.includes('elsewhere')),
    [],
  );
});

test('a server with another name or another authority is not spoken to, unless the APIService does not care', async (t) => {
  let asked = 0;
  const { plane } = await startAvailable(
    t,
    (_, response) => {
      asked++;
      response.end('{}');
    },
    { hosts: ['other.kube-system.svc'] },
  );
  const wrongName = await get(plane);
  assert.equal(wrongName.code, 503);
  assert.match(wrongName.text, /metrics-server\.kube-system\.svc/);
  const headers = { 'content-type': 'application/merge-patch+json' };
  const stranger = await openPki(scratchDirectory(t), systemClock);
  const caBundle = Buffer.from(stranger.ca).toString('base64');
  await plane.call('PATCH', apiServicePath, { headers, body: { spec: { caBundle } } });
  const wrongAuthority = await get(plane);
  assert.deepEqual([wrongAuthority.code, asked], [503, 0]);
  const insecure = { spec: { caBundle: null, insecureSkipTLSVerify: true } };
  assert.equal((await plane.call('PATCH', apiServicePath, { headers, body: insecure })).code, 200);
  assert.equal((await get(plane)).code, 200);
  const both = await plane.call('PATCH', apiServicePath, { headers, body: { spec: { caBundle } } });
  assert.match(
    both.body.message,
    /spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present/,
  );
  const broken = { spec: { caBundle: Buffer.from('no PEM').toString('base64'), insecureSkipTLSVerify: false } };
  assert.equal((await plane.call('PATCH', apiServicePath, { headers, body: broken })).code, 200);
  assert.equal((await get(plane)).code, 503);
});

test('refusals of the server are passed on as they are: 410, 429 and what is no Status', async (t) => {
  const { plane } = await startAvailable(t, (incoming, response) => {
    if (incoming.url?.includes('watch=1')) {
      response.writeHead(410, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
    } else {
      response.writeHead(429, { 'retry-after': '3' });
      response.end('later');
    }
  });
  const gone = await get(plane, '/nodes?watch=1');
  assert.deepEqual([gone.code, gone.body.reason], [410, 'Expired']);
  const later = await get(plane);
  assert.deepEqual([later.code, later.headers['retry-after'], later.text], [429, '3', 'later']);
});

test('discovery that is nonsense leaves the group without resources, and the rest of discovery whole', async (t) => {
  const { plane, service, endpoints } = await startHostile(t, (_, response) => response.end('{}'));
  const group = 'nonsense.example.com';
  const { apiService } = registration({ port: 1, caBundle: '' }, { group, version: 'v1' });
  const { caBundle: _caBundle, ...spec } = apiService.body.spec;
  assert.ok(service && endpoints);
  await create(plane, {
    ...apiService,
    body: { ...apiService.body, spec: { ...spec, insecureSkipTLSVerify: true } } as never,
  });
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/v1.${group}`;
  await eventually('it is available', async () =>
    (await plane.call('GET', path)).body.status?.conditions?.[0]?.reason === 'Passed' ? true : undefined,
  );
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { items } = (await plane.call('GET', '/apis', { headers: { accept } })).body;
  const shown = items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === group);
  assert.deepEqual(shown.versions, [{ version: 'v1', resources: [], freshness: 'Stale' }]);
  assert.ok(items.length > 5);
});

test('a body that is too large is refused before the server hears of it', async (t) => {
  let asked = 0;
  const { plane } = await startAvailable(t, ({ method }, response) => {
    if (method === 'POST') asked++;
    response.end('{}');
  });
  const { code } = await plane.call('POST', `${metricsPath}/nodes`, {
    body: 'x'.repeat(defaultLimits.bodyBytesMax + 1),
  });
  assert.deepEqual([code, asked], [413, 0]);
});

test('a group that is served here stays ours, whatever an APIService says', async (t) => {
  const plane = await startPlane(t);
  const { data } = (
    await plane.call('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')
  ).body;
  const extension = await startExtension(t, data);
  const { service, endpoints, apiService } = registration(extension, { group: 'apps', version: 'v1' });
  await create(plane, service);
  await create(plane, endpoints);
  const held = await plane.call('POST', apiService.path, { body: apiService.body });
  assert.deepEqual([held.code, held.body.reason], [409, 'AlreadyExists']);
  await plane.call('DELETE', `${apiService.path}/v1.apps`);
  await create(plane, apiService);
  assert.equal((await plane.call('GET', '/apis/apps/v1/deployments')).body.kind, 'DeploymentList');
  assert.equal(extension.seen.length, 0);
});
