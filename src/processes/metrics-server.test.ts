import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { systemClock } from '../base/clock.ts';
import { openPki } from '../kubernetes/pki/pki.ts';
import { scrapeSettings } from '../resources/scrape/scrape.ts';
import { scratchDirectory, startPlane } from '../sandbox/control/started-plane.ts';
import { createLogger, MetricsRegistry, silentLogger } from '../telemetry/telemetry.ts';
import { type MetricsServerSettings, startMetricsServer } from './metrics-server.ts';
import { ServingCertificate } from './serving-certificate.ts';

type Cleanup = { after(end: () => unknown): void };

async function start(t: Cleanup, settings: Partial<MetricsServerSettings>, log = silentLogger) {
  const directory = join(scratchDirectory(t), 'certificates');
  const running = await startMetricsServer(
    {
      host: '127.0.0.1',
      port: 0,
      certificate: { directory, hosts: ['localhost', '127.0.0.1'] },
      access: { server: 'https://127.0.0.1:9', namespace: 'default' },
      scrape: scrapeSettings(),
      ...settings,
    },
    { log, metrics: new MetricsRegistry(), clock: systemClock, random: Math.random },
  );
  t.after(() => running.close());
  const get = async (path: string, options: RequestOptions = {}) => {
    const outgoing = request(`${running.url}${path}`, { rejectUnauthorized: false, agent: false, ...options });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { code: response.statusCode!, text };
  };
  return { running, get, directory };
}

test('without an API server it listens, says what it waits for, and lets nobody in', async (t) => {
  const lines: string[] = [];
  const { get, directory } = await start(t, {}, createLogger({ write: (line) => lines.push(line) }));
  assert.deepEqual(await get('/livez'), { code: 200, text: 'ok' });
  assert.match((await get('/livez?verbose')).text, /^\[\+\]metric-collection-timely ok$/m);
  const ready = await get('/readyz');
  assert.equal(ready.code, 500);
  assert.match(ready.text, /^\[-\]metric-storage-ready failed: reason withheld$/m);
  assert.match(ready.text, /^\[-\]authentication-config failed: reason withheld$/m);
  assert.ok(
    lines.some(
      (line) => line.includes('check=authentication-config') && line.includes('extension-apiserver-authentication'),
    ),
  );
  const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
  assert.equal((await get('/apis/metrics.k8s.io/v1beta1/pods', { headers })).code, 500);
  assert.equal((await get('/metrics', { headers: { authorization: 'Bearer x' } })).code, 401);
  assert.equal(statSync(join(directory, 'apiserver.key')).mode & 0o777, 0o600);
});

test('what had begun when it could not start has ended: nothing asks the API server any more', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const access = { server: `https://127.0.0.1:${port}`, namespace: 'default' };
  const scrape = scrapeSettings({ nodeSelector: 'a=b=c' });
  await assert.rejects(start(t, { access, scrape }), /unable to parse requirement/);
  const before = connections;
  // As long as anything goes on, it tries again within a second or two.
  await sleep(2500);
  assert.ok(connections <= before + 1, `${connections - before} more`);
});

test('it believes whom the cluster believes, and is ready once it has its lists', async (t) => {
  const plane = await startPlane(t);
  const { get } = await start(t, { access: plane.plane.access });
  const { clientCertificate: cert, clientKey: key } = plane.plane.access;
  for (let attempt = 0; (await get('/readyz')).code !== 200; attempt++) {
    assert.ok(attempt < 200, (await get('/readyz')).text);
    await sleep(25);
  }
  const list = await get('/apis/metrics.k8s.io/v1beta1/nodes', { cert, key });
  assert.deepEqual([list.code, JSON.parse(list.text).items], [200, []]);
  assert.match((await get('/metrics', { cert, key })).text, /^taffrail_resources_/m);
  assert.equal((await get('/apis/metrics.k8s.io/v1beta1/nodes')).code, 403);
});

test('an account that may not read whom to believe ends it, with the command that mends it', async (t) => {
  const plane = await startPlane(t);
  const access = plane.plane.accessFor('nobody-in-particular', []);
  const { running } = await start(t, { access });
  await assert.rejects(running.failed, { code: 'forbidden', hint: /rolebinding/ });
});

test('what is chosen of TLS is what is spoken', async (t) => {
  const ciphers = 'TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES256-GCM-SHA384';
  const { running } = await start(t, { tls: { minVersion: 'TLSv1.2', ciphers } });
  const spoken = async (options: object): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: running.port, rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    const { name } = socket.getCipher();
    socket.destroy();
    return name;
  };
  assert.equal(await spoken({ maxVersion: 'TLSv1.2' }), 'ECDHE-ECDSA-AES256-GCM-SHA384');
  assert.equal(await spoken({}), 'TLS_AES_256_GCM_SHA384');
  await assert.rejects(spoken({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }));
});

test('a certificate in files is taken up when it changes, and not while its key is missing', async (t) => {
  const directory = scratchDirectory(t);
  const pki = await openPki(join(directory, 'pki'), systemClock);
  const [certFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  const first = await pki.server('first', ['first.example']);
  const second = await pki.server('second', ['second.example']);
  writeFileSync(certFile, first.certificate);
  writeFileSync(keyFile, first.key);
  const certificate = await ServingCertificate.open({ certFile, keyFile }, silentLogger);
  t.after(() => certificate.close());
  const changes: string[] = [];
  certificate.onChange((pair) => changes.push(pair.certificate));
  writeFileSync(certFile, second.certificate);
  await certificate.check();
  assert.deepEqual([changes, certificate.current], [[], first]);
  writeFileSync(keyFile, second.key);
  await certificate.check();
  await certificate.check();
  assert.deepEqual([changes, certificate.current], [[second.certificate], second]);
  writeFileSync(keyFile, 'nothing');
  await certificate.check();
  assert.deepEqual(certificate.current, second);
  await assert.rejects(ServingCertificate.open({ certFile, keyFile }, silentLogger), { code: 'usage' });
  const missing = { certFile: join(directory, 'none'), keyFile };
  await assert.rejects(ServingCertificate.open(missing, silentLogger), { code: 'usage', message: /--tls-cert-file/ });
});

test('a certificate that we sign ourselves is kept, and used again', async (t) => {
  const source = { directory: join(scratchDirectory(t), 'deep', 'certificates'), hosts: ['localhost'] };
  const first = await ServingCertificate.open(source, silentLogger);
  const again = await ServingCertificate.open(source, silentLogger);
  const other = await ServingCertificate.open({ ...source, hosts: ['elsewhere.example'] }, silentLogger);
  for (const certificate of [first, again, other]) certificate.close();
  assert.deepEqual(again.current, first.current);
  assert.notEqual(other.current.certificate, first.current.certificate);
});
