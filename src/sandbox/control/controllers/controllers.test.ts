import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { isApiError } from '../../../kubernetes/client/status.ts';
import { conditionOf } from '../conditions.ts';
import { REVISION } from './rollout-annotations.ts';
import { BROKEN_IMAGE, eventually, type SandboxUnderTest, startSandbox } from './sandbox-under-test.ts';

let sandbox: SandboxUnderTest;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());

const core = (namespace: string) => `/api/v1/namespaces/${namespace}`;
const apps = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}`;
const create = (path: string, body: object) => sandbox.client.request(path, { method: 'POST', body });
const remove = (path: string, body?: object) => sandbox.client.request(path, { method: 'DELETE', body });
const change = (path: string, body: object) =>
  sandbox.client.request(path, { method: 'PATCH', contentType: 'application/strategic-merge-patch+json', body });

async function listed(path: string): Promise<KubeObject[]> {
  return (await sandbox.client.request<{ items: KubeObject[] }>(path)).items;
}

async function found(path: string): Promise<KubeObject | undefined> {
  try {
    return await sandbox.client.request(path);
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}

async function namespace(name: string): Promise<string> {
  await create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

function deployment(replicas: number, spec: object = {}): object {
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'a:1' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas, selector: { matchLabels: labels }, template, ...spec },
  };
}

const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image: name }] } } } });

/** As kubectl rollout status judges it. */
function rolledOut(path: string): Promise<KubeObject> {
  return eventually('the rollout is complete', async () => {
    const object = await sandbox.client.request(path);
    const { replicas } = object.spec;
    const status = { updatedReplicas: 0, availableReplicas: 0, replicas: 0, observedGeneration: 0, ...object.status };
    const done =
      status.observedGeneration >= object.metadata.generation! &&
      status.updatedReplicas === replicas &&
      status.replicas === replicas &&
      status.availableReplicas === replicas;
    return done ? object : undefined;
  });
}

test('a deployment rolls out, forward and back, and numbers its revisions as kubectl rollout undo wants them', async () => {
  const ns = await namespace('rollout');
  const path = `${apps(ns)}/deployments/web`;
  await create(`${apps(ns)}/deployments`, deployment(3));
  const first = await rolledOut(path);
  assert.equal(first.metadata.annotations?.[REVISION], '1');
  assert.equal(conditionOf(first.status.conditions, 'Available')?.status, 'True');

  await change(path, image('a:2'));
  await rolledOut(path);
  await eventually('only new pods are there', async () => {
    const pods = await listed(`${core(ns)}/pods`);
    return (pods.length === 3 && pods.every((pod) => pod.spec.containers[0].image === 'a:2')) || undefined;
  });
  await change(path, image('a:1'));
  const back = await rolledOut(path);
  assert.equal(back.metadata.annotations?.[REVISION], '3');
  const sets = await listed(`${apps(ns)}/replicasets`);
  assert.deepEqual(sets.map((set) => [set.metadata.annotations?.[REVISION], set.spec.replicas]).sort(), [
    ['2', 0],
    ['3', 3],
  ]);
});

test('a rollout that cannot go on keeps the old pods, and scaling it is shared', async () => {
  const ns = await namespace('stuck');
  const path = `${apps(ns)}/deployments/web`;
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await create(`${apps(ns)}/deployments`, deployment(4, { strategy }));
  await rolledOut(path);
  await change(path, image(BROKEN_IMAGE));
  const sizes = async (expected: number[]) =>
    eventually(`the sets have the sizes ${expected}`, async () => {
      const sets = await listed(`${apps(ns)}/replicasets`);
      const actual = sets.map((set) => [set.spec.replicas, set.status.availableReplicas ?? 0]).sort();
      return JSON.stringify(actual) === JSON.stringify([[1, 0], expected]) || undefined;
    });
  await sizes([4, 4]);
  await change(path, { spec: { replicas: 5 } });
  await sizes([5, 5]);
});

test('Recreate starts nothing new while anything old is there', async () => {
  const ns = await namespace('recreate');
  const path = `${apps(ns)}/deployments/web`;
  await create(`${apps(ns)}/deployments`, deployment(2, { strategy: { type: 'Recreate' } }));
  await rolledOut(path);
  const before = await listed(`${core(ns)}/pods`);
  await change(path, image('a:2'));
  await rolledOut(path);
  const now = await listed(`${core(ns)}/pods`);
  assert.equal(now.length, 2);
  const names = new Set(before.map((pod) => pod.metadata.name));
  assert.ok(now.every((pod) => pod.spec.containers[0].image === 'a:2' && !names.has(pod.metadata.name)));
});

test('no more old replica sets are kept than the deployment asks for', async () => {
  const ns = await namespace('history');
  const path = `${apps(ns)}/deployments/web`;
  await create(`${apps(ns)}/deployments`, deployment(1, { revisionHistoryLimit: 1 }));
  await rolledOut(path);
  for (const name of ['a:2', 'a:3']) {
    await change(path, image(name));
    await rolledOut(path);
  }
  const kept = await eventually('two sets are left', async () => {
    const sets = await listed(`${apps(ns)}/replicasets`);
    return sets.length === 2 ? sets : undefined;
  });
  assert.deepEqual(kept.map((set) => set.spec.template.spec.containers[0].image).sort(), ['a:2', 'a:3']);
});

test('a paused deployment starts no rollout until it goes on', async () => {
  const ns = await namespace('paused');
  const path = `${apps(ns)}/deployments/web`;
  await create(`${apps(ns)}/deployments`, deployment(1));
  await rolledOut(path);
  await change(path, { spec: { paused: true } });
  const reason = (object: KubeObject) => conditionOf(object.status?.conditions, 'Progressing')?.reason;
  await eventually('it says that it is paused', async () => {
    return reason(await sandbox.client.request(path)) === 'DeploymentPaused' || undefined;
  });
  const { metadata } = await change(path, image('a:2'));
  await eventually('the change is seen', async () => {
    return (await sandbox.client.request(path)).status.observedGeneration >= metadata.generation! || undefined;
  });
  assert.equal((await listed(`${apps(ns)}/replicasets`)).length, 1);
  await change(path, { spec: { paused: false } });
  await rolledOut(path);
  assert.equal((await listed(`${apps(ns)}/replicasets`)).length, 2);
});

test('a replica set replaces a pod that is deleted, lets one go that no longer matches, and adopts one that does', async () => {
  const ns = await namespace('replicas');
  const labels = { app: 'x' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'a:1' }] } };
  await create(`${apps(ns)}/replicasets`, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'x' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  });
  const ready = (count: number) =>
    eventually(`${count} pods are ready`, async () => {
      const { status } = await sandbox.client.request(`${apps(ns)}/replicasets/x`);
      const pods = await listed(`${core(ns)}/pods?labelSelector=app%3Dx`);
      return status.readyReplicas === count && pods.length === count ? pods : undefined;
    });
  const [one, two] = await ready(2);
  await remove(`${core(ns)}/pods/${one!.metadata.name}`);
  await eventually('it is replaced', async () => {
    const pods = await ready(2);
    return pods.some((pod) => pod.metadata.uid === one!.metadata.uid) ? undefined : true;
  });
  await change(`${core(ns)}/pods/${two!.metadata.name}`, { metadata: { labels: { app: 'y' } } });
  await eventually('it is let go', async () => {
    const pod = await sandbox.client.request(`${core(ns)}/pods/${two!.metadata.name}`);
    return pod.metadata.ownerReferences ? undefined : true;
  });
  await ready(2);
  await change(`${core(ns)}/pods/${two!.metadata.name}`, { metadata: { labels: { app: 'x' } } });
  await eventually('there are two again', () => ready(2));
});

test('a pod that no node takes says why, and is bound as soon as one does', async () => {
  const ns = await namespace('schedule');
  const path = `${core(ns)}/pods/p`;
  await create(`${core(ns)}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'c', image: 'a:1' }] },
  });
  const condition = await eventually('it says why', async () => {
    const pod = await sandbox.client.request(path);
    return conditionOf(pod.status?.conditions, 'PodScheduled');
  });
  assert.equal(condition.reason, 'Unschedulable');
  assert.match(condition.message ?? '', /didn't match Pod's node affinity\/selector/);
  await change('/api/v1/nodes/node-1', { metadata: { labels: { disk: 'ssd' } } });
  await eventually('it runs', async () => {
    return (await sandbox.client.request(path)).status.phase === 'Running' || undefined;
  });
  const reasons = await eventually('both events are there', async () => {
    const all = (await listed(`${core(ns)}/events`)).map((event) => event.reason);
    return all.length >= 2 ? all : undefined;
  });
  assert.deepEqual(reasons.sort(), ['FailedScheduling', 'Scheduled']);
});

const configMap = (name: string, ownerReferences: object[] = []) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ownerReferences },
});

async function ownerWithDependent(ns: string): Promise<{ owner: string; dependent: string }> {
  const { metadata } = await create(`${core(ns)}/configmaps`, configMap('owner'));
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid, blockOwnerDeletion: true };
  await create(`${core(ns)}/configmaps`, configMap('dependent', [reference]));
  return { owner: `${core(ns)}/configmaps/owner`, dependent: `${core(ns)}/configmaps/dependent` };
}

const deletion = (propagationPolicy: string) => ({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy });
const isGone = (path: string) => eventually(`${path} is gone`, async () => ((await found(path)) ? undefined : true));

test('in the background the owner goes first and its dependents follow', async () => {
  const { owner, dependent } = await ownerWithDependent(await namespace('background'));
  await remove(owner, deletion('Background'));
  assert.equal(await found(owner), undefined);
  await isGone(dependent);
});

test('in the foreground the owner stays until its dependents are gone', async () => {
  const ns = await namespace('foreground');
  const { owner, dependent } = await ownerWithDependent(ns);
  await change(dependent, { metadata: { finalizers: ['example.com/hold'] } });
  await remove(owner, deletion('Foreground'));
  await eventually('the dependent is being deleted', async () => {
    return (await found(dependent))?.metadata.deletionTimestamp;
  });
  assert.ok(await found(owner));
  await change(dependent, { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/hold'] } });
  await isGone(dependent);
  await isGone(owner);
});

test('orphans stay, without the reference', async () => {
  const { owner, dependent } = await ownerWithDependent(await namespace('orphans'));
  await remove(owner, deletion('Orphan'));
  await isGone(owner);
  assert.equal((await found(dependent))?.metadata.ownerReferences, undefined);
});

test('an object whose owner never existed is collected', async () => {
  const ns = await namespace('absent');
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'never-given' };
  await create(`${core(ns)}/configmaps`, configMap('child', [reference]));
  await isGone(`${core(ns)}/configmaps/child`);
});

test('a deleted namespace takes all that is in it along', async () => {
  const ns = await namespace('doomed');
  await create(`${apps(ns)}/deployments`, deployment(2));
  await create(`${core(ns)}/configmaps`, configMap('a'));
  await rolledOut(`${apps(ns)}/deployments/web`);
  await remove(`/api/v1/namespaces/${ns}`);
  await isGone(`/api/v1/namespaces/${ns}`);
  assert.deepEqual(
    await listed('/api/v1/pods').then((pods) => pods.filter((pod) => pod.metadata.namespace === ns)),
    [],
  );
});

test('the namespaces that every cluster has are there', async () => {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    await eventually(`${name} is there`, () => found(`/api/v1/namespaces/${name}`));
  }
});

test('a service has the addresses of the pods that it selects, and its endpoints go with it', async () => {
  const name = await namespace('endpoints');
  await create(`${core(name)}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', labels: { tier: 'front' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  const path = `${core(name)}/endpoints/web`;
  const empty = await eventually('there are endpoints', () => found(path));
  assert.deepEqual([empty.subsets ?? [], empty.metadata.labels], [[], { tier: 'front' }]);
  await create(`${core(name)}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'a:1' }] },
  });
  await eventually('the pod runs', async () =>
    (await found(`${core(name)}/pods/a`))?.spec.nodeName ? true : undefined,
  );
  await sandbox.client.request(`${core(name)}/pods/a/status`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { status: { podIP: '10.1.2.3' } },
  });
  const filled = await eventually('the pod is an endpoint', async () => {
    const { subsets } = await sandbox.client.request(path);
    return subsets?.[0]?.addresses ? subsets[0] : undefined;
  });
  assert.deepEqual(
    [filled.addresses[0].ip, filled.addresses[0].targetRef.name, filled.ports[0].port],
    ['10.1.2.3', 'a', 80],
  );
  const early = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'early' } };
  await create(`${core(name)}/endpoints`, early);
  await remove(`${core(name)}/services/web`);
  await eventually('the endpoints are gone', async () => ((await found(path)) ? undefined : true));
  assert.ok(await found(`${core(name)}/endpoints/early`), 'what was there before any service stays');
});
