import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlane } from '../started-plane.ts';

const autoscalers = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const merge = { 'content-type': 'application/merge-patch+json' };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const utilization = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

test('an autoscaler that says little is filled in, and printed with what it wants and has', async (t) => {
  const { call } = await startPlane(t);
  const body = { metadata: { name: 'web' }, spec: { scaleTargetRef, maxReplicas: 5, behavior: { scaleDown: {} } } };
  const created = await call('POST', autoscalers, { body });
  assert.equal(created.code, 201, created.text);
  assert.deepEqual(created.body.spec.metrics, [utilization(80)]);
  assert.equal(created.body.spec.minReplicas, 1);
  const { scaleUp, scaleDown } = created.body.spec.behavior;
  assert.deepEqual([scaleUp.stabilizationWindowSeconds, scaleUp.policies.length], [0, 2]);
  assert.deepEqual([scaleDown.stabilizationWindowSeconds, scaleDown.selectPolicy], [undefined, 'Max']);
  const cells = async () => (await call('GET', `${autoscalers}/web`, { headers: asTable })).body.rows[0].cells;
  assert.deepEqual((await cells()).slice(0, 6), ['web', 'Deployment/web', 'cpu: <unknown>/80%', '1', '5', '0']);
  const metrics = [
    utilization(50),
    { type: 'Pods', pods: { metric: { name: 'rate' }, target: { type: 'AverageValue', averageValue: '10' } } },
    { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '30' } } },
  ];
  const changed = await call('PATCH', `${autoscalers}/web`, { headers: merge, body: { spec: { metrics } } });
  assert.equal(changed.code, 200, changed.text);
  const current = { name: 'cpu', current: { averageUtilization: 12, averageValue: '6m' } };
  const pods = { metric: { name: 'rate' }, current: { averageValue: '3' } };
  const status = {
    currentReplicas: 2,
    desiredReplicas: 2,
    currentMetrics: [
      { type: 'Resource', resource: current },
      { type: 'Pods', pods },
    ],
  };
  const told = await call('PATCH', `${autoscalers}/web/status`, { headers: merge, body: { status } });
  assert.equal(told.code, 200, told.text);
  assert.deepEqual((await cells()).slice(2, 6), ['cpu: 12%/50%, 3/10 + 1 more...', '1', '5', '2']);
});

test('an autoscaler that cannot work is refused with the place of each fault', async (t) => {
  const { call } = await startPlane(t);
  const refusal = async (spec: object) => {
    const { code, body } = await call('POST', autoscalers, { body: { metadata: { name: 'web' }, spec } });
    assert.equal(code, 422);
    return body.details.causes.map(({ field }: { field: string }) => field);
  };
  assert.deepEqual(await refusal({ scaleTargetRef, minReplicas: 3, maxReplicas: 2 }), ['spec.maxReplicas']);
  assert.deepEqual(await refusal({ scaleTargetRef, minReplicas: 0, maxReplicas: 2 }), ['spec.minReplicas']);
  const metrics = [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } },
    { type: 'Pods' },
    { type: 'Weather' },
  ];
  assert.deepEqual(await refusal({ scaleTargetRef, maxReplicas: 2, metrics }), [
    'spec.metrics[0].resource.target.averageUtilization',
    'spec.metrics[1].pods',
    'spec.metrics[2].type',
  ]);
});

test('a budget is printed, and refused where it says two things or none that can be', async (t) => {
  const { call } = await startPlane(t);
  const selector = { matchLabels: { app: 'web' } };
  const create = (spec: object) => call('POST', budgets, { body: { metadata: { name: 'web' }, spec } });
  assert.equal((await create({ selector, minAvailable: 1, maxUnavailable: 1 })).code, 422);
  assert.equal((await create({ selector, minAvailable: -1 })).code, 422);
  for (const maxUnavailable of ['x', '101%']) assert.equal((await create({ selector, maxUnavailable })).code, 422);
  const { code, body } = await create({ selector, maxUnavailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  assert.deepEqual([code, body.metadata.generation, body.status.disruptionsAllowed], [201, 1, 0]);
  const { rows } = (await call('GET', budgets, { headers: asTable })).body;
  assert.deepEqual(rows[0].cells.slice(0, 4), ['web', 'N/A', '50%', 0]);
});
