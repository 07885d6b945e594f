import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { systemClock } from '../../base/clock.ts';
import { issue } from '../pki/certificate.ts';
import { openPki } from '../pki/pki.ts';
import { allowThings, type Called, type Cleanup, startDelegated, thing } from './delegation-under-test.ts';

const masters = { 'x-remote-user': 'taffrail-admin', 'x-remote-group': 'system:masters' };
const anonymous =
  'User "system:anonymous" cannot get resource "things" in API group "example.com" in the namespace "default"';

function assertUnauthorized({ code, body }: Called): void {
  assert.deepEqual(body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });
  assert.equal(code, 401);
}

function assertForbidden({ code, body }: Called, why: string): void {
  assert.deepEqual(body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `things.example.com "one" is forbidden: ${why}`,
    reason: 'Forbidden',
    details: { name: 'one', group: 'example.com', kind: 'things' },
    code: 403,
  });
  assert.equal(code, 403);
}

async function otherPki(t: Cleanup) {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-other-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return openPki(directory, systemClock);
}

test('without credentials one is anonymous, and may do nothing', async (t) => {
  const { call } = await startDelegated(t);
  assertForbidden(await call(thing), anonymous);
  const { code, body } = await call('/apis');
  assert.deepEqual([code, body.message], [403, 'forbidden: User "system:anonymous" cannot get path "/apis"']);
});

test('headers that name a user count for nothing without the front proxy certificate', async (t) => {
  const { call, as, plane } = await startDelegated(t);
  await allowThings(plane, { kind: 'User', name: 'bob' });
  assertForbidden(await call(thing, { headers: masters }), anonymous);
  const ann = await as('ann', ['people']);
  const own = 'User "ann" cannot get resource "things" in API group "example.com" in the namespace "default"';
  assertForbidden(await call(thing, { ...ann, headers: masters }), own);
  const bob = await call(thing, { ...(await as('bob', [])), headers: masters });
  assert.deepEqual([bob.code, bob.body.user.name], [200, 'bob']);
});

test('a certificate of another authority is refused, whatever it names', async (t) => {
  const { call } = await startDelegated(t);
  const other = await otherPki(t);
  for (const authority of ['ca', 'front-proxy-ca'] as const) {
    const { certificate: cert, key } = await other.client('front-proxy-client', ['system:masters'], authority);
    assertUnauthorized(await call(thing, { cert, key }));
    assertUnauthorized(await call(thing, { cert, key, headers: masters }));
  }
});

test('a proxy certificate with a name that is not allowed is refused', async (t) => {
  const { call, as } = await startDelegated(t);
  const impostor = await as('impostor', ['system:masters'], 'front-proxy-ca');
  assertUnauthorized(await call(thing, { ...impostor, headers: masters }));
});

test('the front proxy that names nobody is nobody', async (t) => {
  const { call, as } = await startDelegated(t);
  const proxy = await as('front-proxy-client', ['system:masters'], 'front-proxy-ca');
  assertUnauthorized(await call(thing, proxy));
  assertUnauthorized(await call(thing, { ...proxy, headers: { 'x-remote-group': 'system:masters' } }));
});

test('certificates that have ended, have not begun, or are for servers are refused', async (t) => {
  const { call, plane, pki } = await startDelegated(t);
  const key = readFileSync(join(plane.dataDir, 'pki', 'ca.key'), 'utf8');
  const authority = { certificate: pki.ca, key };
  const now = Date.now();
  const client = { use: 'client', name: 'taffrail-admin', groups: ['system:masters'] } as const;
  const hour = 3600_000;
  const made = [
    await issue(client, { notBeforeMs: now - 2 * hour, notAfterMs: now - hour }, authority),
    await issue(client, { notBeforeMs: now + hour, notAfterMs: now + 2 * hour }, authority),
    await issue(
      { use: 'server', name: 'taffrail-admin', groups: ['system:masters'], hosts: ['127.0.0.1'] },
      { notBeforeMs: now - hour, notAfterMs: now + hour },
      authority,
    ),
  ];
  for (const pair of made) assertUnauthorized(await call(thing, { cert: pair.certificate, key: pair.key }));
  const good = await issue(client, { notBeforeMs: now - hour, notAfterMs: now + hour }, authority);
  assert.equal((await call(thing, { cert: good.certificate, key: good.key })).code, 200);
});

test('a certificate signed by a client of the cluster does not become one', async (t) => {
  const { call, pki } = await startDelegated(t);
  const ann = await pki.client('ann', []);
  const now = Date.now();
  const forged = await issue(
    { use: 'client', name: 'taffrail-admin', groups: ['system:masters'] },
    { notBeforeMs: now - 3600_000, notAfterMs: now + 3600_000 },
    ann,
  );
  assertUnauthorized(await call(thing, { cert: `${forged.certificate}${ann.certificate}`, key: forged.key }));
});

test('an intermediate authority counts where the cluster names it, and not because a client sends it along', async (t) => {
  const { call, pki, plane } = await startDelegated(t);
  const authority = { certificate: pki.ca, key: readFileSync(join(plane.dataDir, 'pki', 'ca.key'), 'utf8') };
  const now = Date.now();
  const validity = { notBeforeMs: now - 3600_000, notAfterMs: now + 3600_000 };
  const middle = await issue({ use: 'authority', name: 'middle' }, validity, authority);
  const leaf = await issue({ use: 'client', name: 'ann', groups: ['system:masters'] }, validity, middle);
  const chain = { cert: `${leaf.certificate}${middle.certificate}`, key: leaf.key };
  assertUnauthorized(await call(thing, chain));
  const configuration = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
  await plane.call('PATCH', configuration, {
    body: { data: { 'client-ca-file': `${middle.certificate}${pki.ca}` } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  const alone = { cert: leaf.certificate, key: leaf.key };
  let last = await call(thing, alone);
  for (let attempt = 0; attempt < 200 && last.code !== 200; attempt++) last = await call(thing, alone);
  assert.deepEqual([last.code, last.body.user?.name], [200, 'ann']);
});

test('tokens that nobody has given out, or that have ended, are refused', async (t) => {
  let nowMs = Date.now();
  const { call, plane, tokenOf } = await startDelegated(t, {
    planeClock: { ...systemClock, nowMs: () => nowMs },
    settings: { tokenTtlMs: 0 },
  });
  await allowThings(plane, { kind: 'ServiceAccount', namespace: 'default', name: 'robot' });
  const token = await tokenOf('robot');
  const bearer = (credential: string) => ({ headers: { authorization: `Bearer ${credential}` } });
  const good = await call(thing, bearer(token));
  assert.deepEqual([good.code, good.body.user.name], [200, 'system:serviceaccount:default:robot']);
  assertUnauthorized(await call(thing, bearer('none-of-ours')));
  assertUnauthorized(await call(thing, bearer(`${token.slice(0, -4)}AAAA`)));
  assertUnauthorized(await call(thing, bearer('x'.repeat(60_000))));
  nowMs += 601_000;
  assertUnauthorized(await call(thing, bearer(token)));
});

test('a user without rights is told so, by name', async (t) => {
  const { call, tokenOf } = await startDelegated(t);
  const headers = { authorization: `Bearer ${await tokenOf('visitor')}`, ...masters };
  const who = 'User "system:serviceaccount:default:visitor"';
  assertForbidden(
    await call(thing, { headers }),
    `${who} cannot get resource "things" in API group "example.com" in the namespace "default"`,
  );
});

test('a TokenReview that hangs lets nobody in', async (t) => {
  const { call, tokenOf, proxy } = await startDelegated(t, { settings: { reviewTimeoutMs: 200 } });
  const headers = { authorization: `Bearer ${await tokenOf('robot')}` };
  proxy.hanging.add('/tokenreviews');
  assertUnauthorized(await call(thing, { headers }));
});

test('a SubjectAccessReview that hangs lets nobody in', async (t) => {
  const { call, as, plane, proxy } = await startDelegated(t, { settings: { reviewTimeoutMs: 200 } });
  await allowThings(plane, { kind: 'User', name: 'ann' });
  proxy.hanging.add('/subjectaccessreviews');
  const { code, body } = await call(thing, await as('ann', []));
  assert.deepEqual([code, body.kind, body.reason], [500, 'Status', 'InternalError']);
});

test('more reviews than the limit are refused, and none of those who wait is let in', async (t) => {
  const settings = { reviewsRunningMax: 2, reviewTimeoutMs: 500 };
  const { call, proxy } = await startDelegated(t, { settings });
  proxy.hanging.add('/tokenreviews');
  const calls = [1, 2, 3].map((n) => call(thing, { headers: { authorization: `Bearer token-${n}` } }));
  const codes = (await Promise.all(calls)).map(({ code }) => code).sort();
  assert.deepEqual(codes, [401, 401, 429]);
});

test('headers that are too long are refused before anything is asked', async (t) => {
  const { call, proxy } = await startDelegated(t, { limits: { headerBytesMax: 8192 } });
  const headers = { authorization: `Bearer ${'x'.repeat(10_000)}`, 'x-remote-group': 'system:masters' };
  assert.equal((await call(thing, { headers })).code, 431);
  assert.deepEqual(
    proxy.asked.filter((path) => path.endsWith('reviews')),
    [],
  );
});

test('a client that dribbles its headers is cut off, and others are served meanwhile', async (t) => {
  const { call, as, pki, server } = await startDelegated(t, { limits: { headersTimeoutMs: 300 } });
  const { cert, key } = await as('taffrail-admin', ['system:masters']);
  const slow = connect({ host: '127.0.0.1', port: server.port, ca: pki.ca, cert: cert as string, key: key as string });
  await once(slow, 'secureConnect');
  let answer = '';
  slow.on('data', (chunk) => (answer += chunk));
  slow.on('error', () => {});
  const ended = once(slow, 'close');
  slow.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n`);
  const dribble = setInterval(() => slow.write('X-A: b\r\n'), 50);
  t.after(() => clearInterval(dribble));
  assert.equal((await call(thing, { cert, key })).code, 200);
  await ended;
  clearInterval(dribble);
  assert.match(answer, /^HTTP\/1\.1 408 /);
});

test('who was refused keeps no connection', async (t) => {
  const { pki, server } = await startDelegated(t);
  const outgoing = request(`${server.url}${thing}`, { ca: pki.ca, headers: { authorization: 'Bearer no' } });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  response.resume();
  assert.equal(response.headers.connection, 'close');
});
