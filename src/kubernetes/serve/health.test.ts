import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { openPki } from '../pki/pki.ts';
import { healthPage, type Page, startApiServer, textAnswer } from './serve.ts';

type Cleanup = { after(end: () => unknown): void };

/** Everybody is anonymous here, and may do nothing. */
async function start(t: Cleanup, pages: Page[]) {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-health-'));
  const pki = await openPki(directory, systemClock);
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    certificate: await pki.server('server', ['127.0.0.1']),
    clientCas: [],
    authenticate: async () => ({ name: 'ann', groups: [] }),
    authorize: () => ({ allowed: false, reason: 'not today' }),
    authorizesPaths: true,
    versions: [],
    pages,
    versionInfo: {},
    log: silentLogger,
    metrics: new MetricsRegistry(),
    clock: systemClock,
  });
  t.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return async (path: string, method = 'GET') => {
    const outgoing = request(`${server.url}${path}`, { ca: pki.ca, agent: false, method });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { code: response.statusCode!, text };
  };
}

test('a health endpoint says ok, every check when asked, and what fails without the reason', async (t) => {
  const told: string[] = [];
  let failure: string | undefined;
  const checks = [
    { name: 'ping', failure: () => undefined },
    { name: 'storage', failure: () => failure },
  ];
  const get = await start(t, [healthPage('/readyz', checks, (name, why) => told.push(`${name}: ${why}`))]);
  assert.deepEqual(await get('/readyz'), { code: 200, text: 'ok' });
  assert.deepEqual(await get('/readyz/?verbose'), {
    code: 200,
    text: '[+]ping ok\n[+]storage ok\nreadyz check passed\n',
  });
  failure = 'the secret disk is gone';
  assert.deepEqual(await get('/readyz'), {
    code: 500,
    text: '[+]ping ok\n[-]storage failed: reason withheld\nreadyz check failed\n',
  });
  assert.deepEqual(await get('/readyz/storage'), { code: 500, text: 'internal server error: reason withheld\n' });
  assert.deepEqual(await get('/readyz/ping'), { code: 200, text: 'ok' });
  assert.deepEqual(await get('/readyz?exclude=storage'), { code: 200, text: 'ok' });
  assert.deepEqual(await get('/readyz?verbose&exclude=storage&exclude=other'), {
    code: 200,
    text: '[+]ping ok\n[+]storage excluded: ok\nwarn: some health checks cannot be excluded: no matches for "other"\nreadyz check passed\n',
  });
  assert.equal((await get('/readyz/other')).code, 404);
  assert.equal((await get('/readyz', 'POST')).code, 405);
  assert.deepEqual(told, ['storage: the secret disk is gone', 'storage: the secret disk is gone']);
});

test('a page is for everybody, for those who may read its path, or asks by itself', async (t) => {
  const answer = () => textAnswer(200, 'here');
  const get = await start(t, [
    { path: '/open', access: 'open', answer },
    { path: '/shut', access: 'path', below: true, answer },
    {
      path: '/own',
      access: 'own',
      answer: async (asked) => {
        const nodes = {
          verb: 'get',
          group: '',
          version: 'v1',
          plural: 'nodes',
          subresource: '',
          namespace: '',
          name: '',
        };
        await asked.authorize(nodes);
        return answer();
      },
    },
  ]);
  assert.deepEqual(await get('/open'), { code: 200, text: 'here' });
  for (const path of ['/shut', '/shut/below', '/open/below', '/elsewhere'])
    assert.match(
      (await get(path)).text,
      new RegExp(`cannot get path .*"${path}.*: not today`.replace('"', '\\\\"')),
      path,
    );
  assert.match((await get('/own')).text, /cannot get resource .*nodes/);
});
