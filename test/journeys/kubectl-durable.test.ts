/** The control plane is killed with kill -9 while it is written to: what it has answered is there afterwards, once. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { ClusterAccess, KubeObject } from '../../src/kubernetes/client/client.ts';
import { createClient } from '../../src/kubernetes/client/http-client.ts';

const roundsMax = 4;
const path = '/api/v1/namespaces/default/configmaps';
const url = (file: string) => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);

const program = `
  import { systemClock } from ${url('base/clock.ts')};
  import { startControlPlane } from ${url('sandbox/control/control.ts')};
  import { MetricsRegistry, silentLogger } from ${url('telemetry/telemetry.ts')};
  const parts = { log: silentLogger, metrics: new MetricsRegistry(), clock: systemClock };
  await startControlPlane({ dataDir: process.argv[1], host: '127.0.0.1', port: 0, ...parts });
  console.log('ready');`;

async function start(dataDir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

function accessOf(dataDir: string): ClusterAccess {
  const { clusters, users } = JSON.parse(readFileSync(join(dataDir, 'kubeconfig'), 'utf8'));
  const pem = (text: string) => Buffer.from(text, 'base64').toString();
  return {
    server: clusters[0].cluster.server,
    ca: pem(clusters[0].cluster['certificate-authority-data']),
    clientCertificate: pem(users[0].user['client-certificate-data']),
    clientKey: pem(users[0].user['client-key-data']),
    namespace: 'default',
  };
}

test('what was answered before kill -9 is there after it, and versions go on from where they were', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'taffrail-durable-'));
  let child: ChildProcess | undefined;
  t.after(() => {
    child?.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });
  const answered = new Map<string, string>();
  let highest = 0;
  for (let round = 0; round < roundsMax; round++) {
    child = await start(dataDir);
    const client = createClient(accessOf(dataDir));
    const { items, metadata } = await client.request<{ items: KubeObject[]; metadata: { resourceVersion: string } }>(
      path,
    );
    const versions = new Map(items.map((item) => [item.metadata.name, item.metadata.resourceVersion!]));
    for (const [name, version] of answered) assert.equal(versions.get(name), version, name);
    assert.ok(Number(metadata.resourceVersion) >= highest);

    const running = child;
    const killed = systemClock.sleep(150 + 100 * round).then(() => running.kill('SIGKILL'));
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let at = 0; ; at++) {
        const name = `r${round}-w${writer}-${at}`;
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
        const made = await client.request(path, { method: 'POST', body }).catch(() => undefined);
        if (!made) return;
        answered.set(name, made.metadata.resourceVersion!);
        highest = Math.max(highest, Number(made.metadata.resourceVersion));
      }
    });
    await Promise.all([killed, ...writers]);
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
    client.close();
  }
  assert.ok(answered.size > 20, `${answered.size} writes were answered`);
  assert.equal(new Set(answered.values()).size, answered.size, 'no version was given twice');
});
