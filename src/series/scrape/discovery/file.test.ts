import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { Clock } from '../../../base/clock.ts';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import type { TargetGroup } from './discovery.ts';
import { fileDiscovery, readGroups } from './file.ts';

test('files of targets are read, looked at again, and one that is broken keeps its targets', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-file-sd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const groups = new Map<string, TargetGroup>();
  let failures = 0;
  let looked: () => void = () => {};
  let again: () => void = () => {};
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: () =>
      new Promise((resolve) => {
        again = resolve;
        looked();
      }),
  };
  const stop = new AbortController();
  const look = () =>
    new Promise<void>((resolve) => {
      looked = resolve;
      again();
    });
  const json = join(folder, 'a.json');
  const yaml = join(folder, 'b.yml');
  writeFileSync(json, JSON.stringify([{ targets: ['h:1', 'h:2'], labels: { x: 'y' } }, { targets: ['h:3'] }]));
  const first = new Promise<void>((resolve) => (looked = resolve));
  const around = { clock, log: silentLogger, onFailure: () => void failures++ };
  const running = fileDiscovery([join(folder, '*.json'), yaml], 1000, around).run(
    (group) => (group.targets.length === 0 ? groups.delete(group.source) : groups.set(group.source, group)),
    stop.signal,
  );
  const addresses = () =>
    [...groups.values()].flatMap(({ targets }) => targets.map(({ __address__ }) => __address__)).sort();
  await first;
  assert.deepEqual(addresses(), ['h:1', 'h:2', 'h:3']);
  assert.deepEqual(groups.get(`${json}:0`)?.labels, { x: 'y', __meta_filepath: json });
  writeFileSync(yaml, '- targets: [h:4]\n  labels: { port: 80 }\n');
  writeFileSync(json, JSON.stringify([{ targets: ['h:5'] }]));
  await look();
  assert.deepEqual(addresses(), ['h:4', 'h:5']);
  assert.equal(groups.get(`${yaml}:0`)?.labels.port, '80');
  writeFileSync(json, '[{');
  await look();
  assert.deepEqual(addresses(), ['h:4', 'h:5']);
  assert.equal(failures, 1);
  rmSync(yaml);
  await look();
  assert.deepEqual(addresses(), ['h:5']);
  stop.abort();
  again();
  await running;
});

test('what is wrong in a file of targets is named', () => {
  assert.throws(() => readGroups('{}', 'f'), /a list of groups is expected/);
  assert.throws(() => readGroups('- a', 'f'), /group 1 is not a mapping/);
  assert.throws(() => readGroups('- targets: [1]', 'f'), /group 1: targets is not a list of texts/);
  assert.throws(() => readGroups('- target: [a]', 'f'), /group 1 has the key "target"; targets and labels are allowed/);
  assert.deepEqual(readGroups('', 'f'), []);
});
