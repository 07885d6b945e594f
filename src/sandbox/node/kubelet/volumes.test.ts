import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Pod, VolumeSpec } from './pod.ts';
import { mountsOf, prepareVolumes } from './volumes.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'taffrail-volumes-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const sources = {
  nodeName: 'node-1',
  api: {
    configMap: async (_: string, name: string) =>
      name === 'config' ? { kind: 'ConfigMap', metadata: { name }, data: { 'a.conf': 'a', 'b.conf': 'b' } } : undefined,
    secret: async (_: string, name: string) =>
      name === 'keys'
        ? { kind: 'Secret', metadata: { name }, data: { key: Buffer.from('secret').toString('base64') } }
        : undefined,
  },
};

function podOf(...volumes: VolumeSpec[]): Pod {
  return {
    metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { b: '2', a: '1' } },
    spec: { containers: [{ name: 'c' }], volumes },
  };
}
const prepare = (...volumes: VolumeSpec[]) => prepareVolumes(podOf(...volumes), join(directory, 'volumes'), sources);

test("an emptyDir is everybody's and keeps what it holds", async () => {
  const path = (await prepare({ name: 'v', emptyDir: {} })).get('v')!;
  assert.equal(statSync(path).mode & 0o777, 0o777);
  writeFileSync(join(path, 'x'), 'x');
  await prepare({ name: 'v', emptyDir: {} });
  assert.deepEqual(readdirSync(path), ['x']);
});

test("config maps, secrets and the pod's own fields become files", async () => {
  const paths = await prepare(
    { name: 'config', configMap: { name: 'config', items: [{ key: 'a.conf', path: 'deep/a', mode: 0o600 }] } },
    {
      name: 'all',
      projected: {
        defaultMode: 0o440,
        sources: [
          { configMap: { name: 'config' } },
          { secret: { name: 'keys' } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { secret: { name: 'nothing', optional: true } },
        ],
      },
    },
  );
  const file = join(paths.get('config')!, 'deep/a');
  assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['a', 0o600]);
  const all = paths.get('all')!;
  assert.deepEqual(readdirSync(all).sort(), ['a.conf', 'b.conf', 'key', 'labels']);
  assert.equal(readFileSync(join(all, 'key'), 'utf8'), 'secret');
  assert.equal(readFileSync(join(all, 'labels'), 'utf8'), 'a="1"\nb="2"');
  assert.equal(statSync(join(all, 'key')).mode & 0o777, 0o440);
});

test('what is missing, of the wrong type or not supported is named', async () => {
  await assert.rejects(prepare({ name: 'v', configMap: { name: 'nothing' } }), /configmap "nothing" not found/);
  await assert.rejects(
    prepare({ name: 'v', configMap: { name: 'config', items: [{ key: 'x', path: 'x' }] } }),
    /non-existent config key: x/,
  );
  await assert.rejects(prepare({ name: 'v', hostPath: { path: directory, type: 'File' } }), /is not a file/);
  await assert.rejects(
    prepare({ name: 'v', hostPath: { path: join(directory, 'no'), type: 'Directory' } }),
    /is not a directory/,
  );
  await assert.rejects(prepare({ name: 'v', nfs: { server: 'x' } }), /volume "v" is of kind nfs/);
});

test('a hostPath is made where its type says so', async () => {
  await prepare(
    { name: 'd', hostPath: { path: join(directory, 'd'), type: 'DirectoryOrCreate' } },
    { name: 'f', hostPath: { path: join(directory, 'f'), type: 'FileOrCreate' } },
  );
  assert.ok(statSync(join(directory, 'd')).isDirectory() && statSync(join(directory, 'f')).isFile());
});

test('a subPath is made in the volume and cannot lead out of it', async () => {
  const volumes = await prepare({ name: 'v', emptyDir: {} });
  const mounts = (subPath: string) =>
    mountsOf({ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/m', subPath }] }, volumes, new Map());
  assert.deepEqual(mounts('a/b'), [
    { hostPath: join(volumes.get('v')!, 'a/b'), containerPath: '/m', readOnly: false, file: false },
  ]);
  assert.ok(existsSync(join(volumes.get('v')!, 'a/b')));
  assert.throws(() => mounts('../x'), /must not contain/);
  symlinkSync('/etc', join(volumes.get('v')!, 'out'));
  assert.throws(() => mounts('out'), /leads out of its volume/);
});
