import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '../../../base/clock.ts';
import type { ClusterAccess } from '../../../kubernetes/client/client.ts';
import { openPki, type Pki } from '../../../kubernetes/pki/pki.ts';
import { readScrapeConfig } from '../scrape.ts';
import { createPageFetcher } from './fetch-page.ts';

interface Place {
  directory: string;
  pki: Pki;
  address: string;
}

/** An HTTPS server of one authority that says who asked: certificate and Authorization. */
async function serve(t: TestContext, hosts: string[]): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-fetch-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const pki = await openPki(join(directory, 'pki'), systemClock);
  writeFileSync(join(directory, 'ca.pem'), pki.ca);
  const pair = await pki.server('server', hosts);
  const server = createServer(
    { cert: pair.certificate, key: pair.key, ca: pki.ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = socket.authorized ? socket.getPeerCertificate().subject.CN : 'nobody';
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(`${name} ${request.headers.authorization ?? 'nothing'} ${request.headers['x-scope'] ?? ''}`);
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { directory, pki, address: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function fetcher(t: TestContext, { directory, address }: Place, settings: object, access?: ClusterAccess) {
  const text = JSON.stringify({ scrape_configs: [{ job_name: 'j', scheme: 'https', ...settings }] });
  const made = createPageFetcher(readScrapeConfig(text, join(directory, 'prometheus.yml')).jobs[0]!, access);
  t.after(() => made.close());
  return async () => String((await made.fetch(new URL(address), 5000, new AbortController().signal)).body);
}

test('a server is believed by the authority that is named, and by no other', async (t) => {
  const place = await serve(t, ['127.0.0.1']);
  const other = await openPki(join(place.directory, 'other'), systemClock);
  writeFileSync(join(place.directory, 'other.pem'), other.ca);
  assert.equal(await fetcher(t, place, { tls_config: { ca_file: 'ca.pem' } })(), 'nobody nothing ');
  assert.equal(await fetcher(t, place, { tls_config: { insecure_skip_verify: true } })(), 'nobody nothing ');
  await assert.rejects(fetcher(t, place, {}), /Get "https:\/\/127\.0\.0\.1:\d+\/": .*(certificate|issuer)/);
  await assert.rejects(fetcher(t, place, { tls_config: { ca_file: 'other.pem' } }), /certificate/);
  await assert.rejects(fetcher(t, place, { tls_config: { ca_file: 'missing.pem' } }), /missing\.pem cannot be read/);
});

test('the name in the certificate may be another than in the address, where the configuration says so', async (t) => {
  const place = await serve(t, ['kubelet.example']);
  await assert.rejects(fetcher(t, place, { tls_config: { ca_file: 'ca.pem' } }), /does not match|altnames/i);
  const named = { tls_config: { ca_file: 'ca.pem', server_name: 'kubelet.example' } };
  assert.equal(await fetcher(t, place, named)(), 'nobody nothing ');
});

test('certificates, tokens and passwords are read again from their files when these change', async (t) => {
  const place = await serve(t, ['127.0.0.1']);
  const write = async (user: string, token: string) => {
    const pair = await place.pki.client(user, []);
    writeFileSync(join(place.directory, 'cert.pem'), pair.certificate);
    writeFileSync(join(place.directory, 'key.pem'), pair.key);
    writeFileSync(join(place.directory, 'token'), `${token}\n`);
  };
  await write('one', 'first');
  const fetch = fetcher(t, place, {
    tls_config: { ca_file: 'ca.pem', cert_file: 'cert.pem', key_file: 'key.pem' },
    authorization: { credentials_file: 'token' },
    http_headers: { 'X-Scope': { values: ['a'] } },
  });
  assert.equal(await fetch(), 'one Bearer first a');
  await write('two', 'second, longer');
  assert.equal(await fetch(), 'two Bearer second, longer a');
});

test('the credentials of the Kubernetes API are used where the job asks for them, and its own go before', async (t) => {
  const place = await serve(t, ['127.0.0.1']);
  const pair = await place.pki.client('cluster', []);
  const access: ClusterAccess = {
    server: 'https://unused',
    ca: place.pki.ca,
    clientCertificate: pair.certificate,
    clientKey: pair.key,
    token: async () => 'cluster-token',
    namespace: 'default',
  };
  assert.equal(await fetcher(t, place, { taffrail_cluster_access: true }, access)(), 'cluster Bearer cluster-token ');
  const own = { taffrail_cluster_access: true, basic_auth: { username: 'u', password: 'p' } };
  assert.match(await fetcher(t, place, own, access)(), /^cluster Basic dTpw/);
  await assert.rejects(fetcher(t, place, {}, access), /certificate|issuer/, 'not without being asked');
});
