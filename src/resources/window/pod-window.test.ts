import assert from 'node:assert/strict';
import test from 'node:test';
import { windowLimits } from './limits.ts';
import { NodeWindow } from './node-window.ts';
import { type PodFacts, PodView, PodWindow } from './pod-window.ts';

const originMs = 1_700_000_000_000;

function node(...containers: { name: string; points: number; memoryBytes?: number; lateMs?: number }[]) {
  const window = new NodeWindow(windowLimits(15_000), originMs, () => 0.5);
  for (const { name, points, memoryBytes = 1, lateMs = 0 } of containers) {
    const slot = window.takeSlot('shop', 'web-0', name, originMs)!;
    for (let point = 0; point < points; point++) {
      const ms = originMs + point * 15_000;
      const at = { wallMs: ms, monotonicMs: ms };
      window.observe(slot, { timeMs: ms - lateMs, cpuNanos: point * 15e8, memoryBytes, startMs: Number.NaN }, at);
    }
  }
  return window;
}

function pod(running: string[], startMs = Number.NaN): PodWindow {
  const facts: PodFacts = {
    namespace: 'shop',
    name: 'web-0',
    uid: 'u',
    labels: { app: 'web' },
    node: 'n',
    startMs,
    running,
  };
  return new PodWindow(facts, 0, 1);
}

const nowMs = originMs + 15_000;

function served(of: PodWindow, window: NodeWindow, atMs: number): PodView | undefined {
  const view = new PodView();
  const isServed = of.read(window, atMs, view);
  assert.equal(of.isServed(window, atMs), isServed);
  assert.equal(of.why(window, atMs).reason === 'Served', isServed);
  return isServed ? view : undefined;
}

test('a pod is served with all its running containers, at the time of the oldest', () => {
  const window = node(
    { name: 'main', points: 2 },
    { name: 'sidecar', points: 2, lateMs: 4000 },
    { name: 'init', points: 2 },
  );
  const metrics = served(pod(['main', 'sidecar']), window, nowMs);
  assert.deepEqual(
    metrics?.containers.map(({ name }) => name),
    ['main', 'sidecar'],
  );
  assert.deepEqual([metrics?.timeMs, metrics?.windowMs], [originMs + 11_000, 15_000]);
  assert.deepEqual(metrics?.labels, { app: 'web' });
});

test('in whatever order the page names the containers of a pod, each has its own figures', () => {
  const window = node(
    { name: 'sidecar', points: 2, memoryBytes: 2 },
    { name: 'init', points: 2, memoryBytes: 9 },
    { name: 'main', points: 2, memoryBytes: 1 },
  );
  const orders = [
    ['main', 'sidecar'],
    ['sidecar', 'main'],
    ['sidecar', 'init'],
    ['main', 'init'],
    ['sidecar', 'init', 'main'],
    ['main', 'init', 'sidecar'],
    ['init', 'sidecar', 'main'],
    ['main', 'sidecar', 'init'],
  ];
  const memory: Record<string, number> = { main: 1, sidecar: 2, init: 9 };
  for (const running of orders) {
    const { containers } = served(pod(running), window, nowMs)!;
    assert.deepEqual(
      containers.map(({ name, usage }) => [name, usage.memoryBytes]),
      running.map((name) => [name, memory[name]]),
    );
  }
});

test('a pod is not served while one of its running containers has no window, and that container is named', () => {
  const window = node({ name: 'main', points: 2 }, { name: 'sidecar', points: 1 });
  assert.equal(served(pod(['main', 'sidecar']), window, nowMs), undefined);
  assert.deepEqual(pod(['main', 'sidecar']).why(window, nowMs), { reason: 'FirstPoint', container: 'sidecar' });
  assert.deepEqual(pod(['main', 'debugger']).why(window, nowMs), { reason: 'NotOnPage', container: 'debugger' });
});

test('a container that has ended does not count, even if the kubelet still has it on its page', () => {
  const window = node({ name: 'main', points: 2 }, { name: 'init', points: 1 });
  assert.equal(served(pod(['main']), window, nowMs)?.containers.length, 1);
});

test('a container without a slot is none, in whatever steps those of the others lie', () => {
  const window = node({ name: 'other', points: 2 }, { name: 'sidecar', points: 2 }, { name: 'main', points: 2 });
  for (const running of [['main', 'sidecar', 'x'], ['x', 'other', 'main'], ['sidecar', 'x', 'main'], ['x']]) {
    assert.deepEqual(pod(running).why(window, nowMs), { reason: 'NotOnPage', container: 'x' });
    assert.equal(served(pod(running), window, nowMs), undefined);
  }
});

test('a pod in which nothing runs is not served', () => {
  const window = node({ name: 'main', points: 2 });
  assert.equal(served(pod([]), window, nowMs), undefined);
  assert.deepEqual(pod([]).why(window, nowMs), { reason: 'NotRunning' });
});

test('the window of a pod that had the same name before is not taken for this one', () => {
  const window = node({ name: 'main', points: 2 });
  assert.equal(served(pod(['main'], nowMs - 5000), window, nowMs)?.containers.length, 1);
  assert.equal(served(pod(['main'], nowMs + 1000), window, nowMs), undefined);
  assert.deepEqual(pod(['main'], nowMs + 1000).why(window, nowMs), { reason: 'FirstPoint', container: 'main' });
});

test('a container that comes to the page after the pod was looked up is found', () => {
  const window = node({ name: 'main', points: 2 });
  const both = pod(['main', 'late']);
  assert.equal(served(both, window, nowMs), undefined);
  const slot = window.takeSlot('shop', 'web-0', 'late', nowMs)!;
  for (const point of [0, 1]) {
    const ms = nowMs + point * 15_000;
    window.observe(
      slot,
      { timeMs: ms, cpuNanos: 0, memoryBytes: 0, startMs: Number.NaN },
      { wallMs: ms, monotonicMs: ms },
    );
  }
  assert.equal(served(both, window, nowMs + 15_000)?.containers.length, 2);
});

test('the window that a pod remembers is forgotten with its node, and with what the pod was', () => {
  const window = node({ name: 'main', points: 2 });
  const one = pod(['main']);
  assert.equal(one.window, undefined);
  assert.ok(served(one, window, nowMs));
  assert.equal(one.window, window);
  one.update({ ...one.facts, node: 'm' }, 2);
  assert.equal(one.window, undefined);
  assert.ok(served(one, window, nowMs));
  window.close();
  assert.equal(one.window, undefined);
});

test('a pod has another revision when its labels are others, and not when only its containers are', () => {
  const window = node({ name: 'main', points: 2 });
  const one = pod(['main']);
  one.update({ ...one.facts, running: ['main'] }, 2);
  assert.equal(served(one, window, nowMs)?.revision, 1);
  one.update({ ...one.facts, labels: { app: 'shop' } }, 3);
  assert.equal(served(one, window, nowMs)?.revision, 3);
});
