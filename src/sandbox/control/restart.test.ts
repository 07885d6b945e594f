import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { mapNamed, mapsPath, scratchDirectory, startPlane } from './started-plane.ts';

test('everything is there again after a restart: objects, versions, the identity of the cluster, certificates', async (t) => {
  const dataDir = scratchDirectory(t);
  const first = await startPlane(t, { dataDir });
  await first.call('POST', mapsPath, { body: mapNamed('a', { x: '1' }) });
  const { body: before } = await first.call('GET', mapsPath);
  const { body: system } = await first.call('GET', '/api/v1/namespaces/kube-system');
  await first.plane.close();

  const second = await startPlane(t, { dataDir });
  const { body: after } = await second.call('GET', mapsPath);
  assert.deepEqual(after, before);
  assert.equal((await second.call('GET', '/api/v1/namespaces/kube-system')).body.metadata.uid, system.metadata.uid);
  assert.equal(second.plane.access.ca, first.plane.access.ca);
  assert.equal(second.plane.access.clientCertificate, first.plane.access.clientCertificate);

  const watch = await second.watch(`${mapsPath}?watch=1&resourceVersion=${before.metadata.resourceVersion}`);
  await second.call('POST', mapsPath, { body: mapNamed('b') });
  const { object } = await watch.next();
  assert.equal(object.metadata.name, 'b');
  assert.ok(Number(object.metadata.resourceVersion) > Number(before.metadata.resourceVersion));
  watch.stop();
  const old = await second.call('GET', `${mapsPath}?watch=1&resourceVersion=1`);
  assert.equal(old.code, 410, 'what happened before the restart is not known any more');
});

test('the kubeconfig is for its owner only, and leads to the server', async (t) => {
  const { plane } = await startPlane(t);
  assert.equal(statSync(plane.kubeconfigPath).mode & 0o777, 0o600);
  const config = JSON.parse(readFileSync(plane.kubeconfigPath, 'utf8'));
  assert.equal(config['current-context'], 'taffrail');
  assert.equal(config.clusters[0].cluster.server, plane.url);
});

test('a second control plane on the same directory stops with a clear word', async (t) => {
  const { dataDir } = await startPlane(t);
  await assert.rejects(startPlane(t, { dataDir }), { code: 'already-locked' });
});

test('a directory of a newer version is refused and left as it is', async (t) => {
  const dataDir = scratchDirectory(t);
  const first = await startPlane(t, { dataDir });
  await first.plane.close();
  const path = join(dataDir, 'control', 'objects.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(startPlane(t, { dataDir }), { code: 'newer-format' });
});

test('a port that is taken is reported, and the directory is free again', async (t) => {
  const { plane } = await startPlane(t);
  const dataDir = scratchDirectory(t);
  await assert.rejects(startPlane(t, { dataDir, port: plane.port }), { code: 'EADDRINUSE' });
  await startPlane(t, { dataDir });
});
