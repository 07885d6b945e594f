import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { plannedSubsets } from './endpoints-plan.ts';

const service = (spec: object): KubeObject => ({ metadata: { name: 's', namespace: 'n' }, spec });
const web = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };

function pod(
  name: string,
  podIP: string | undefined,
  containerPort: number,
  more: Partial<KubeObject> = {},
): KubeObject {
  return {
    metadata: { name, namespace: 'n', uid: `uid-${name}`, labels: { app: 'web' } },
    spec: { nodeName: 'node', containers: [{ ports: [{ name: 'http', containerPort }] }] },
    status: { podIP, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    ...more,
  };
}

const ips = (subsets: ReturnType<typeof plannedSubsets>) =>
  subsets?.map(({ addresses = [], notReadyAddresses = [], ports }) => [
    addresses.map(({ ip }) => ip),
    notReadyAddresses.map(({ ip }) => ip),
    ports.map(({ port }) => port),
  ]);

test('pods are listed by address, apart by their named ports, and by whether they are ready', () => {
  const notReady = { podIP: '10.0.0.1', phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] };
  const pods = [
    pod('c', '10.0.0.3', 8080),
    pod('b', '10.0.0.2', 9090),
    pod('a', undefined, 8080, { status: notReady }),
    pod('other', '10.0.0.9', 8080, { metadata: { name: 'other', namespace: 'n', labels: { app: 'db' } } }),
  ];
  const planned = plannedSubsets(service(web), pods);
  assert.deepEqual(ips(planned), [
    [['10.0.0.3'], ['10.0.0.1'], [8080]],
    [['10.0.0.2'], [], [9090]],
  ]);
  assert.deepEqual(planned![0]!.addresses, [
    { ip: '10.0.0.3', nodeName: 'node', targetRef: { kind: 'Pod', namespace: 'n', name: 'c', uid: 'uid-c' } },
  ]);
  assert.deepEqual(ips(plannedSubsets(service({ ...web, publishNotReadyAddresses: true }), pods))![0], [
    ['10.0.0.1', '10.0.0.3'],
    [],
    [8080],
  ]);
});

test('pods that have ended, go, or have no address yet are not listed', () => {
  const status = { podIP: '10.0.0.1', phase: 'Succeeded' };
  const going = { name: 'g', namespace: 'n', labels: { app: 'web' }, deletionTimestamp: '2026-01-01T00:00:00Z' };
  const pods = [
    pod('ended', undefined, 80, { status }),
    pod('waiting', undefined, 80),
    pod('g', '10.0.0.2', 80, { metadata: going }),
  ];
  assert.deepEqual(plannedSubsets(service(web), pods), []);
});

test('a number is taken as it is; a service without a selector is left alone', () => {
  const number = { selector: { app: 'web' }, ports: [{ port: 443 }] };
  assert.deepEqual(ips(plannedSubsets(service(number), [pod('a', '10.0.0.1', 1)])), [[['10.0.0.1'], [], [443]]]);
  const headless = { selector: { app: 'web' }, clusterIP: 'None' };
  assert.deepEqual(ips(plannedSubsets(service(headless), [pod('a', '10.0.0.1', 1)])), [[['10.0.0.1'], [], []]]);
  for (const spec of [{ ports: [{ port: 80 }] }, { selector: {} }, { type: 'ExternalName', selector: { a: 'b' } }])
    assert.equal(plannedSubsets(service(spec), []), undefined);
});
