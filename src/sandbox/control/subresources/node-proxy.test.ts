import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlane } from '../started-plane.ts';
import { startKubelet } from './kubelet-under-test.ts';

const proxyPath = '/api/v1/nodes/n/proxy';

test('what the kubelet has comes through the API server, with its code, type and bytes', async (t) => {
  const plane = await startPlane(t);
  const asked: string[] = [];
  await startKubelet(t, plane, (incoming, response) => {
    asked.push(incoming.url!);
    const code = incoming.url!.startsWith('/metrics') ? 200 : 404;
    response.writeHead(code, { 'content-type': 'text/plain; version=0.0.4' }).end(`answer to ${incoming.url}`);
  });
  const page = await plane.call('GET', `${proxyPath}/metrics/resource?a=b%26c`);
  assert.deepEqual([page.code, page.text], [200, 'answer to /metrics/resource?a=b%26c']);
  assert.equal(page.headers['content-type'], 'text/plain; version=0.0.4');
  assert.equal((await plane.call('GET', `${proxyPath}/a%2Fb/nope`)).code, 404);
  assert.equal((await plane.call('GET', proxyPath)).code, 404);
  assert.deepEqual(asked, ['/metrics/resource?a=b%26c', '/a%2Fb/nope', '/']);
});

test('an answer that the kubelet cuts short is cut short for the reader too', async (t) => {
  const plane = await startPlane(t);
  await startKubelet(t, plane, (_, response) => {
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  await assert.rejects(plane.call('GET', `${proxyPath}/metrics`), { code: 'ECONNRESET' });
});

test('nothing is written through the proxy, and nobody reads through it without a right to', async (t) => {
  const plane = await startPlane(t);
  await startKubelet(t, plane, (_, response) => response.end('secret'));
  assert.equal((await plane.call('POST', `${proxyPath}/run/default/a/b`, { body: {} })).code, 405);
  const token = await plane.plane.accessFor('somebody', []).token!();
  const headers = { authorization: `Bearer ${token}` };
  const refused = await plane.call('GET', `${proxyPath}/metrics`, { headers, tls: { ca: plane.plane.access.ca! } });
  assert.equal(refused.code, 403);
  assert.match(refused.body.message, /cannot get resource "nodes\/proxy" in API group ""/);
  assert.equal((await plane.call('GET', '/api/v1/nodes/none/proxy/metrics')).body.message, 'nodes "none" not found');
});
