import assert from 'node:assert/strict';
import test from 'node:test';
import { readExposition } from '../../../exposition/exposition.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { Collection } from '../discovery/kubernetes/watches.ts';
import { objectKinds } from './kinds.ts';
import { ObjectPage } from './object-page.ts';

/** Lines of an object with a beginning, without it, sorted. Every line must be one that a scrape can read. */
function lines(collection: Collection, object: KubeObject, beginning: string): string[] {
  const text = objectKinds.find((kind) => kind.collection === collection)!.lines(object);
  const page = Buffer.from(text);
  readExposition(
    page,
    { format: 'text', lineBytesMax: 10_000 },
    {
      sample: () => {},
      malformed: ({ line, problem }) => assert.fail(`line ${line}: ${problem}`),
    },
  );
  const found = text.split('\n').filter((line) => line.startsWith(beginning));
  return found.map((line) => line.slice(beginning.length)).sort();
}

const pod: KubeObject = {
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u',
    creationTimestamp: '2026-11-22T00:00:00Z',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'r', controller: true }],
  },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'web',
        image: 'web:1',
        resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { 'nvidia.com/gpu': '1' } },
      },
      { name: 'bad', image: 'bad:1' },
    ],
  },
  status: {
    phase: 'Running',
    podIP: '10.0.0.1',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      {
        name: 'web',
        ready: true,
        restartCount: 0,
        image: 'web:1',
        imageID: 'i',
        containerID: 'c',
        state: { running: {} },
      },
      {
        name: 'bad',
        ready: false,
        restartCount: 7,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      },
    ],
  },
};
const ofPod = 'namespace="shop",pod="web-1",uid="u"';

test('a pod’s phase is one of five, and exactly one is 1', () => {
  assert.deepEqual(lines('pods', pod, 'kube_pod_status_phase'), [
    `{${ofPod},phase="Failed"} 0`,
    `{${ofPod},phase="Pending"} 0`,
    `{${ofPod},phase="Running"} 1`,
    `{${ofPod},phase="Succeeded"} 0`,
    `{${ofPod},phase="Unknown"} 0`,
  ]);
  assert.deepEqual(lines('pods', pod, 'kube_pod_status_ready'), [
    `{${ofPod},condition="false"} 1`,
    `{${ofPod},condition="true"} 0`,
    `{${ofPod},condition="unknown"} 0`,
  ]);
});

test('containers give their state, restarts, and why they wait or ended', () => {
  const of = (name: string) => lines('pods', pod, `kube_pod_container_status_${name}{${ofPod},`);
  assert.deepEqual(of('restarts_total'), ['container="bad"} 7', 'container="web"} 0']);
  assert.deepEqual(of('running'), ['container="bad"} 0', 'container="web"} 1']);
  assert.deepEqual(of('waiting_reason'), ['container="bad",reason="CrashLoopBackOff"} 1']);
  assert.deepEqual(of('last_terminated_reason'), ['container="bad",reason="OOMKilled"} 1']);
  assert.deepEqual(of('last_terminated_exitcode'), ['container="bad"} 137']);
  assert.deepEqual(of('terminated_reason'), []);
});

test('requests and limits are in cores and bytes, with the unit', () => {
  const common = `{${ofPod},container="web",node="n1",resource=`;
  assert.deepEqual(lines('pods', pod, `kube_pod_container_resource_requests${common}`), [
    '"cpu",unit="core"} 0.25',
    '"memory",unit="byte"} 67108864',
  ]);
  assert.deepEqual(lines('pods', pod, `kube_pod_container_resource_limits${common}`), [
    '"nvidia_com_gpu",unit="integer"} 1',
  ]);
});

test('an owner is named; nobody’s object has one line that says so', () => {
  assert.deepEqual(lines('pods', pod, `kube_pod_owner{${ofPod},`), [
    'owner_kind="ReplicaSet",owner_name="web",owner_is_controller="true"} 1',
  ]);
  const orphan = { ...pod, metadata: { name: 'web-1', namespace: 'shop', uid: 'u' } };
  assert.deepEqual(lines('pods', orphan, `kube_pod_owner{${ofPod},`), [
    'owner_kind="",owner_name="",owner_is_controller=""} 1',
  ]);
});

test('a deployment gives what is wanted and what there is', () => {
  const deployment: KubeObject = {
    metadata: { name: 'd', namespace: 'shop', generation: 3 },
    spec: { replicas: 5, strategy: { rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } } },
    status: {
      replicas: 5,
      readyReplicas: 4,
      observedGeneration: 3,
      conditions: [{ type: 'Available', status: 'True' }],
    },
  };
  const of = (name: string) =>
    lines('deployments', deployment, `kube_deployment_${name}{namespace="shop",deployment="d"`);
  assert.deepEqual(of('spec_replicas'), ['} 5']);
  assert.deepEqual(of('status_replicas_ready'), ['} 4']);
  assert.deepEqual(of('status_replicas_available'), ['} 0']);
  assert.deepEqual(of('spec_strategy_rollingupdate_max_unavailable'), ['} 1']);
  assert.deepEqual(of('spec_strategy_rollingupdate_max_surge'), ['} 2']);
  assert.ok(of('status_condition').includes(',condition="Available",status="true"} 1'));
});

test('an autoscaler gives its bounds, its targets and what it sees', () => {
  const autoscaler: KubeObject = {
    metadata: { name: 'h', namespace: 'shop' },
    spec: {
      minReplicas: 2,
      maxReplicas: 9,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '100m' } } },
      ],
    },
    status: { currentReplicas: 3, desiredReplicas: 4, conditions: [{ type: 'ScalingActive', status: 'True' }] },
  };
  const common = '{namespace="shop",horizontalpodautoscaler="h"';
  const of = (name: string) =>
    lines('horizontalpodautoscalers', autoscaler, `kube_horizontalpodautoscaler_${name}${common}`);
  assert.deepEqual(
    [of('spec_min_replicas'), of('spec_max_replicas'), of('status_desired_replicas')],
    [['} 2'], ['} 9'], ['} 4']],
  );
  assert.deepEqual(of('spec_target_metric'), [
    ',metric_name="cpu",metric_target_type="utilization"} 80',
    ',metric_name="rps",metric_target_type="average"} 0.1',
  ]);
  assert.deepEqual(of('info'), [
    ',scaletargetref_api_version="apps/v1",scaletargetref_kind="Deployment",scaletargetref_name="d"} 1',
  ]);
});

test('every kind gives lines for an object that says nothing yet', () => {
  for (const { collection, lines: linesOf } of objectKinds) {
    const text = linesOf({ metadata: { name: 'x"\\\n', namespace: 'n' } });
    assert.notEqual(text, '', collection);
    assert.doesNotMatch(text, /undefined|NaN/, collection);
    lines(collection, { metadata: { name: 'x"\\\n', namespace: 'n' } }, '');
  }
});

test('the page has the lines of every object that there is, and the types of their metrics', () => {
  const page = new ObjectPage();
  page.set('a', 'a{} 1\n');
  page.set('b', 'b_total{} 1\n');
  page.set('a', 'a{} 2\n');
  const types = '# TYPE a gauge\n# TYPE b_total counter\n';
  assert.equal(String(page.body()), `${types}a{} 2\nb_total{} 1\n`);
  page.set('b', undefined);
  assert.equal(String(page.body()), `${types}a{} 2\n`);
});
