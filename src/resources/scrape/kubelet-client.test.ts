import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { before, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import { issue } from '../../kubernetes/pki/certificate.ts';
import { KubeletCredentials } from './kubelet-access.ts';
import { KubeletClient } from './kubelet-client.ts';
import { type Answer, startTestServer, type TestPki, type TestServer, testPki } from './kubelet-under-test.ts';
import { type ScrapeSettings, scrapeSettings } from './settings.ts';

let pki: TestPki;
before(async () => {
  pki = await testPki();
});

/** A kubelet that answers so, and how it is asked. */
async function setUp(t: TestContext, answer: Answer, given: Partial<ScrapeSettings> = {}, token?: () => string) {
  const kubelet = await startTestServer(pki.server, answer);
  const settings = scrapeSettings({ requestTimeoutMs: 5000, ...given });
  const client = new KubeletClient(settings, () => performance.now());
  const access = {
    ...pki.access,
    server: 'https://127.0.0.1:1',
    ...(token ? { token: async () => token() } : {}),
  };
  const credentials = new KubeletCredentials(access, settings);
  t.after(async () => {
    client.close();
    await kubelet.close();
  });
  const ask = async () => {
    const endpoint = { host: '127.0.0.1', port: kubelet.port, path: '/metrics/resource' };
    return client.page(endpoint, await credentials.now(), async (page) => page.toString());
  };
  return { kubelet, client, ask };
}

function refusal(pattern: RegExp) {
  return (error: unknown) => error instanceof Fault && error.code === 'unavailable' && pattern.test(error.message);
}

test('a page comes over one connection, round after round', async (t) => {
  const { kubelet, client, ask } = await setUp(t, (_, response) => response.end('a 1\n'));
  for (let round = 0; round < 3; round++) {
    client.beginRound();
    assert.equal(await ask(), 'a 1\n');
  }
  assert.equal(kubelet.connections, 1);
});

test('a connection that a round did not use is closed', async (t) => {
  const { kubelet, client, ask } = await setUp(t, (_, response) => response.end('a 1\n'));
  client.beginRound();
  await ask();
  client.beginRound();
  client.beginRound();
  await ask();
  assert.equal(kubelet.connections, 2);
});

test('chunked, packed and chunked, and closed at the end: each is the same page', async (t) => {
  const page = 'container_cpu_usage_seconds_total 1\n'.repeat(5000);
  const { kubelet, ask } = await setUp(t, (_, response) => {
    response.write(page.slice(0, 70_000));
    response.end(page.slice(70_000));
  });
  assert.equal(await ask(), page);
  kubelet.answer = (request, response) => {
    assert.equal(request.headers['accept-encoding'], 'gzip');
    const packed = gzipSync(page);
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(packed.subarray(0, 20));
    response.end(packed.subarray(20));
  };
  assert.equal(await ask(), page);
  kubelet.answer = (_, response) => response.writeHead(200, { connection: 'close' }).end(page);
  assert.equal(await ask(), page);
  assert.equal(await ask(), page);
});

test('a kept connection that the kubelet closed is no failure', async (t) => {
  const { kubelet, ask } = await setUp(t, (_, response) => response.end('a 1\n'));
  await ask();
  let dropped = false;
  kubelet.answer = (request, response) => {
    if (dropped) response.end('b 2\n');
    else request.socket.destroy();
    dropped = true;
  };
  assert.equal(await ask(), 'b 2\n');
});

test('a kubelet that never answers is given up after the time', async (t) => {
  const { ask } = await setUp(t, () => {}, { requestTimeoutMs: 150 });
  await assert.rejects(ask(), refusal(/did not answer in full within 0.15 s/));
});

test('a page that drips is given up after the same time, however much of it came', async (t) => {
  const { ask } = await setUp(
    t,
    (_, response) => {
      const timer = setInterval(() => response.write('a 1\n'), 20);
      response.on('close', () => clearInterval(timer));
    },
    { requestTimeoutMs: 300 },
  );
  await assert.rejects(ask(), refusal(/did not answer in full/));
});

test('a page of 100 MB is refused by its length, and without one as soon as it is too large', async (t) => {
  let sent = 0;
  const { kubelet, ask } = await setUp(
    t,
    (_, response) => response.writeHead(200, { 'content-length': 100_000_000 }).write('a'),
    { pageBytesMax: 1_000_000 },
  );
  await assert.rejects(ask(), refusal(/larger than pageBytesMax \(1000000 bytes\)/));
  const piece = Buffer.alloc(100_000, 'a');
  kubelet.answer = (_, response) => {
    const more = () => {
      while (!response.destroyed && sent < 100_000_000 && response.write(piece)) sent += piece.length;
    };
    response.on('drain', more);
    more();
  };
  await assert.rejects(ask(), refusal(/larger than pageBytesMax/));
  assert.ok(sent < 50_000_000, `${sent} bytes were taken`);
});

test('all pages under way together have a limit, and give their room back', async (t) => {
  const { ask } = await setUp(t, (_, response) => response.end('a'.repeat(60_000)), { bodiesBytesMax: 100_000 });
  for (let i = 0; i < 3; i++) assert.equal((await ask()).length, 60_000);
  const over = await setUp(t, (_, response) => response.end('a'.repeat(160_000)), { bodiesBytesMax: 100_000 });
  await assert.rejects(over.ask(), refusal(/bodiesBytesMax/));
});

test('what unpacks to more than the limit is refused before it is held', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64_000_000));
  const answer: Answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  const { ask } = await setUp(t, answer, { pageBytesMax: 4_000_000 });
  await assert.rejects(ask(), refusal(/unpacks to more than pageBytesMax/));
  const small = gzipSync(Buffer.alloc(3_000_000));
  const fits = await setUp(t, (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(small), {
    pageBytesMax: 4_000_000,
  });
  assert.equal((await fits.ask()).length, 3_000_000);
});

test('half a page is no page', async (t) => {
  const { kubelet, ask } = await setUp(t, (request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('container_cpu');
    setTimeout(() => request.socket.destroy(), 20);
  });
  await assert.rejects(ask(), refusal(/broke off|cannot ask/));
  kubelet.answer = (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('a 1\n'.repeat(1000)).subarray(0, 30));
  await assert.rejects(ask(), refusal(/cannot be unpacked/));
});

test('a redirect is not followed', async (t) => {
  const { kubelet, ask } = await setUp(t, (_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await assert.rejects(ask(), refusal(/answered 302 Found; redirects are not followed/));
  assert.deepEqual(kubelet.requests, ['GET /metrics/resource']);
});

test('a refusal says what the kubelet said and what to do', async (t) => {
  const { ask } = await setUp(t, (_, response) => response.writeHead(403).end('Forbidden (user=x, verb=get)\n'));
  await assert.rejects(ask(), (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.match(error.message, /answered 403 Forbidden: Forbidden \(user=x, verb=get\)/);
    assert.match(error.hint ?? '', /nodes\/metrics/);
    return true;
  });
});

test('a certificate of another authority is refused, unless that is wanted', async (t) => {
  const other = await testPki();
  const stranger = await startTestServer(other.server, (_, response) => response.end('a 1\n'));
  t.after(() => stranger.close());
  const page = async (insecureTls: boolean) => {
    const settings = scrapeSettings({ insecureTls });
    const client = new KubeletClient(settings, () => performance.now());
    t.after(() => client.close());
    const access = await new KubeletCredentials({ ...pki.access, server: 'https://127.0.0.1:1' }, settings).now();
    const endpoint = { host: '127.0.0.1', port: stranger.port, path: '/' };
    return client.page(endpoint, access, async (bytes) => bytes.toString());
  };
  await assert.rejects(page(false), (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.match(error.hint ?? '', /--kubelet-certificate-authority/);
    return true;
  });
  assert.equal(stranger.requests.length, 0);
  assert.equal(await page(true), 'a 1\n');
});

test('a certificate for another host is refused', async (t) => {
  const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
  const pair = await issue({ use: 'server', name: 'x', hosts: ['10.9.9.9'] }, validity, pki.authority);
  const wrong: TestServer = await startTestServer(pair, (_, response) => response.end('a 1\n'));
  t.after(() => wrong.close());
  const settings = scrapeSettings();
  const client = new KubeletClient(settings, () => performance.now());
  t.after(() => client.close());
  const access = await new KubeletCredentials({ ...pki.access, server: 'https://127.0.0.1:1' }, settings).now();
  const endpoint = { host: '127.0.0.1', port: wrong.port, path: '/' };
  const asked = client.page(endpoint, access, async (bytes) => bytes.toString());
  await assert.rejects(asked, refusal(/altnames|IP: 127.0.0.1 is not/));
});

test('the token is asked for each round, and one that cannot be a token is never sent', async (t) => {
  let token = 'one';
  const seen: (string | undefined)[] = [];
  const answer: Answer = (request, response) => {
    seen.push(request.headers.authorization);
    response.end('a 1\n');
  };
  const { ask } = await setUp(t, answer, {}, () => token);
  await ask();
  token = 'two';
  await ask();
  token = 'three\r\nX-Remote-User: admin';
  await assert.rejects(ask(), (error) => error instanceof Fault && error.code === 'usage');
  assert.deepEqual(seen, ['Bearer one', 'Bearer two']);
});

test('an authority in a file is read again when it changes, over new connections', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-ca-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'ca.crt');
  const other = await testPki();
  writeFileSync(file, other.authority.certificate);
  const { ask } = await setUp(t, (_, response) => response.end('a 1\n'), { certificateAuthorityFile: file });
  await assert.rejects(ask(), refusal(/cannot ask the kubelet/));
  writeFileSync(file, `${pki.authority.certificate}\n`);
  assert.equal(await ask(), 'a 1\n');
});

test('a file that is missing, empty or holds no certificate is refused at once, by its flag', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-ca-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const access = { ...pki.access, server: 'https://127.0.0.1:1' };
  const file = join(directory, 'ca.crt');
  const open = () => new KubeletCredentials(access, scrapeSettings({ certificateAuthorityFile: file }));
  const refused = (words: RegExp) => assert.throws(open, { code: 'usage', message: words });
  refused(/^--kubelet-certificate-authority names .*ca\.crt, which cannot be read/);
  writeFileSync(file, '');
  refused(/^--kubelet-certificate-authority names .*ca\.crt, which is empty/);
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  refused(/cannot be read/);
  writeFileSync(file, pki.authority.certificate);
  open();
});

test('a client certificate in files is shown to the kubelet, and another one as soon as the files are others', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-client-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const files = { clientCertificateFile: join(directory, 'c.crt'), clientKeyFile: join(directory, 'c.key') };
  const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
  const write = async (name: string) => {
    const pair = await issue({ use: 'client', name, groups: [] }, validity, pki.authority);
    writeFileSync(files.clientCertificateFile, pair.certificate);
    writeFileSync(files.clientKeyFile, pair.key);
  };
  const seen: unknown[] = [];
  const answer: Answer = (request, response) => {
    seen.push((request.socket as TLSSocket).getPeerCertificate().subject.CN);
    response.end('a 1\n');
  };
  await write('metrics-one');
  const { ask } = await setUp(t, answer, files);
  await ask();
  await write('metrics-other');
  await ask();
  assert.deepEqual(seen, ['metrics-one', 'metrics-other']);
});

test('a scraper that stops waits for nobody', async (t) => {
  const { client, ask } = await setUp(t, () => {});
  const asked = ask();
  setTimeout(() => client.stop(new Fault('unavailable', 'the scraper is stopping')), 50);
  await assert.rejects(asked, refusal(/stopping/));
  await assert.rejects(ask(), refusal(/stopping/));
});
