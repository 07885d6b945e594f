import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../src/kubernetes/client/client.ts';
import { type ScriptedServer, sendJson, startScriptedServer } from '../../src/kubernetes/client/scripted-server.ts';
import { issue } from '../../src/kubernetes/pki/certificate.ts';
import type { ExcludedFact, Fact } from '../../src/logs/batch/batch.ts';
import { AgentWorld, numbers, until } from './agent-harness.ts';

const uid = '0f5be8a2-0000-4000-8000-000000000001';
let world: AgentWorld;
let api: ScriptedServer;
let pods: KubeObject[];
let watchers: ServerResponse[];

beforeEach(async () => {
  pods = [];
  watchers = [];
  world = await AgentWorld.open();
  api = await startScriptedServer(issue, (request, response) => {
    const query = new URL(request.url ?? '', 'https://api').searchParams;
    assert.equal(query.get('fieldSelector'), 'spec.nodeName=node-1');
    if (!query.has('watch')) {
      sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '10' }, items: pods });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    watchers.push(response);
  });
});

afterEach(async () => {
  await world.close();
  await api.close();
});

function pod(
  change: { annotations?: Record<string, string>; status?: object; uid?: string; labels?: object } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-0',
      namespace: 'shop',
      uid: change.uid ?? uid,
      resourceVersion: '9',
      creationTimestamp: '2026-01-02T03:00:00Z',
      labels: { app: 'web', 'pod-template-hash': '5d8f7c' },
      annotations: change.annotations ?? {},
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d8f7c', uid: 'rs-1', controller: true },
      ],
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'web:1' }, { name: 'other' }] },
    status: change.status ?? { phase: 'Running' },
  };
}

async function tellChange(object: KubeObject, type = 'MODIFIED', resourceVersion = '11'): Promise<void> {
  await until('the watch', () => watchers.length > 0);
  const changed = { ...object, metadata: { ...object.metadata, resourceVersion } };
  watchers.at(-1)!.write(`${JSON.stringify({ type, object: changed })}\n`);
}

function facts<K extends Fact['kind']>(kind: K): Extract<Fact, { kind: K }>[] {
  return world.server.facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
}

test('nothing of an excluded container leaves the node, from its first line on', async () => {
  pods = [pod({ annotations: { 'taffrail.dev/exclude.app': 'true' } })];
  mkdirSync(world.directory('other'), { recursive: true });
  world.write(numbers(0, 10));
  world.write(numbers(0, 10), { container: 'other' });
  await world.start({ access: api.access });
  await until('the other container', () => world.texts(0, 'other').length === 10);
  await until('the exclusion', () => facts('excluded').length > 0);
  assert.deepEqual(world.texts(), []);
  const [excluded] = facts('excluded') as [ExcludedFact];
  assert.deepEqual([excluded.covers[0]!.from, excluded.covers[0]!.to], [0, 41 * 10]);
  await until('no lag', () => world.metric('taffrail_agent_lag_bytes') === 0);
});

test('lines wait for metadata, and go out when the pod is known', async () => {
  world.write(numbers(0, 10));
  await world.start({ access: api.access });
  await sleep(300);
  assert.deepEqual(world.texts(), []);
  await tellChange(pod(), 'ADDED');
  await until('the lines', () => world.texts().length === 10);
});

test('when metadata does not come, lines go out or are held, as the setting says', async () => {
  world.write(numbers(0, 10));
  await world.start({ access: api.access, settings: { metadataWaitMs: 100, onMetadataTimeout: 'hold' } });
  await sleep(400);
  assert.deepEqual(world.texts(), []);
  await world.stop();
  await world.start({ access: api.access, settings: { metadataWaitMs: 100 } });
  await until('the lines', () => world.texts().length === 10);
});

test('the server is told of the pod, its owners and how each run of a container ended', async () => {
  const running = {
    name: 'app',
    restartCount: 0,
    containerID: 'containerd://c0',
    state: { running: { startedAt: '2026-01-02T03:04:00Z' } },
  };
  pods = [pod({ status: { phase: 'Running', containerStatuses: [running] } })];
  world.write(['one', 'P:unfinished']);
  await world.start({ access: api.access });
  await until('the pod', () => facts('pod').length > 0);
  const [podFact] = facts('pod');
  assert.deepEqual(podFact!.owners, [
    { kind: 'ReplicaSet', name: 'web-5d8f7c', uid: 'rs-1' },
    { kind: 'Deployment', name: 'web', uid: '' },
  ]);
  assert.equal(podFact!.podUid, uid);
  await until('the instance', () => facts('instance').length > 0);
  const instance = facts('instance')[0]!;
  assert.equal(instance.containerId, 'containerd://c0');
  assert.equal(instance.containerKind, 'regular');
  assert.equal(instance.startedAt, '2026-01-02T03:04:00Z');

  const terminated = {
    exitCode: 137,
    signal: 9,
    reason: 'OOMKilled',
    finishedAt: '2026-01-02T03:05:00Z',
    containerID: 'containerd://c0',
  };
  await tellChange(pod({ status: { phase: 'Failed', containerStatuses: [{ ...running, state: { terminated } }] } }));
  await until('the end', () => facts('instance').some(({ exitCode }) => exitCode === 137));
  assert.equal(facts('instance').at(-1)!.reason, 'OOMKilled');
  await until('the unfinished line', () => world.texts().includes('unfinished'));
  await until('the last word', () => facts('progress').some(({ state }) => state === 'ended'));
  await tellChange(pod({ status: { phase: 'Failed' } }), 'DELETED', '12');
  await until('its deletion', () => facts('pod').some(({ deletedAt }) => deletedAt !== null));
});

test('a static pod is known by the hash of its configuration, and its mirror has another uid', async () => {
  await world.close();
  world = await AgentWorld.open('shop_web-0_9b3f5c0d9b3f5c0d9b3f5c0d9b3f5c0d');
  const hash = '9b3f5c0d9b3f5c0d9b3f5c0d9b3f5c0d';
  pods = [pod({ annotations: { 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.mirror': hash } })];
  world.write(numbers(0, 3));
  await world.start({ access: api.access });
  await until('the lines', () => world.texts().length === 3);
  await until('the pod', () => facts('pod').length > 0);
  assert.equal(facts('pod')[0]!.podUid, hash);
  assert.equal(facts('pod')[0]!.apiUid, uid);
});
