import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Fault } from '../../base/fault.ts';
import { issue } from '../pki/certificate.ts';
import type { ClusterAccess, KubernetesClient } from './client.ts';
import { deleteExactly } from './delete-exactly.ts';
import { createClient } from './http-client.ts';
import { type Answer, type ScriptedServer, sendJson, startScriptedServer } from './scripted-server.ts';
import { ApiError } from './status.ts';

let server: ScriptedServer;
let client: KubernetesClient;

async function start(answer: Answer, access: Partial<ClusterAccess> = {}, limits = {}): Promise<void> {
  server = await startScriptedServer(issue, answer);
  client = createClient({ ...server.access, ...access }, limits);
}

afterEach(async () => {
  client.close();
  await server.close();
});

test('a request carries method, query, body, kind of patch and token', async () => {
  let seen: unknown;
  await start(
    async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { authorization, 'content-type': contentType } = request.headers;
      seen = { method: request.method, url: request.url, body, authorization, contentType };
      sendJson(response, { metadata: { name: 'a' } });
    },
    { token: async () => 'secret' },
  );
  const answer = await client.request('/api/v1/nodes/a', {
    method: 'PATCH',
    query: { fieldManager: 'x y', force: true, absent: undefined },
    body: { metadata: { labels: { a: 'é' } } },
    contentType: 'application/merge-patch+json',
  });
  assert.deepEqual(answer, { metadata: { name: 'a' } });
  assert.deepEqual(seen, {
    method: 'PATCH',
    url: '/api/v1/nodes/a?fieldManager=x+y&force=true',
    body: '{"metadata":{"labels":{"a":"é"}}}',
    authorization: 'Bearer secret',
    contentType: 'application/merge-patch+json',
  });
});

test('an object is deleted by its uid, and one that has gone or has been replaced is not', async () => {
  const bodies: unknown[] = [];
  const codes = [200, 404, 409, 403];
  await start(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(JSON.parse(body));
    sendJson(response, {}, codes[bodies.length - 1]);
  });
  const deleted = () => deleteExactly(client, '/api/v1/nodes/a', 'u', { gracePeriodSeconds: 0 });
  assert.deepEqual([await deleted(), await deleted(), await deleted()], [true, false, false]);
  await assert.rejects(deleted(), { code: 403 });
  const sent = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: 'u' } };
  assert.deepEqual(bodies[0], sent);
});

test('a Status becomes an ApiError with its code, reason, message, details and Retry-After', async () => {
  await start((_, response) => {
    response.setHeader('retry-after', '7');
    const status = {
      kind: 'Status',
      code: 429,
      reason: 'TooManyRequests',
      message: 'slow down',
      details: { kind: 'pods' },
    };
    sendJson(response, status, 429);
  });
  await assert.rejects(client.request('/api'), (error) => {
    assert(error instanceof ApiError);
    assert.equal(error.code, 429);
    assert.equal(error.reason, 'TooManyRequests');
    assert.equal(error.message, 'slow down');
    assert.deepEqual(error.details, { kind: 'pods' });
    assert.equal(error.retryAfterMs, 7000);
    return true;
  });
});

test('an answer that is no Status, as a proxy gives one, keeps its text', async () => {
  await start((_, response) => void response.writeHead(503).end('upstream is gone\n'));
  await assert.rejects(client.stream('/x'), {
    name: 'ApiError',
    code: 503,
    reason: 'ServiceUnavailable',
    message: 'upstream is gone',
  });
});

test('401 is told to whoever keeps the credential', async () => {
  let told = 0;
  await start((_, response) => sendJson(response, {}, 401), { onUnauthorized: () => told++ });
  await assert.rejects(client.request('/x'), { code: 401, reason: 'Unauthorized' });
  assert.equal(told, 1);
});

test('an answer larger than the limit is refused before it is held', async () => {
  await start((_, response) => void response.end(Buffer.alloc(2_000_000, 0x20)), {}, { answerBytesMax: 1_000_000 });
  await assert.rejects(client.request('/x'), /larger than answerBytesMax \(1000000 bytes\)/);
});

test('a server that never answers ends in a Fault after the time-out, also within the body', async () => {
  await start((request, response) => {
    if (request.url === '/half') response.write('{"a":');
  });
  for (const path of ['/never', '/half']) {
    await assert.rejects(client.request(path, { timeoutMs: 100 }), (error) => {
      assert(error instanceof Fault && error.code === 'unavailable');
      return /did not answer within 0.1 s/.test(error.message);
    });
  }
  await assert.rejects(client.stream('/never', { timeoutMs: 100 }), /did not answer within 0.1 s/);
});

test('an aborted request rejects with the reason of the signal', async () => {
  await start(() => {});
  const reason = new Error('enough');
  await assert.rejects(client.request('/x', { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const pending = client.request('/x', { signal: controller.signal });
  await once(server.server, 'request');
  controller.abort(reason);
  await assert.rejects(pending, reason);
});

test('a stream outlives the time-out, gives every byte, and ends with the signal', async () => {
  const blob = Buffer.from([0, 255, 10, 13, 200]);
  await start((_, response) => {
    response.write(blob);
    setTimeout(() => response.write(blob), 1500);
  });
  const controller = new AbortController();
  const reason = new Error('enough');
  const seen: Buffer[] = [];
  await assert.rejects(async () => {
    for await (const chunk of await client.stream('/x', { timeoutMs: 1000, signal: controller.signal })) {
      seen.push(chunk);
      if (seen.length === 2) controller.abort(reason);
    }
  }, reason);
  assert.deepEqual(Buffer.concat(seen), Buffer.concat([blob, blob]));
});

test('a stream that the server cuts rejects, and does not pass for a whole one', async () => {
  await start((_, response) => {
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  await assert.rejects(async () => {
    for await (const _ of await client.stream('/x'));
  }, /cannot reach the Kubernetes API at https:/);
});

test('a reader that stops reading a stream closes its connection', async () => {
  await start((_, response) => void response.write('x'));
  const closed = once(server.server, 'request').then(([, response]) => once(response, 'close'));
  for await (const _ of await client.stream('/x')) break;
  await closed;
});

test('connections are kept, and one that the server closed meanwhile is replaced without an error', async () => {
  const sockets = new Set<unknown>();
  await start((request, response) => {
    sockets.add(request.socket);
    sendJson(response, {});
  });
  await client.request('/1');
  await client.request('/2');
  assert.equal(sockets.size, 1);
  for (const socket of sockets) (socket as TLSSocket).destroy();
  await client.request('/3');
  assert.equal(sockets.size, 2);
});

test('a server whose certificate nobody vouches for is refused, with a hint', async () => {
  await start((_, response) => sendJson(response, {}));
  const other = createClient({ server: server.access.server, namespace: 'default' });
  await assert.rejects(
    other.request('/x'),
    (error) => error instanceof Fault && /certificate-authority/.test(error.hint ?? ''),
  );
  other.close();
  const trusting = createClient({ server: server.access.server, namespace: 'default', insecureSkipTlsVerify: true });
  await trusting.request('/x');
  trusting.close();
});

test('tls-server-name is the name that the certificate must carry', async () => {
  await start((_, response) => sendJson(response, {}), { tlsServerName: 'other.test' });
  await assert.rejects(client.request('/x'), /altnames/);
  const named = createClient({ ...server.access, tlsServerName: 'api.test' });
  await named.request('/x');
  named.close();
});

test('a client certificate that rotates is used from the next request on', async () => {
  const names: string[] = [];
  await start((request, response) => {
    names.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
    sendJson(response, {});
  });
  const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
  const access: ClusterAccess = { ...server.access };
  const rotating = createClient(access);
  for (const name of ['first', 'second']) {
    const pair = await issue({ use: 'client', name, groups: [] }, validity, server.authority);
    access.clientCertificate = pair.certificate;
    access.clientKey = pair.key;
    await rotating.request('/x');
  }
  rotating.close();
  assert.deepEqual(names, ['first', 'second']);
});
