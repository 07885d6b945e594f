import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { podNamed, podsPath, type StartedPlane, startPlane } from './started-plane.ts';

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const us = 'https://kubernetes.default.svc.cluster.local';

const make = async ({ call }: StartedPlane, spec: object, account = 'default') =>
  call('POST', `${accounts}/${account}/token`, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  });

const whoAmI = ({ call }: StartedPlane, token: string) =>
  call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    tls: null,
    headers: { authorization: `Bearer ${token}` },
    body: {},
  });

const review = async ({ call }: StartedPlane, token: string, audiences: string[] = []) =>
  (await call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token, audiences } } })).body
    .status;

test('a token of a service account is that account, at the API and in a review', async (t) => {
  const plane = await startPlane(t);
  const { body } = await make(plane, {});
  assert.deepEqual([body.spec.expirationSeconds, body.spec.audiences], [3600, [us]]);
  const me = (await whoAmI(plane, body.status.token)).body.status.userInfo;
  assert.deepEqual(
    [me.username, me.groups],
    [
      'system:serviceaccount:default:default',
      ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    ],
  );
  const status = await review(plane, body.status.token);
  assert.deepEqual([status.authenticated, status.user.username, status.audiences], [true, me.username, [us]]);
});

test('a token for somebody else opens nothing here, and is reviewed for whom it is for', async (t) => {
  const plane = await startPlane(t);
  const { token } = (await make(plane, { audiences: ['taffrail', 'other'] })).body.status;
  assert.equal((await whoAmI(plane, token)).code, 401);
  assert.equal((await review(plane, token)).authenticated, false);
  assert.deepEqual((await review(plane, token, ['taffrail', 'x'])).audiences, ['taffrail']);
  assert.equal((await review(plane, token, ['x'])).authenticated, false);
});

test('a token ends with its time', async (t) => {
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
  const plane = await startPlane(t, { clock });
  const { token } = (await make(plane, { expirationSeconds: 600 })).body.status;
  aheadMs = 590_000;
  assert.equal((await whoAmI(plane, token)).code, 201);
  aheadMs = 601_000;
  assert.equal((await whoAmI(plane, token)).code, 401);
  for (const expirationSeconds of [599, 400 * 86_400])
    assert.equal((await make(plane, { expirationSeconds })).code, 422);
});

test('a token ends with its account, or with the pod that it is bound to', async (t) => {
  const plane = await startPlane(t);
  await plane.call('POST', podsPath, { body: podNamed('a') });
  const { uid } = (await plane.call('GET', `${podsPath}/a`)).body.metadata;
  const reference = { kind: 'Pod', apiVersion: 'v1', name: 'a', uid };
  const { token } = (await make(plane, { boundObjectRef: reference })).body.status;
  const me = (await whoAmI(plane, token)).body.status.userInfo;
  assert.deepEqual(me.extra['authentication.kubernetes.io/pod-name'], ['a']);
  assert.equal((await make(plane, { boundObjectRef: { ...reference, uid: 'other' } })).code, 409);
  await plane.call('DELETE', `${podsPath}/a`);
  await plane.call('POST', podsPath, { body: podNamed('a') });
  assert.equal((await whoAmI(plane, token)).code, 401, 'a pod of the same name is another pod');

  await plane.call('POST', accounts, { body: { metadata: { name: 'bot' } } });
  const { token: other } = (await make(plane, {}, 'bot')).body.status;
  assert.equal((await whoAmI(plane, other)).code, 201);
  await plane.call('DELETE', `${accounts}/bot`);
  assert.equal((await whoAmI(plane, other)).code, 401);
  assert.equal((await make(plane, {}, 'bot')).code, 404);
});

test('a token that was changed, or signed by nobody, is not believed', async (t) => {
  const plane = await startPlane(t);
  const { token } = (await make(plane, {})).body.status;
  const [header, claims, signature] = token.split('.');
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const other = encoded({ ...read, sub: 'system:serviceaccount:kube-system:default' });
  const forged = [
    `${header}.${other}.${signature}`,
    `${encoded({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    `${encoded({ alg: 'HS256', typ: 'JWT' })}.${claims}.${signature}`,
    `${header}.${claims}.`,
    `${header}.${claims}`,
    `${header}.${claims}.${signature}x`,
    'x.y.z',
    '..',
    'a'.repeat(20_000),
  ];
  for (const each of forged) assert.equal((await whoAmI(plane, each)).code, 401, each.slice(0, 80));
});

test("a pod's token says of which pod and node it is, wherever it is shown", async (t) => {
  const plane = await startPlane(t);
  const { call } = plane;
  const node = (await call('POST', '/api/v1/nodes', { body: { metadata: { name: 'n' } } })).body;
  const pod = (await call('POST', podsPath, { body: podNamed('a', { nodeName: 'n' }) })).body;
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'a' };
  const { token } = (await make(plane, { boundObjectRef, audiences: [us, 'other'] })).body.status;
  const { extra } = (await review(plane, token, ['other'])).user;
  const { 'authentication.kubernetes.io/credential-id': credential, ...rest } = extra;
  assert.match(credential[0], /^JTI=[-0-9a-f]{36}$/);
  assert.deepEqual(rest, {
    'authentication.kubernetes.io/node-name': ['n'],
    'authentication.kubernetes.io/node-uid': [node.metadata.uid],
    'authentication.kubernetes.io/pod-name': ['a'],
    'authentication.kubernetes.io/pod-uid': [pod.metadata.uid],
  });
  assert.deepEqual((await whoAmI(plane, token)).body.status.userInfo.extra, extra);
});
