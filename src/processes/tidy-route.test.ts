import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpServer } from '../http/http.ts';
import type { Principal } from '../http/principal.ts';
import { anyone, entry } from '../logs/store/pushed-fixture.ts';
import { compactsEverything, openTestStore, temporaryDirectory } from '../logs/store/store-fixture.ts';
import { MetricsRegistry, silentLogger } from '../telemetry/telemetry.ts';
import { registerTidy } from './tidy-route.ts';

test('The store is tidied when an admin asks for it, and for nobody else', async () => {
  const directory = temporaryDirectory();
  const store = await openTestStore(directory.path, { compact: compactsEverything });
  const log = silentLogger;
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    log,
    metrics: new MetricsRegistry(),
    ready: () => true,
  });
  let roles: Principal['roles'] = ['reader'];
  registerTidy(server.app, store, () => ({ name: 'test', tenant: 'acme', roles, namespaces: '*' }));
  const tidy = () =>
    server.app.inject({ method: 'POST', url: '/taffrail/v1/store/tidy', headers: { host: 'localhost' } });
  try {
    await store.push('acme', anyone, [
      entry({ app: 'a' }, [
        [1, 'a line'],
        [2, 'another line'],
      ]),
    ]);
    assert.equal((await tidy()).statusCode, 403);
    assert.equal(store.status().compactTextBytes, 0);
    roles = ['admin'];
    const { textBytes, compactTextBytes } = (await tidy()).json();
    assert.equal(compactTextBytes, textBytes);
  } finally {
    await server.close();
    await store.close();
    directory.remove();
  }
});
