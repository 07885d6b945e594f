import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { NODE_SLOT, NodeWindow, windowLimits } from '../window/window.ts';
import { kubeletPage, type PageContainer } from './kubelet-page-fixture.ts';
import { PageReader } from './page-reader.ts';

const resolutionMs = 15_000;
const startMs = 1_633_253_812_125;

/** A kubelet whose pages are read a resolution apart, unless told otherwise. */
function kubelet() {
  const window = new NodeWindow(windowLimits(resolutionMs), 0, () => 0.5);
  const reader = new PageReader(window, () => 0.37);
  let nowMs = startMs;
  const read = (page: string | Buffer) =>
    reader.read(Buffer.from(page), { wallMs: nowMs, monotonicMs: nowMs }, () => Promise.resolve());
  const usage = (container = 'main', pod = 'web-0', namespace = 'default') =>
    window.usage(window.slotOf(namespace, pod, container) ?? -1, nowMs);
  const why = (container = 'main', pod = 'web-0') => window.why(window.slotOf('default', pod, container) ?? -1, nowMs);
  return {
    window,
    read,
    usage,
    why,
    now: () => nowMs,
    wait: (forMs = resolutionMs) => void (nowMs += forMs),
    /** Reads a page of one container with these figures, stamped now. */
    point: (container: Omit<PageContainer, 'timeMs'>, timeMs = nowMs) => read(kubeletPage([{ ...container, timeMs }])),
  };
}

test('usage is the CPU between the last two points over their time, and the memory of the later', async () => {
  const node = kubelet();
  await node.point({ cpu: '4.710169', memory: '1.253376e+07' });
  assert.equal(node.usage(), undefined);
  assert.equal(node.why(), 'FirstPoint');
  node.wait();
  await node.point({ cpu: '6.210169', memory: '1.1841536e+07' });
  assert.deepEqual(node.usage(), {
    timeMs: startMs + 15_000,
    windowMs: 15_000,
    cpuNanocores: 100_000_000,
    memoryBytes: 11_841_536,
  });
});

test('a node has the same rules and no start', async () => {
  const node = kubelet();
  const page = (cpu: number) => kubeletPage([], { cpu, memory: '3.53316864e+08', timeMs: node.now() });
  await node.read(page(100));
  node.wait();
  await node.read(page(130));
  assert.deepEqual(node.window.usage(NODE_SLOT, node.now()), {
    timeMs: node.now(),
    windowMs: 15_000,
    cpuNanocores: 2_000_000_000,
    memoryBytes: 353_316_864,
  });
});

test('a point whose timestamp has not moved is not a new point', async () => {
  const node = kubelet();
  await node.point({ cpu: 1 });
  node.wait();
  await node.point({ cpu: 2.5 });
  const before = node.usage();
  node.wait();
  const reading = await node.point({ cpu: 2.5 }, startMs + 15_000);
  assert.equal(reading.sames, 1);
  assert.deepEqual(node.usage(), before);
});

test('a missed scrape keeps the last two points with their true time, until they are too old', async () => {
  const node = kubelet();
  await node.point({ cpu: 1 });
  node.wait();
  await node.point({ cpu: 2.5 });
  node.wait(90_000);
  assert.equal(node.usage()?.timeMs, startMs + 15_000);
  node.wait(1);
  assert.equal(node.usage(), undefined);
  assert.equal(node.why(), 'TooOld');
});

test('after one missed scrape the next point makes a window twice as long', async () => {
  const node = kubelet();
  await node.point({ cpu: 1 });
  node.wait(30_000);
  await node.point({ cpu: 4 });
  assert.equal(node.usage()?.windowMs, 30_000);
  assert.equal(node.usage()?.cpuNanocores, 100_000_000);
});

test('two points that are further apart than the limit are no window', async () => {
  const node = kubelet();
  await node.point({ cpu: 1 });
  node.wait(90_001);
  await node.point({ cpu: 4 });
  assert.equal(node.why(), 'FirstPoint');
});

test('zero CPU does not hide a container', async () => {
  const node = kubelet();
  await node.point({ cpu: 0, memory: 0 });
  node.wait();
  await node.point({ cpu: 0, memory: 0 });
  assert.equal(node.usage()?.cpuNanocores, 0);
  assert.equal(node.usage()?.memoryBytes, 0);
});

test('a fresh container is served from its start on, once it is ten seconds old', async () => {
  const node = kubelet();
  const start = (startMs - 4_000) / 1000;
  await node.point({ cpu: 0.4, start });
  assert.equal(node.why(), 'FirstPoint');
  const other = kubelet();
  await other.point({ cpu: 1.2, start: (startMs - 12_000) / 1000 });
  assert.deepEqual([other.usage()?.windowMs, other.usage()?.cpuNanocores], [12_000, 100_000_000]);
});

test('a container that is older than two resolutions at its first point waits for a second', async () => {
  const node = kubelet();
  await node.point({ cpu: 3600, start: (startMs - 30_000) / 1000 });
  assert.equal(node.why(), 'FirstPoint');
});

test('after a restart the window of the run before stays until the new run has one', async () => {
  const node = kubelet();
  const first = (startMs - 3_600_000) / 1000;
  await node.point({ cpu: 100, start: first });
  node.wait();
  await node.point({ cpu: 101.5, start: first });
  node.wait();
  const restarted = (node.now() - 5_000) / 1000;
  await node.point({ cpu: 0.2, start: restarted, memory: 5 });
  assert.equal(node.usage()?.timeMs, startMs + 15_000);
  node.wait();
  await node.point({ cpu: 3.2, start: restarted, memory: 6 });
  assert.deepEqual(node.usage(), { timeMs: node.now(), windowMs: 15_000, cpuNanocores: 200_000_000, memoryBytes: 6 });
});

test('a restarted container whose counter is already beyond the old one is told by its start', async () => {
  const node = kubelet();
  await node.point({ cpu: 0.001, start: (startMs - 100) / 1000 });
  node.wait();
  await node.point({ cpu: 5, start: (startMs + 9_000) / 1000 });
  assert.equal(node.usage(), undefined);
});

test('a counter that falls begins a new run where the page gives no start', async () => {
  const node = kubelet();
  await node.point({ cpu: 50 });
  node.wait();
  await node.point({ cpu: 1 });
  assert.equal(node.why(), 'FirstPoint');
  node.wait();
  await node.point({ cpu: 1.15 });
  assert.equal(node.usage()?.cpuNanocores, 10_000_000);
});

test('a line without a timestamp is as of the scrape', async () => {
  const node = kubelet();
  await node.read(kubeletPage([{ cpu: 1, timeMs: null }]));
  node.wait();
  await node.read(kubeletPage([{ cpu: 2.5, timeMs: null }]));
  assert.deepEqual([node.usage()?.timeMs, node.usage()?.windowMs], [node.now(), 15_000]);
});

for (const [what, cpu, reason] of [
  ['NaN', 'NaN', 'NotANumber'],
  ['a negative value', '-1', 'Negative'],
  ['infinity', '+Inf', 'TooLarge'],
] as const) {
  test(`${what} is refused and counted; the container keeps its window and the rest of the page stays`, async () => {
    const node = kubelet();
    const page = (bad: string | number, good: number) =>
      kubeletPage([
        { cpu: bad, timeMs: node.now() },
        { container: 'other', cpu: good, timeMs: node.now() },
      ]);
    await node.read(page(1, 1));
    node.wait();
    await node.read(page(2.5, 2.5));
    const before = node.usage();
    node.wait();
    const reading = await node.read(page(cpu, 5.5));
    assert.deepEqual([...reading.refused], [[reason, 1]]);
    assert.equal(reading.incomplete, 1);
    assert.deepEqual(node.usage(), before);
    assert.equal(node.usage('other')?.cpuNanocores, 200_000_000);
  });
}

test('of a duplicate series the first sample counts, whatever the order of its labels', async () => {
  const node = kubelet();
  await node.point({ cpu: 1 });
  node.wait();
  const stamp = node.now();
  const page = `${kubeletPage([{ cpu: 2.5, timeMs: stamp }])}container_cpu_usage_seconds_total{pod="web-0",namespace="default",container="main"} 900 ${stamp}\n`;
  const reading = await node.read(page);
  assert.deepEqual([...reading.refused], [['Duplicate', 1]]);
  assert.equal(node.usage()?.cpuNanocores, 100_000_000);
});

test('a start after the point is refused, and the point stays', async () => {
  const node = kubelet();
  const start = (startMs + 3_600_000) / 1000;
  await node.point({ cpu: 1, start });
  node.wait();
  const reading = await node.point({ cpu: 2.5, start });
  assert.deepEqual([...reading.refused], [['StartAfterPoint', 1]]);
  assert.equal(node.usage()?.cpuNanocores, 100_000_000);
});

test('the start that kubelets wrote for containers without one is refused', async () => {
  const node = kubelet();
  const reading = await node.point({ cpu: 1, start: '-6.7953645788713455e+09' });
  assert.deepEqual([...reading.refused], [['Negative', 1]]);
  assert.equal(reading.firsts, 1);
});

test('timestamps far from our clock are not believed, either way', async () => {
  const node = kubelet();
  for (const offMs of [300_001, -300_001]) {
    const reading = await node.point({ cpu: 1 }, startMs + offMs);
    assert.equal(reading.skewed, 1);
    assert.equal(node.why(), 'ClockSkew');
  }
});

test('a clock that is off within the limit is served with its own time, and ages by ours', async () => {
  const node = kubelet();
  const offMs = 240_000;
  await node.point({ cpu: 1 }, startMs - offMs);
  node.wait();
  await node.point({ cpu: 2.5 }, node.now() - offMs);
  assert.equal(node.usage()?.timeMs, node.now() - offMs);
});

test('a clock that was set back begins anew and is served again with the second point', async () => {
  const node = kubelet();
  await node.point({ cpu: 1 });
  node.wait();
  await node.point({ cpu: 2.5 }, startMs - 60_000);
  assert.equal(node.why(), 'FirstPoint');
  node.wait();
  await node.point({ cpu: 4 }, startMs - 45_000);
  assert.equal(node.usage()?.cpuNanocores, 100_000_000);
});

test('CPU without memory is no point', async () => {
  const node = kubelet();
  const stamp = node.now();
  const reading = await node.read(
    `container_cpu_usage_seconds_total{container="main",namespace="default",pod="web-0"} 1 ${stamp}\n`,
  );
  assert.equal(reading.incomplete, 1);
  assert.equal(node.why(), 'NotOnPage');
});

test('a line that cannot be read costs only itself, and is named', async () => {
  const node = kubelet();
  const good = kubeletPage([{ cpu: 1, timeMs: node.now() }]);
  const reading = await node.read(
    good.replace('# TYPE container_start', 'this is { no sample\n# TYPE container_start'),
  );
  assert.equal(reading.malformedLines, 1);
  assert.equal(reading.firstMalformed?.line, good.slice(0, good.indexOf('# TYPE container_start')).split('\n').length);
  assert.equal(reading.firsts, 1);
});

test('what stands behind the last newline is not read: it may be half a number', async () => {
  const node = kubelet();
  const stamp = node.now();
  const labels = '{container="main",namespace="default",pod="web-0"}';
  const memory = `container_memory_working_set_bytes${labels} 1000 ${stamp}\n`;
  const reading = await node.read(`${memory}container_cpu_usage_seconds_total${labels} 12`);
  assert.deepEqual([reading.malformedLines, reading.incomplete], [1, 1]);
});

test('samples without labels, or with names longer than any, are not placed', async () => {
  const node = kubelet();
  const long = 'a'.repeat(254);
  const reading = await node.read(
    `container_cpu_usage_seconds_total 1\ncontainer_cpu_usage_seconds_total{container="c",namespace="n",pod="${long}"} 1\n`,
  );
  assert.equal(reading.unplaced, 2);
  assert.equal(node.window.containers, 0);
});

test('escaped labels name the container that they mean', async () => {
  const node = kubelet();
  await node.read(kubeletPage([{ container: 'a\\"b\\\\c', cpu: 1, timeMs: node.now() }]));
  assert.equal(node.window.slotOf('default', 'web-0', 'a"b\\c') !== undefined, true);
});

test('containers that are gone give their slots back, and a name that returns has none of the old points', async () => {
  const node = kubelet();
  for (let round = 0; round < 40; round++) {
    await node.point({ pod: `job-${round}`, cpu: round });
    node.wait();
  }
  assert.ok(node.window.slotsEnd <= 10, `slots up to ${node.window.slotsEnd}`);
  assert.equal(node.window.slotOf('default', 'job-0', 'main'), undefined);
  await node.point({ pod: 'job-0', cpu: 1000 });
  assert.equal(node.usage('main', 'job-0'), undefined);
});

test('a page of several slices is read as one', async () => {
  const node = kubelet();
  const containers = (cpu: number) =>
    Array.from({ length: 3000 }, (_, index) => ({ pod: `pod-${index}`, cpu: cpu + index, timeMs: node.now() }));
  let breaths = 0;
  const reader = new PageReader(node.window, () => 0.5);
  const read = (page: string) =>
    reader.read(Buffer.from(page), { wallMs: node.now(), monotonicMs: node.now() }, async () => void breaths++);
  await read(kubeletPage(containers(1)));
  node.wait();
  const reading = await read(kubeletPage(containers(2.5)));
  assert.equal(reading.windows, 3000);
  assert.ok(breaths > 2);
  assert.equal(node.usage('main', 'pod-2999')?.cpuNanocores, 100_000_000);
});

test('a node has no more containers than the limit; what is beyond is refused', async () => {
  const window = new NodeWindow({ ...windowLimits(resolutionMs), containersMax: 2 }, 0, () => 0.5);
  const reader = new PageReader(window, () => 0.5);
  const page = kubeletPage(['a', 'b', 'c'].map((pod) => ({ pod, cpu: 1, timeMs: startMs })));
  const reading = await reader.read(Buffer.from(page), { wallMs: startMs, monotonicMs: 0 }, () => Promise.resolve());
  assert.deepEqual([reading.firsts, reading.unplaced], [2, 2]);
});

test('pages come to the same whether their series are known from the page before or not', async () => {
  const containers = ['a', 'b', 'c', 'd'];
  const figure = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('1', '2.5', '16245.085828000001', '4.096e+06') },
    fc.constantFrom('NaN', '-1', '+Inf', '1e400', '9223372037', '1_0', ''),
  );
  const page = fc.array(
    fc.record({
      container: fc.constantFrom(...containers),
      cpu: figure,
      memory: figure,
      start: figure,
      late: fc.nat(9),
    }),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 6 }), async (pages) => {
      const knowing = kubelet();
      const unknowing = kubelet();
      for (const each of [...pages, pages.at(-1)!]) {
        const nowMs = knowing.now();
        const points = each.map(({ late, ...rest }) => ({ ...rest, timeMs: late === 0 ? null : nowMs - late * 1000 }));
        const text = kubeletPage(points, { cpu: 3, memory: 4, timeMs: nowMs });
        const other = new PageReader(unknowing.window, () => 0.9);
        const at = { wallMs: nowMs, monotonicMs: nowMs };
        assert.deepEqual(await knowing.read(text), await other.read(Buffer.from(text), at, () => Promise.resolve()));
        for (const container of containers) {
          assert.deepEqual(knowing.usage(container), unknowing.usage(container));
          assert.equal(knowing.why(container), unknowing.why(container));
        }
        knowing.wait();
        unknowing.wait();
      }
    }),
  );
});

test('only the five metrics count, by their whole name', async () => {
  const node = kubelet();
  const labels = '{container="main",namespace="default",pod="web-0"}';
  const page = [
    `container_swap_usage_bytes${labels} 1`,
    `container_cpu_usage_seconds_total_x${labels} 1`,
    `container_cpu_usage_seconds${labels} 1`,
    'pod_cpu_usage_seconds_total{namespace="default",pod="web-0"} 1',
    'node_cpu_usage_seconds_totals 1',
  ].join('\n');
  for (let round = 0; round < 2; round++) {
    const { incomplete, unplaced, malformedLines } = await node.read(`${page}\n`);
    assert.deepEqual([incomplete, unplaced, malformedLines, node.window.containers], [0, 0, 0, 0]);
  }
});
