import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../telemetry/telemetry.ts';
import { windowLimits } from '../window/window.ts';
import { NodeDirectory } from './node-directory.ts';
import type { NodeFacts } from './node-facts.ts';

const factsOf = (node: number): NodeFacts => ({
  name: `node-${node}`,
  labels: {},
  endpoint: { host: `10.0.${node >> 8}.${node & 255}`, port: 10250, path: '/metrics/resource' },
  createdAt: '',
  isReady: true,
});

test('however many nodes there are, and whatever comes and goes, requests are spread evenly over their time', () => {
  const limits = windowLimits(15_000);
  const nodes = new NodeDirectory('', { limits, random: Math.random, monotonicMs: () => 0, log: silentLogger });
  const gapsMax = () => {
    const phases = nodes.round().map(({ phase }) => phase);
    const next = [...phases.slice(1), phases[0]! + 1];
    return Math.max(...phases.map((phase, at) => (next[at]! - phase) * phases.length));
  };
  let known = 0;
  for (const count of [2, 3, 10, 100, 1000]) {
    while (known < count) nodes.set(factsOf(known++));
    assert.ok(gapsMax() < 2, `${count} nodes: ${gapsMax()} times the mean`);
  }
  for (let node = 0; node < 100; node++) {
    nodes.delete(`node-${node}`);
    nodes.set(factsOf(known++));
  }
  assert.ok(gapsMax() < 3, `${gapsMax()} times the mean`);
});
