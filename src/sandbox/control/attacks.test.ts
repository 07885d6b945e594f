import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type RequestOptions, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { systemClock } from '../../base/clock.ts';
import { openPki } from '../../kubernetes/pki/pki.ts';
import {
  mapNamed,
  mapsPath,
  podNamed,
  podsPath,
  type StartedPlane,
  scratchDirectory,
  startPlane,
  type Watched,
} from './started-plane.ts';

const json = { 'content-type': 'application/json' };

test('without credentials there are health and version, and nothing else', async (t) => {
  const { call } = await startPlane(t);
  const nobody = { tls: null };
  for (const path of ['/healthz', '/readyz', '/livez', '/version'])
    assert.equal((await call('GET', path, nobody)).code, 200, path);
  for (const path of ['/', '/api', '/apis', '/openapi/v2', podsPath, '/healthz/../api', '//healthz', '/version/x']) {
    const refused = await call('GET', path, nobody);
    assert.deepEqual(
      [refused.code, refused.body.reason, refused.body.message],
      [401, 'Unauthorized', 'Unauthorized'],
      path,
    );
  }
});

test('credentials that are not good are refused, never taken for none', async (t) => {
  const { call, plane } = await startPlane(t);
  const other = await openPki(scratchDirectory(t), systemClock);
  const { certificate, key } = await other.client('taffrail-admin', ['system:masters']);
  const stranger: RequestOptions = { ca: plane.access.ca ?? '', cert: certificate, key, agent: false };
  for (const path of [podsPath, '/api']) assert.equal((await call('GET', path, { tls: stranger })).code, 401, path);
  for (const authorization of ['Bearer wrong', 'Bearer', 'Basic YTpi', ''])
    assert.equal((await call('GET', podsPath, { tls: null, headers: { authorization } })).code, 401, authorization);
  const server: RequestOptions = {
    ca: plane.access.ca ?? '',
    cert: plane.kubeletServing.cert,
    key: plane.kubeletServing.key,
    agent: false,
  };
  assert.equal((await call('GET', podsPath, { tls: server })).code, 401, 'a serving certificate is no client');
});

test('a user gets what its groups may do, and a refusal in the words of Kubernetes', async (t) => {
  const { call, plane } = await startPlane(t);
  const token = async (user: string, groups: string[]) => ({
    tls: null,
    headers: { authorization: `Bearer ${await plane.accessFor(user, groups).token!()}` },
  });
  const viewer = await token('ann', ['taffrail:viewers']);
  assert.equal((await call('GET', podsPath, viewer)).code, 200);
  const refused = await call('POST', podsPath, { ...viewer, body: podNamed('a') });
  assert.equal(
    refused.body.message,
    'pods is forbidden: User "ann" cannot create resource "pods" in API group "" in the namespace "default"',
  );
  const secret = await call('GET', '/api/v1/secrets', viewer);
  assert.match(secret.body.message, /^secrets is forbidden: User "ann" cannot list .* at the cluster scope$/);
  const nobody = await token('bob', []);
  assert.equal((await call('GET', '/apis', nobody)).code, 200);
  assert.equal((await call('GET', `${podsPath}/a/log`, nobody)).code, 403);
  const asAdmin = {
    ...nobody,
    headers: { ...nobody.headers, 'impersonate-user': 'taffrail-admin', 'impersonate-group': 'system:masters' },
  };
  assert.equal((await call('GET', podsPath, asAdmin)).code, 403);
  assert.equal((await call('GET', podsPath, { headers: { 'impersonate-user': 'bob' } })).code, 403);
  assert.equal((await call('GET', podsPath, { headers: { 'impersonate-group': 'x' } })).code, 400);
});

test('bodies that are too large, broken, too deep or of an unknown type are refused, and the server goes on', async (t) => {
  const { call } = await startPlane(t);
  const post = async (body: Buffer | string, contentType = 'application/json') => {
    const answer = await call('POST', mapsPath, { body, headers: { 'content-type': contentType } });
    return [answer.code, answer.body.reason];
  };
  assert.deepEqual(await post('x'.repeat(3 * 1024 * 1024 + 1)), [413, 'RequestEntityTooLarge']);
  assert.deepEqual(await post('{"metadata": {'), [400, 'BadRequest']);
  assert.deepEqual(await post('['.repeat(1_000_000)), [400, 'BadRequest']);
  assert.deepEqual(await post(`{"a":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`), [400, 'BadRequest']);
  assert.deepEqual(await post('[]'), [400, 'BadRequest']);
  assert.deepEqual(await post(''), [400, 'BadRequest']);
  assert.deepEqual(await post('{"metadata":{"name":5}}'), [400, 'BadRequest']);
  assert.deepEqual(await post('{"metadata":{"name":"a","labels":{"__proto__":"x"}}}'), [400, 'BadRequest']);
  assert.deepEqual(await post('hello', 'text/plain'), [415, 'UnsupportedMediaType']);
  const protobuf = 'application/vnd.kubernetes.protobuf';
  for (const bytes of [
    'k8s\0',
    'k8s\0\xff\xff\xff\xff\xff',
    'nonsense',
    `k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\xff\xff\xff\xff\x0f`,
  ])
    assert.deepEqual(await post(Buffer.from(bytes, 'latin1'), protobuf), [400, 'BadRequest']);
  assert.equal((await call('GET', mapsPath)).body.items.length, 0);
});

test('a body that grows without end is cut off at the limit', async (t) => {
  const { plane } = await startPlane(t);
  const { access } = plane;
  const outgoing = request(`${plane.url}${mapsPath}`, {
    method: 'POST',
    ca: access.ca,
    cert: access.clientCertificate,
    key: access.clientKey,
    headers: json,
    agent: false,
  });
  outgoing.on('error', () => {});
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const closed = once(outgoing, 'close');
  const more = () => {
    while (!outgoing.destroyed && sent < 200 * 1024 * 1024) {
      sent += chunk.length;
      if (!outgoing.write(chunk)) return void outgoing.once('drain', more);
    }
  };
  more();
  const [response] = await once(outgoing, 'response');
  assert.equal(response.statusCode, 413);
  response.resume();
  await closed;
  assert.ok(sent < 100 * 1024 * 1024);
});

test('paths, methods, queries and headers that make no sense are refused', async (t) => {
  const { call } = await startPlane(t);
  const codes = async (...cases: [string, string, number][]) => {
    for (const [method, path, code] of cases) assert.equal((await call(method, path)).code, code, `${method} ${path}`);
  };
  await codes(
    ['GET', '/api/v1/%zz', 400],
    ['GET', '/nope', 404],
    ['GET', '/api/v2', 404],
    ['GET', '/api/v1/nopes', 404],
    ['GET', '/apis/apps/v1/pods', 404],
    ['GET', '/api/v1/pods/a', 404],
    ['GET', `${podsPath}/a/b`, 404],
    ['GET', `${podsPath}/a/b/c/d`, 404],
    ['GET', '/api/v1/namespaces/default/namespaces/default', 404],
    ['GET', '/api/v1/namespaces/default/constructor', 404],
    ['GET', `${podsPath}?limit=-x`, 400],
    ['GET', `${podsPath}?labelSelector=${'a'.repeat(20_000)}`, 400],
    ['GET', `${podsPath}?labelSelector=${encodeURIComponent('a in (((')}`, 400],
    ['GET', `${podsPath}?fieldSelector=%3D`, 400],
    ['GET', `/${'a'.repeat(40_000)}`, 400],
    ['POST', '/api', 405],
    ['POST', '/api/v1', 404],
    ['OPTIONS', podsPath, 405],
    ['PUT', podsPath, 405],
    ['POST', `${podsPath}/a`, 405],
    ['DELETE', '/version', 405],
  );
  assert.equal((await call('POST', `${podsPath}/a/exec`)).body.message, 'pods/exec is not served by this API server');
  const large = await call('GET', podsPath, { headers: { 'x-large': 'x'.repeat(100_000) } });
  assert.equal(large.code, 431);
});

test('what is not TLS or not HTTP is turned away and counted', async (t) => {
  const { plane, call, metrics } = await startPlane(t);
  const plain = connectTcp(plane.port, '127.0.0.1');
  plain.on('error', () => {});
  plain.end('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  plain.resume();
  await once(plain, 'close');
  const tls = connect({ port: plane.port, host: '127.0.0.1', ca: plane.access.ca });
  await once(tls, 'secureConnect');
  tls.write('\x00\x01 nonsense\r\n\r\n');
  const [answer] = await once(tls, 'data');
  assert.match(String(answer), /^HTTP\/1.1 400 /);
  tls.destroy();
  assert.equal((await call('GET', '/healthz')).code, 200);
  assert.match(metrics.exposition(), /taffrail_api_broken_connections_total\{layer="http"\} 1/);
  assert.match(metrics.exposition(), /taffrail_api_broken_connections_total\{layer="tls"\} 1/);
});

async function open(plane: StartedPlane, count: number): Promise<Watched[]> {
  const watches: Watched[] = [];
  while (watches.length < count) {
    const batch = Array.from({ length: Math.min(50, count - watches.length) }, () =>
      plane.watch(`${mapsPath}?watch=1`),
    );
    watches.push(...(await Promise.all(batch)));
  }
  return watches;
}

test('watches beyond the limit are refused with 429; the others go on, and a place that is left can be taken', async (t) => {
  const plane = await startPlane(t, { limits: { watchesMax: 300 } });
  const watches = await open(plane, 300);
  const refused = await plane.call('GET', `${mapsPath}?watch=1`);
  assert.deepEqual([refused.code, refused.body.reason, refused.headers['retry-after']], [429, 'TooManyRequests', '5']);
  await plane.call('POST', mapsPath, { body: mapNamed('a') });
  const events = await Promise.all(watches.map((watch) => watch.next()));
  assert.ok(events.every(({ type, object }) => type === 'ADDED' && object.metadata.name === 'a'));
  watches[0]!.stop();
  while (!plane.metrics.exposition().includes('taffrail_api_watches_running 299')) await systemClock.sleep(5);
  const [again] = await open(plane, 1);
  assert.equal(again!.response.statusCode, 200);
  for (const watch of watches) watch.stop();
  again!.stop();
});

test('short requests beyond the limit are refused with 429 and are told when to come back', async (t) => {
  const plane = await startPlane(t, { limits: { requestsMax: 1 } });
  const { access, url } = plane.plane;
  const slow = request(`${url}${mapsPath}`, {
    method: 'POST',
    ca: access.ca,
    cert: access.clientCertificate,
    key: access.clientKey,
    headers: json,
    agent: false,
  });
  slow.on('error', () => {});
  slow.write('{');
  while (!plane.metrics.exposition().includes('taffrail_api_requests_running 1')) await systemClock.sleep(5);
  const refused = await plane.call('GET', mapsPath);
  assert.deepEqual([refused.code, refused.headers['retry-after']], [429, '1']);
  slow.destroy();
  while (!plane.metrics.exposition().includes('taffrail_api_requests_running 0')) await systemClock.sleep(5);
  assert.equal((await plane.call('GET', mapsPath)).code, 200);
});

test('a client that does not take its answer is cut off, and its place is free again', async (t) => {
  const plane = await startPlane(t, { limits: { requestTimeoutMs: 700, headersTimeoutMs: 500 } });
  for (let at = 0; at < 12; at++)
    await plane.call('POST', mapsPath, { body: mapNamed(`m${at}`, { x: 'x'.repeat(900_000) }) });
  const { access, url } = plane.plane;
  const { ca, clientCertificate: cert, clientKey: key } = access;
  const outgoing = request(`${url}${mapsPath}`, { ca, cert, key, agent: false });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  response.on('error', () => {});
  while (!plane.metrics.exposition().includes('taffrail_api_requests_running 0')) await systemClock.sleep(20);
  response.resume();
  await assert.rejects(once(response, 'end', { signal: AbortSignal.timeout(2000) }));
  assert.equal(response.complete, false);
});

test('connections beyond the limit are closed and counted', async (t) => {
  const plane = await startPlane(t, { limits: { connectionsMax: 3 } });
  const sockets = Array.from({ length: 3 }, () => connectTcp(plane.plane.port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  await assert.rejects(plane.call('GET', '/healthz'));
  assert.match(plane.metrics.exposition(), /taffrail_api_broken_connections_total\{layer="tcp"\} 1/);
  for (const socket of sockets) socket.destroy();
});

test('a TLS session that is taken up again is still the same user, and no other', async (t) => {
  const plane = await startPlane(t);
  const { ca, clientCertificate: cert, clientKey: key } = plane.plane.access;
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 10 });
  const reused: boolean[] = [];
  for (let at = 0; at < 3; at++) {
    const outgoing = request(`${plane.plane.url}${podsPath}`, { ca, cert, key, agent });
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    reused.push(response.socket.isSessionReused());
    assert.equal(response.statusCode, 200);
    response.resume();
    await once(response, 'end');
  }
  assert.ok(reused.includes(true), 'a session was taken up again');
});
