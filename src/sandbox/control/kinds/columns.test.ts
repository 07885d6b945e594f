import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { kinds } from './kinds.ts';
import { podCells } from './pod-cells.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString();
const status = (pod: object) => {
  const { ready, status: word, restarts } = podCells({ metadata: { name: 'p' }, ...pod }, nowMs);
  return `${ready} ${word} ${restarts}`;
};
const spec = { containers: [{ name: 'a' }, { name: 'b' }] };
const running = (name: string, more = {}) => ({ name, ready: true, restartCount: 0, state: { running: {} }, ...more });

test('READY, STATUS and RESTARTS are those of the API server', () => {
  assert.equal(status({ spec, status: { phase: 'Pending' } }), '0/2 Pending 0');
  assert.equal(
    status({ spec, status: { phase: 'Running', containerStatuses: [running('a'), running('b')] } }),
    '2/2 Running 0',
  );
  const waiting = {
    name: 'b',
    ready: false,
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { finishedAt: ago(5) } },
  };
  assert.equal(
    status({ spec, status: { phase: 'Running', containerStatuses: [running('a'), waiting] } }),
    '1/2 CrashLoopBackOff 3 (5m ago)',
  );
  const ended = (exitCode: number, more = {}) => ({
    name: 'a',
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode, ...more } },
  });
  assert.equal(status({ spec, status: { phase: 'Failed', containerStatuses: [ended(3)] } }), '0/2 ExitCode:3 0');
  assert.equal(
    status({ spec, status: { phase: 'Failed', containerStatuses: [ended(0, { signal: 9 })] } }),
    '0/2 Signal:9 0',
  );
  assert.equal(
    status({ spec, status: { phase: 'Succeeded', containerStatuses: [ended(0, { reason: 'Completed' })] } }),
    '0/2 Completed 0',
  );
  const half = [running('a'), { ...ended(0, { reason: 'Completed' }), name: 'b' }];
  assert.equal(status({ spec, status: { phase: 'Running', containerStatuses: half } }), '1/2 NotReady 0');
  assert.equal(status({ spec, status: { phase: 'Failed', reason: 'Evicted' } }), '0/2 Evicted 0');
  const going = { metadata: { name: 'p', deletionTimestamp: ago(0) }, spec };
  assert.equal(
    status({ ...going, status: { phase: 'Running', containerStatuses: [running('a')] } }),
    '1/2 Terminating 0',
  );
  assert.equal(status({ ...going, status: { phase: 'Succeeded' } }), '0/2 Succeeded 0');
});

test('init containers and sidecars come before the rest', () => {
  const withInit = {
    containers: [{ name: 'a' }],
    initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }],
  };
  const done = { name: 'i', restartCount: 0, state: { terminated: { exitCode: 0 } } };
  const pending = { phase: 'Pending' };
  assert.equal(
    status({ spec: withInit, status: { ...pending, initContainerStatuses: [{ name: 'i', state: { running: {} } }] } }),
    '0/2 Init:0/2 0',
  );
  const failed = { name: 'i', restartCount: 2, state: { terminated: { exitCode: 1, reason: 'Error' } } };
  assert.equal(status({ spec: withInit, status: { ...pending, initContainerStatuses: [failed] } }), '0/2 Init:Error 2');
  const crashing = { name: 'i', restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } };
  assert.equal(
    status({ spec: withInit, status: { ...pending, initContainerStatuses: [crashing] } }),
    '0/2 Init:CrashLoopBackOff 1',
  );
  const sidecar = { name: 's', ready: true, started: true, restartCount: 1, state: { running: {} } };
  const both = { phase: 'Running', initContainerStatuses: [done, sidecar], containerStatuses: [running('a')] };
  assert.equal(status({ spec: withInit, status: both }), '2/2 Running 1');
});

/** The cells of one kind, by column. */
function cells(kind: string, group: string, object: object): Record<string, unknown> {
  const found = kinds.find(({ info }) => info.kind === kind && info.group === group)!;
  const whole = { metadata: { name: 'x', creationTimestamp: ago(90) }, ...object } as KubeObject;
  return Object.fromEntries(found.columns.map(({ name, cell }) => [name, cell(whole, nowMs)]));
}

test('the other kinds have the columns that kubectl users know', () => {
  const containers = [
    { name: 'a', image: 'i:1' },
    { name: 'b', image: 'j:2' },
  ];
  const workload = {
    spec: { replicas: 3, selector: { matchLabels: { app: 'w' } }, template: { spec: { containers } } },
    status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1, replicas: 2 },
  };
  assert.deepEqual(cells('Deployment', 'apps', workload), {
    Name: 'x',
    Ready: '1/3',
    'Up-to-date': 2,
    Available: 1,
    Age: '90m',
    Containers: 'a,b',
    Images: 'i:1,j:2',
    Selector: 'app=w',
  });
  assert.deepEqual(
    [cells('ReplicaSet', 'apps', workload).Desired, cells('ReplicaSet', 'apps', workload).Current],
    [3, 2],
  );
  const node = {
    metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      nodeInfo: { kubeletVersion: 'v1' },
    },
  };
  const nodeCells = cells('Node', '', node);
  assert.deepEqual(
    [nodeCells.Status, nodeCells.Roles, nodeCells['Internal-IP'], nodeCells['External-IP'], nodeCells['OS-Image']],
    ['Ready,SchedulingDisabled', 'control-plane', '10.0.0.1', '<none>', '<unknown>'],
  );
  const service = cells('Service', '', {
    spec: {
      type: 'NodePort',
      clusterIP: '10.0.0.9',
      ports: [
        { port: 80, nodePort: 30080 },
        { port: 53, protocol: 'UDP' },
      ],
      selector: { app: 'w' },
    },
  });
  assert.deepEqual(
    [service['Port(s)'], service['External-IP'], service.Selector],
    ['80:30080/TCP,53/UDP', '<none>', 'app=w'],
  );
  const endpoints = { subsets: [{ addresses: ['1', '2', '3', '4'].map((ip) => ({ ip })), ports: [{ port: 80 }] }] };
  assert.equal(cells('Endpoints', '', endpoints).Endpoints, '1:80,2:80,3:80 + 1 more...');
  assert.deepEqual(
    [
      cells('ConfigMap', '', { data: { a: '' }, binaryData: { b: '' } }).Data,
      cells('Secret', '', { type: 'Opaque', data: { a: '' } }).Data,
    ],
    [2, 1],
  );
});

test('an event prints alike in both of its groups, whether counted, in a series or once', () => {
  const event = {
    type: 'Normal',
    reason: 'Started',
    message: ' go\n',
    involvedObject: { kind: 'Pod', name: 'p' },
    source: { component: 'kubelet', host: 'n' },
  };
  const counted = cells('Event', '', { ...event, count: 4, firstTimestamp: ago(9), lastTimestamp: ago(2) });
  assert.deepEqual(
    [counted['Last Seen'], counted['First Seen'], counted.Count, counted.Object, counted.Source, counted.Message],
    ['2m', '9m', 4, 'pod/p', 'kubelet, n', 'go'],
  );
  const series = cells('Event', '', { ...event, eventTime: ago(9), series: { count: 7, lastObservedTime: ago(1) } });
  assert.deepEqual([series['Last Seen'], series.Count], ['60s', 7]);
  const grouped = cells('Event', 'events.k8s.io', {
    type: 'Normal',
    note: 'go',
    regarding: { kind: 'Pod', name: 'p' },
    reportingController: 'me',
    eventTime: ago(3),
  });
  assert.deepEqual(
    [grouped['Last Seen'], grouped.Object, grouped.Message, grouped.Source],
    ['3m', 'pod/p', 'go', 'me'],
  );
});

test('an object that has nothing but a name can be printed, whatever its kind', () => {
  for (const { info, columns } of kinds)
    for (const { name, cell } of columns)
      assert.doesNotThrow(() => cell({ metadata: { name: 'x' } }, nowMs), `${info.kind} ${name}`);
});
