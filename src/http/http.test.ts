import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Fault } from '../base/fault.ts';
import { MetricsRegistry, silentLogger } from '../telemetry/telemetry.ts';
import { createHttpServer, type HttpOptions } from './http.ts';

const token = 'a-token-of-sufficient-length';

async function serve(t: TestContext, options: Partial<HttpOptions> = {}): Promise<URL> {
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: silentLogger,
    metrics: new MetricsRegistry(),
    ready: () => true,
    ...options,
  });
  server.app.get('/who', async (httpRequest) => server.principalOf(httpRequest));
  server.app.get('/full', async () => Promise.reject(new Fault('overloaded', 'queueMax is reached')));
  server.app.get('/broken', async () => Promise.reject(new Error('secret detail')));
  const url = new URL(await server.listen());
  t.after(() => server.close());
  return url;
}

function tokensFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-http-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'tokens.yaml');
  writeFileSync(path, text);
  return path;
}

test('a listener beyond loopback without tokens is refused', () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
    assert.throws(
      () => createHttpServer({ host, port: 0, log: silentLogger, metrics: new MetricsRegistry(), ready: () => true }),
      { code: 'usage', message: new RegExp(host.replaceAll('.', '\\.')) },
    );
  }
});

test('with tokens, only a known one is let in, with its roles and namespaces', async (t) => {
  const path = tokensFile(t, `tokens:\n  - {token: ${token}, name: team-a, roles: [reader], namespaces: [shop]}\n`);
  const url = await serve(t, { tokensFile: path });
  assert.equal((await fetch(new URL('/who', url))).status, 401);
  assert.equal(
    (await fetch(new URL('/who', url), { headers: { authorization: 'Bearer another-token-altogether' } })).status,
    401,
  );
  const known = await fetch(new URL('/who', url), { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual(await known.json(), { name: 'team-a', tenant: 'default', roles: ['reader'], namespaces: ['shop'] });
  assert.equal((await fetch(new URL('/healthz', url))).status, 200);
});

test('a tokens file with a mistake is refused with the entry named', (t) => {
  const cases: [string, RegExp][] = [
    ['tokens: []', /wants a list named "tokens"/],
    ['tokens:\n  - {token: short, name: a, roles: [reader]}', /tokens\[0\]\.token: wants a string of at least 16/],
    [
      `tokens:\n  - {token: ${token}, name: a, roles: [root]}`,
      /tokens\[0\]\.roles: wants a list of agent, reader, admin/,
    ],
    [`tokens:\n  - {token: ${token}, name: a, roles: [reader], namespaces: shop}`, /tokens\[0\]\.namespaces/],
  ];
  for (const [text, message] of cases) {
    const path = tokensFile(t, text);
    assert.throws(
      () =>
        createHttpServer({
          host: '0.0.0.0',
          port: 0,
          tokensFile: path,
          log: silentLogger,
          metrics: new MetricsRegistry(),
          ready: () => true,
        }),
      { code: 'usage', message },
    );
  }
});

test('an open server does not answer a foreign name or a foreign page', async (t) => {
  const url = await serve(t);
  const status = (headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      request(new URL('/who', url), { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await status({ host: 'evil.example:7100' }), 403);
  assert.equal(await status({ origin: 'https://evil.example' }), 403);
  assert.equal(await status({ origin: 'null' }), 403);
  assert.equal(await status({ origin: 'http://localhost:7100' }), 200);
});

test('overload says when to try again, and a defect of ours tells nothing of its inside', async (t) => {
  const url = await serve(t);
  const full = await fetch(new URL('/full', url));
  assert.equal(full.status, 429);
  assert.equal(full.headers.get('retry-after'), '1');
  const broken = await fetch(new URL('/broken', url));
  assert.equal(broken.status, 500);
  assert.doesNotMatch(await broken.text(), /secret/);
  assert.equal((await fetch(new URL('/nowhere', url))).status, 404);
});

test('/ready gives the reason why not', async (t) => {
  const url = await serve(t, { ready: () => 'the store is being opened' });
  const response = await fetch(new URL('/ready', url));
  assert.equal(response.status, 503);
  assert.equal(await response.text(), 'the store is being opened\n');
});
