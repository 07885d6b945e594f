import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { scratchDirectory } from '../../sandbox/control/started-plane.ts';
import { openPki } from '../pki/pki.ts';
import { PeerCertificate, readBundle } from './certificate-chain.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { trustOf } from './trust.ts';

test('the ConfigMap of a kubeadm cluster is understood', async (t) => {
  const { ca, frontProxyCa } = await openPki(scratchDirectory(t), systemClock);
  const trust = trustOf({
    'client-ca-file': ca,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': frontProxyCa,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  });
  assert.equal(trust.clientAuthorities?.length, 1);
  const { authorities: _authorities, pem: _pem, ...requestHeader } = trust.requestHeader!;
  assert.deepEqual(requestHeader, {
    allowedNames: ['front-proxy-client'],
    usernameHeaders: ['x-remote-user'],
    uidHeaders: [],
    groupHeaders: ['x-remote-group'],
    extraHeadersPrefix: ['x-remote-extra-'],
  });
});

test('a ConfigMap that is not as it should be is refused with the key', async (t) => {
  const { frontProxyCa } = await openPki(scratchDirectory(t), systemClock);
  const proxy = { 'requestheader-client-ca-file': frontProxyCa };
  const wrong: [Record<string, string>, RegExp][] = [
    [{ 'client-ca-file': 'nothing' }, /^client-ca-file holds no certificate/],
    [{ 'client-ca-file': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, /cannot be read/],
    [
      { ...proxy, 'requestheader-allowed-names': 'front-proxy-client' },
      /^requestheader-allowed-names is not a JSON list/,
    ],
    [{ ...proxy, 'requestheader-group-headers': '[1]' }, /^requestheader-group-headers is not a JSON list/],
  ];
  for (const [data, message] of wrong) assert.throws(() => trustOf(data), { code: 'usage', message });
  assert.deepEqual(trustOf({}), { requestHeader: undefined, clientPem: undefined, clientAuthorities: undefined });
});

test('an issuer of the right name with another key has issued nothing', async (t) => {
  const directory = scratchDirectory(t);
  const one = await openPki(join(directory, 'one'), systemClock);
  const two = await openPki(join(directory, 'two'), systemClock);
  const leaf = new X509Certificate((await one.client('ann', [])).certificate);
  const nowMs = Date.now();
  assert.ok(new PeerCertificate(leaf).isIssuedBy(readBundle(two.ca + one.ca, 'both'), nowMs));
  assert.ok(!new PeerCertificate(leaf).isIssuedBy(readBundle(two.ca, 'two'), nowMs));
  assert.ok(
    !new PeerCertificate(leaf).isIssuedBy(readBundle(one.ca, 'one'), nowMs + 400 * 24 * 3600_000),
    'it has ended by then',
  );
  assert.ok(!new PeerCertificate(leaf).isIssuedBy(readBundle(one.frontProxyCa, 'proxy'), nowMs));
  const server = new X509Certificate((await one.server('s', ['127.0.0.1'])).certificate);
  assert.ok(!new PeerCertificate(server).isIssuedBy(readBundle(one.ca, 'one'), nowMs), 'a certificate for servers');
});

test('a cache forgets what has ended, and what was used longest ago', () => {
  let now = 0;
  const cache = new ExpiringCache<number>(2, { ...systemClock, monotonicMs: () => now });
  cache.set('a', 1, 10);
  cache.set('b', 2, 100);
  assert.equal(cache.get('a'), 1);
  cache.set('c', 3, 100);
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3]);
  now = 10;
  assert.deepEqual([cache.get('a'), cache.get('c')], [undefined, 3]);
  cache.set('d', 4, 0);
  assert.deepEqual([cache.get('d'), cache.size], [undefined, 1]);
});
