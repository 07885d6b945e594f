/** A control plane with its controllers, as `up` starts them, and somebody who plays the kubelet of one node. For tests only. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../base/clock.ts';
import type { KubeObject, KubernetesClient } from '../../../kubernetes/client/client.ts';
import { createClient } from '../../../kubernetes/client/http-client.ts';
import { createReflector } from '../../../kubernetes/client/reflector.ts';
import { MetricsRegistry, silentLogger } from '../../../telemetry/telemetry.ts';
import { startControlPlane } from '../control.ts';
import { startControllers } from './controllers.ts';

const WAIT_MS_MAX = 15_000;
const POLL_MS = 20;
const mergePatch = 'application/merge-patch+json';
/** A container with this image never becomes ready. */
export const BROKEN_IMAGE = 'broken:1';

export interface SandboxUnderTest {
  client: KubernetesClient;
  close(): Promise<void>;
}

export async function startSandbox(): Promise<SandboxUnderTest> {
  const dataDir = mkdtempSync(join(tmpdir(), 'taffrail-controllers-'));
  const surroundings = { log: silentLogger, clock: systemClock };
  const plane = await startControlPlane({
    dataDir,
    host: '127.0.0.1',
    port: 0,
    metrics: new MetricsRegistry(),
    ...surroundings,
  });
  const client = createClient(plane.access);
  const controller = new AbortController();
  await addNode(client);
  const running = [
    startControllers(client, { ...surroundings, signal: controller.signal }),
    playKubelet(client, controller.signal),
  ];
  return {
    client,
    async close() {
      controller.abort();
      await Promise.all(running);
      client.close();
      await plane.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

async function addNode(client: KubernetesClient): Promise<void> {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' };
  const status = { conditions: [{ type: 'Ready', status: 'True' }], capacity: resources, allocatable: resources };
  await client.request('/api/v1/nodes', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } },
  });
  await client.request('/api/v1/nodes/node-1/status', { method: 'PATCH', contentType: mergePatch, body: { status } });
}

/** Pods that are bound run and are ready at once; pods that are deleted end at once. */
async function playKubelet(client: KubernetesClient, signal: AbortSignal): Promise<void> {
  const act = async (pod: KubeObject) => {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    if (pod.metadata.deletionTimestamp) {
      await client.request(path, { method: 'DELETE', query: { gracePeriodSeconds: 0 } });
    } else if (pod.status?.phase === 'Pending' && pod.spec.containers[0].image !== BROKEN_IMAGE) {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }];
      const body = { status: { phase: 'Running', conditions } };
      await client.request(`${path}/status`, { method: 'PATCH', contentType: mergePatch, body });
    }
  };
  const onUpsert = (pod: KubeObject) => {
    if (pod.spec?.nodeName) act(pod).catch(() => {});
  };
  await createReflector(client, { path: '/api/v1/pods' }, { onUpsert, onDelete: () => {} }).run(signal);
}

/** Asks until the answer is not undefined; fails with what it waited for. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const untilMs = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > untilMs) throw new Error(`waited ${WAIT_MS_MAX} ms in vain until ${what}`);
    await sleep(POLL_MS);
  }
}
