import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { type StartedPlane, scratchDirectory, startPlane } from '../../sandbox/control/started-plane.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { createClient } from '../client/http-client.ts';
import { openPki } from '../pki/pki.ts';
import { startDelegation } from './delegate.ts';
import { allowThings, serviceToken, startDelegated, thing } from './delegation-under-test.ts';

const configuration = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
const reviews = (asked: readonly string[]) => asked.filter((path) => path.endsWith('reviews')).length;

async function until(what: string, ask: () => Promise<boolean> | boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await ask()) return;
    await sleep(25);
  }
  assert.fail(`waited in vain: ${what}`);
}

test('the front proxy says who is asking, with groups and whatever else it knows', async (t) => {
  const { call, as, plane } = await startDelegated(t);
  await allowThings(plane, { kind: 'Group', name: 'readers' });
  const proxy = await as('front-proxy-client', [], 'front-proxy-ca');
  const headers = {
    'X-Remote-User': 'ann',
    'X-Remote-Group': ['people', 'readers'],
    'X-Remote-Extra-Scopes.Example.com%2Fkind': ['a', 'b'],
    'X-Remote-Uid': '42',
  };
  const { code, body } = await call(thing, { ...proxy, headers });
  assert.equal(code, 200);
  assert.deepEqual(body.user, {
    name: 'ann',
    uid: '42',
    groups: ['people', 'readers', 'system:authenticated'],
    extra: { 'scopes.example.com/kind': ['a', 'b'] },
  });
  const other = await call(thing, { ...proxy, headers: { 'X-Remote-User': 'eve' } });
  assert.equal(other.code, 403);
});

test('anonymous users that the front proxy passes on stay anonymous', async (t) => {
  const { call, as } = await startDelegated(t);
  const proxy = await as('front-proxy-client', [], 'front-proxy-ca');
  const headers = { 'X-Remote-User': 'system:anonymous', 'X-Remote-Group': 'system:unauthenticated' };
  const { code, body } = await call(thing, { ...proxy, headers });
  assert.deepEqual([code, body.reason], [403, 'Forbidden']);
});

test('a client certificate names its user, and carries its fingerprint along', async (t) => {
  const { call, as, plane } = await startDelegated(t);
  await allowThings(plane, { kind: 'Group', name: 'people' });
  const { code, body } = await call(thing, await as('ann', ['people']));
  assert.equal(code, 200);
  assert.deepEqual([body.user.name, body.user.groups], ['ann', ['people', 'system:authenticated']]);
  assert.match(body.user.extra['authentication.kubernetes.io/credential-id'][0], /^X509SHA256=[0-9a-f]{64}$/);
});

test('members of system:masters, and health, cost no review; a bad certificate does not spoil a good token', async (t) => {
  const { call, as, plane, proxy, tokenOf, pki } = await startDelegated(t);
  await allowThings(plane, { kind: 'ServiceAccount', namespace: 'default', name: 'robot' });
  const before = reviews(proxy.asked);
  assert.equal((await call(thing, await as('admin', ['system:masters']))).code, 200);
  assert.equal((await call('/readyz')).code, 200);
  assert.equal(reviews(proxy.asked), before);
  const other = await openPki(scratchDirectory(t), systemClock);
  const { certificate: cert, key } = await other.client('eve', ['system:masters']);
  const headers = { authorization: `Bearer ${await tokenOf('robot')}` };
  const { code, body } = await call(thing, { cert, key, headers, ca: pki.ca });
  assert.deepEqual([code, body.user.name], [200, 'system:serviceaccount:default:robot']);
});

test('answers are known for ten seconds: a token, a yes and a no', async (t) => {
  let monotonicMs = 0;
  const clock = { ...systemClock, monotonicMs: () => monotonicMs };
  const { call, plane, proxy, tokenOf } = await startDelegated(t, { clock });
  const headers = { authorization: `Bearer ${await tokenOf('robot')}` };
  const ask = async () => (await call(thing, { headers })).code;
  assert.equal(await ask(), 403);
  assert.equal(reviews(proxy.asked), 2);
  await allowThings(plane, { kind: 'ServiceAccount', namespace: 'default', name: 'robot' });
  monotonicMs = 9_999;
  assert.equal(await ask(), 403);
  assert.equal(reviews(proxy.asked), 2);
  monotonicMs = 10_001;
  assert.equal(await ask(), 200);
  assert.equal(await ask(), 200);
  assert.equal(reviews(proxy.asked), 4);
});

test('many requests with one token are one review', async (t) => {
  const { call, proxy, tokenOf } = await startDelegated(t);
  const headers = { authorization: `Bearer ${await tokenOf('robot')}` };
  const codes = await Promise.all([1, 2, 3, 4, 5].map(async () => (await call(thing, { headers })).code));
  assert.deepEqual(codes, [403, 403, 403, 403, 403]);
  assert.equal(proxy.asked.filter((path) => path.endsWith('/tokenreviews')).length, 1);
});

test('a review that fails in passing is asked for again', async (t) => {
  const { call, plane, proxy, tokenOf } = await startDelegated(t);
  await allowThings(plane, { kind: 'ServiceAccount', namespace: 'default', name: 'robot' });
  const headers = { authorization: `Bearer ${await tokenOf('robot')}` };
  proxy.failures = 1;
  assert.equal((await call(thing, { headers })).code, 200);
});

test('a front proxy with a new authority is believed as soon as the ConfigMap says so, and the old one no more', async (t) => {
  const { call, as, plane, pki, delegation } = await startDelegated(t);
  const told: (readonly string[])[] = [];
  delegation.onClientCas((clientCas) => {
    told.push(clientCas);
    throw new Error('a listener that fails ends nothing');
  });
  assert.deepEqual(told, [[pki.ca, pki.frontProxyCa]], 'who comes late is told at once');
  const other = await openPki(scratchDirectory(t), systemClock);
  const old = await as('front-proxy-client', [], 'front-proxy-ca');
  const { certificate: cert, key } = await other.client('front-proxy-client', [], 'front-proxy-ca');
  const headers = { 'x-remote-user': 'ann', 'x-remote-group': 'system:masters' };
  assert.equal((await call(thing, { ...old, headers })).code, 200);
  assert.equal((await call(thing, { cert, key, headers })).code, 401);
  const patch = (data: Record<string, string>) =>
    plane.call('PATCH', configuration, {
      body: { data },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
  await patch({ 'requestheader-client-ca-file': 'nonsense' });
  await patch({ 'requestheader-client-ca-file': other.frontProxyCa });
  await until('the new one is believed', async () => (await call(thing, { cert, key, headers })).code === 200);
  assert.equal((await call(thing, { ...old, headers })).code, 401);
  await patch({ 'requestheader-allowed-names': '["somebody-else"]' });
  await until('the name is not allowed', async () => (await call(thing, { cert, key, headers })).code === 401);
  await patch({ 'requestheader-client-ca-file': pki.frontProxyCa, 'requestheader-allowed-names': 'not a list' });
  await sleep(100);
  assert.equal((await call(thing, { ...old, headers })).code, 401, 'what cannot be read changes nothing');
});

test('authorities of files go before the ConfigMap, and are read again when they change', async (t) => {
  const directory = scratchDirectory(t);
  const [first, second] = [
    await openPki(join(directory, 'a'), systemClock),
    await openPki(join(directory, 'b'), systemClock),
  ];
  const clientCaFile = join(directory, 'ca.pem');
  writeFileSync(clientCaFile, first.ca);
  const { call } = await startDelegated(t, { settings: { clientCaFile, fileCheckMs: 20 } });
  const codeOf = async (pki: typeof first) => {
    const { certificate: cert, key } = await pki.client('ann', ['system:masters']);
    return (await call(thing, { cert, key })).code;
  };
  assert.deepEqual([await codeOf(first), await codeOf(second)], [200, 401]);
  writeFileSync(clientCaFile, `${second.ca}\n`);
  await until('the second is believed', async () => (await codeOf(second)) === 200);
  assert.equal(await codeOf(first), 401);
});

async function accountClient(plane: StartedPlane, account: string) {
  const token = await serviceToken(plane, 'kube-system', account);
  const { ca, server } = plane.plane.access;
  return createClient({ server, ca, token: async () => token, namespace: 'kube-system' });
}

test('an account that may not read the ConfigMap is told what is missing, or goes on without where that is tolerated', async (t) => {
  const plane = await startPlane(t);
  const client = await accountClient(plane, 'extension');
  const parts = { authentication: client, authorization: client, log: silentLogger, metrics: new MetricsRegistry() };
  const strict = startDelegation(parts);
  const tolerant = startDelegation({ ...parts, settings: { tolerateLookupFailure: true } });
  t.after(() => {
    strict.close();
    tolerant.close();
    client.close();
  });
  await assert.rejects(strict.lookedUp, { code: 'forbidden', hint: /extension-apiserver-authentication-reader/ });
  assert.match(strict.missing() ?? '', /cannot be read/);
  await tolerant.lookedUp;
  assert.equal(tolerant.missing(), undefined);
  assert.deepEqual(tolerant.clientCas(), []);
});
