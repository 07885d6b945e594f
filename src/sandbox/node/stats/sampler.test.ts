import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import type { ContainerRecord } from '../runtime/protocol.ts';
import { cadvisorPage } from './cadvisor-page.ts';
import { FakeProc, statusText } from './proc-under-test.ts';
import { resourcePage } from './resource-page.ts';
import { Sampler } from './sampler.ts';
import { summaryOf } from './summary.ts';

const isolation = { mounts: true, pids: true, users: false, proc: true, identities: true, parentDeathSignal: true };

function record(name: string, pid: number, more: Partial<ContainerRecord> = {}): ContainerRecord {
  const pod = { podUid: 'u', podNamespace: 'namespace_a', podName: 'pod_a' };
  const times = { createdAtMs: 1000, startedAtMs: 1624396248302 };
  return {
    id: `id-${pid}`,
    ...pod,
    name,
    attempt: 0,
    kind: 'regular',
    specHash: '',
    state: 'running',
    logPath: '',
    pid,
    ...times,
    ...more,
  };
}

function started(pids = true) {
  const proc = new FakeProc();
  const now = { ms: 1624396278302 };
  const records: ContainerRecord[] = [];
  proc.files.set('stat', 'cpu  900 100 0 7 7 0 0 0 0 0\nbtime 1624390000\n');
  proc.files.set(
    'meminfo',
    'MemTotal: 8000 kB\nMemFree: 3000 kB\nInactive(file): 1000 kB\nSwapTotal: 10 kB\nSwapFree: 4 kB\n',
  );
  proc.processes.set(10, { parent: 1, userTicks: 900, systemTicks: 100, status: statusText(4) });
  proc.processes.set(20, { parent: 1, userTicks: 50, status: statusText(8) });
  const sampler = new Sampler({
    intervalMs: 1000,
    files: proc,
    directory: tmpdir(),
    clock: { ...systemClock, nowMs: () => now.ms },
    containers: () => records,
    isolation: () => ({ ...isolation, pids }),
    log: silentLogger,
  });
  return { proc, now, records, sampler };
}

test("the page of resources is the kubelet's own, to the letter", () => {
  const { sampler, records } = started();
  records.push(record('container_a', 10));
  sampler.sample();
  assert.equal(
    resourcePage(sampler.snapshot),
    `# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="container_a",namespace="namespace_a",pod="pod_a"} 10 1624396278302
# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="container_a",namespace="namespace_a",pod="pod_a"} 4096 1624396278302
# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in seconds
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="container_a",namespace="namespace_a",pod="pod_a"} 1.624396248302e+09
# HELP container_swap_usage_bytes [ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems
# TYPE container_swap_usage_bytes gauge
container_swap_usage_bytes{container="container_a",namespace="namespace_a",pod="pod_a"} 0 1624396278302
# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 10 1624396278302
# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
# TYPE node_memory_working_set_bytes gauge
node_memory_working_set_bytes 4.096e+06 1624396278302
# HELP node_swap_usage_bytes [ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems
# TYPE node_swap_usage_bytes gauge
node_swap_usage_bytes 6144 1624396278302
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="namespace_a",pod="pod_a"} 10 1624396278302
# HELP pod_memory_working_set_bytes [STABLE] Current working set of the pod in bytes
# TYPE pod_memory_working_set_bytes gauge
pod_memory_working_set_bytes{namespace="namespace_a",pod="pod_a"} 4096 1624396278302
# HELP pod_swap_usage_bytes [ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems
# TYPE pod_swap_usage_bytes gauge
pod_swap_usage_bytes{namespace="namespace_a",pod="pod_a"} 0 1624396278302
# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 0
`,
  );
});

test('between two turns every answer is the same, however much time passes and whatever processes do', () => {
  const { proc, now, sampler, records } = started();
  records.push(record('a', 10));
  sampler.sample();
  const pages = () => [
    resourcePage(sampler.snapshot),
    cadvisorPage({ snapshot: sampler.snapshot, qosOf: () => 'Burstable', imageOf: () => 'x' }),
    JSON.stringify(summaryOf({ nodeName: 'n', snapshot: sampler.snapshot })),
  ];
  const before = pages();
  now.ms += 999;
  proc.processes.get(10)!.userTicks = 5000;
  assert.deepEqual(pages(), before);
  sampler.sample();
  for (const [index, page] of pages().entries()) assert.notEqual(page, before[index]);
});

test('a pod keeps what its ended containers used; the next attempt begins at its own', () => {
  const { proc, now, sampler, records } = started();
  records.push(record('a', 10));
  sampler.sample();
  records[0] = { ...records[0]!, state: 'exited' };
  proc.processes.delete(10);
  records.push(record('a', 20, { attempt: 1 }));
  now.ms += 1000;
  sampler.sample();
  const [pod] = sampler.snapshot.pods;
  assert.deepEqual([pod?.figures.cpu.totalSeconds, pod?.containers[0]?.figures.cpu.totalSeconds], [10.5, 0.5]);
  assert.equal(sampler.snapshot.allPods?.cpu.totalSeconds, 10.5);
  records.length = 0;
  now.ms += 1000;
  sampler.sample();
  assert.deepEqual(sampler.snapshot.pods, []);
});

test('what is used on average comes from the last two turns', () => {
  const { proc, now, sampler, records } = started();
  records.push(record('a', 10));
  sampler.sample();
  now.ms += 2000;
  proc.processes.get(10)!.userTicks! += 100;
  sampler.sample();
  assert.equal(sampler.snapshot.pods[0]?.containers[0]?.figures.cpu.nanocores, 500_000_000);
});

test('a machine that does not tell is an error on the page, not a zero', () => {
  const { proc, sampler } = started();
  proc.files.clear();
  sampler.sample();
  const page = resourcePage(sampler.snapshot);
  assert.match(page, /^resource_scrape_error 1$/m);
  assert.doesNotMatch(page, /node_/);
});

test('the summary has the types of stats/v1alpha1, and only CPU and memory where no more is asked for', () => {
  const { sampler, records } = started();
  records.push(record('a', 10));
  sampler.sample();
  const time = '2021-06-22T21:11:18Z';
  const { snapshot } = sampler;
  const brief = summaryOf({ nodeName: 'n', snapshot }) as { pods: object[] };
  assert.deepEqual(brief.pods, [
    {
      podRef: { name: 'pod_a', namespace: 'namespace_a', uid: 'u' },
      startTime: '1970-01-01T00:00:01Z',
      containers: [
        {
          name: 'a',
          startTime: '2021-06-22T21:10:48Z',
          cpu: { time, usageCoreNanoSeconds: 10_000_000_000 },
          memory: { time, usageBytes: 4096, workingSetBytes: 4096, rssBytes: 4096 },
          swap: { time, swapUsageBytes: 0 },
        },
      ],
      cpu: { time, usageCoreNanoSeconds: 10_000_000_000 },
      memory: { time, usageBytes: 4096, workingSetBytes: 4096, rssBytes: 4096 },
      swap: { time, swapUsageBytes: 0 },
    },
  ]);
  const use = { usedBytes: 512, inodesUsed: 1 };
  const disk = { timeMs: 0, volumes: [{ name: 'v', use }], logs: new Map([['a', use]]) };
  const full = { disks: new Map([['u', disk]]), nowMs: 0, processes: { max: 32768, running: 141 } };
  // biome-ignore lint/suspicious/noExplicitAny: an open object of JSON
  const whole = summaryOf({ nodeName: 'n', snapshot, full }) as any;
  assert.deepEqual([whole.pods[0].volume[0].name, whole.pods[0].volume[0].usedBytes], ['v', 512]);
  assert.deepEqual(
    [whole.pods[0]['ephemeral-storage'].usedBytes, whole.pods[0].process_stats],
    [1024, { process_count: 1 }],
  );
  assert.deepEqual(whole.node.rlimit, { time: '1970-01-01T00:00:00Z', maxpid: 32768, curproc: 141 });
});

test('a thousand containers are on every page, and on each once', () => {
  const { proc, sampler, records } = started();
  for (let pid = 1000; pid < 2000; pid++) {
    proc.processes.set(pid, { parent: 1, userTicks: pid });
    records.push(record('a', pid, { podUid: `u${pid}`, podName: `p${pid}` }));
  }
  sampler.sample();
  const page = cadvisorPage({ snapshot: sampler.snapshot, qosOf: () => 'BestEffort', imageOf: () => 'x' });
  const lines = page.split('\n').filter((line) => line.startsWith('container_cpu_usage_seconds_total{container="a"'));
  assert.equal(new Set(lines).size, 1000);
});

test('without pid namespaces a container is its session, and what the environment says of those that left it', () => {
  const { proc, sampler, records } = started(false);
  records.push(record('a', 10));
  Object.assign(proc.processes.get(10)!, { session: 10 });
  proc.processes.set(30, { parent: 1, session: 10, userTicks: 1 });
  proc.processes.set(40, { parent: 1, session: 40, userTicks: 10, environ: 'A=1\0TAFFRAIL_CONTAINER_ID=id-10\0B=' });
  proc.processes.set(50, { parent: 40, session: 50, userTicks: 100 });
  proc.processes.set(60, { parent: 1, session: 60, userTicks: 1000, environ: 'TAFFRAIL_CONTAINER_ID=id-11\0' });
  const seconds = () => {
    sampler.sample();
    return sampler.snapshot.pods[0]?.figures.cpu.totalSeconds;
  };
  assert.equal(seconds(), 11.11);
  proc.processes.set(40, { parent: 1, session: 40, userTicks: 5, startTicks: 4711 });
  proc.processes.delete(50);
  assert.equal(seconds(), 11.11, 'another process has the pid');
});
