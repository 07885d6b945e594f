import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { createClient } from '../../../kubernetes/client/http-client.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import { startControlPlane } from '../control.ts';
import { startControllers } from './controllers.ts';
import { eventually } from './sandbox-under-test.ts';

const surroundings = { log: silentLogger, clock: systemClock };

test('controllers go on where they were when the control plane comes back, and doubled nothing', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'taffrail-controllers-'));
  const open = (port: number) =>
    startControlPlane({ dataDir, host: '127.0.0.1', port, metrics: new MetricsRegistry(), ...surroundings });
  let plane = await open(0);
  const client = createClient(plane.access);
  const controller = new AbortController();
  const running = startControllers(client, { ...surroundings, signal: controller.signal });
  const createSet = async (name: string) => {
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'a:1' }] } };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    const body = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name }, spec };
    await client.request('/apis/apps/v1/namespaces/default/replicasets', { method: 'POST', body });
  };
  const pods = (count: number) =>
    eventually(`there are ${count} pods`, async () => {
      const { items } = await client.request<{ items: { metadata: { uid: string } }[] }>('/api/v1/pods');
      return items.length === count ? items.map(({ metadata }) => metadata.uid) : undefined;
    });
  try {
    await createSet('one');
    const before = await pods(2);
    const { port } = plane;
    await plane.close();
    plane = await open(port);
    await createSet('two');
    const after = await pods(4);
    assert.deepEqual(
      before.filter((uid) => !after.includes(uid)),
      [],
    );
  } finally {
    controller.abort();
    await running;
    client.close();
    await plane.close();
    rmSync(dataDir, { recursive: true });
  }
});

test('controllers come to rest when they are stopped before the API server could be reached', async () => {
  const client = createClient({ server: 'https://127.0.0.1:1', namespace: 'default' });
  const controller = new AbortController();
  const running = startControllers(client, { ...surroundings, signal: controller.signal });
  controller.abort();
  await running;
  client.close();
});
