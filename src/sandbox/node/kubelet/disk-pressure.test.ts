import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { biggestUser, evictionMessage, measureDisk, pressureOf } from './disk-pressure.ts';
import type { Pod } from './pod.ts';

const pod = (name: string): Pod => ({
  metadata: { name, namespace: 'n', uid: name },
  spec: { containers: [{ name: 'c' }] },
});

test('the pod with the biggest logs goes when the quota is exceeded', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'taffrail-disk-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, bytes] of [
    ['small', 100],
    ['big', 5000],
  ] as const) {
    mkdirSync(join(root, `n_${name}_${name}`, 'c'), { recursive: true });
    writeFileSync(join(root, `n_${name}_${name}`, 'c', '0.log'), Buffer.alloc(bytes));
  }
  const usage = measureDisk(root);
  assert.equal(usage.totalBytes, 5100);
  const settings = { freeBytesMin: 0, pressureTransitionMs: 0 };
  assert.equal(pressureOf(usage, settings), undefined);
  assert.equal(pressureOf(usage, { ...settings, logQuotaBytes: 5100 }), undefined);
  const pressure = pressureOf(usage, { ...settings, logQuotaBytes: 5099 });
  assert.ok(pressure);
  assert.ok(pressureOf(usage, { ...settings, freeBytesMin: Number.MAX_SAFE_INTEGER }));
  const victim = biggestUser([pod('small'), pod('big')], usage);
  assert.deepEqual([victim?.pod.metadata.name, victim?.bytes], ['big', 5000]);
  assert.match(
    evictionMessage(pod('big'), 5000, pressure),
    /^The node was low on resource: ephemeral-storage\. Threshold quantity: 5099, available: 0Ki\. Container c was using 5Ki/,
  );
  assert.equal(biggestUser([pod('unknown')], usage), undefined);
});
