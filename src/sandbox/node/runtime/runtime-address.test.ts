import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { adoptOrStartRuntime, shutDownRuntime } from './launch.ts';
import { chooseSocketPath, readAddress, removeAddress, writeAddress } from './runtime-address.ts';

test('a path that is too long for a socket is replaced by a short one, and found through the address file', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-address-'));
  t.after(() => rmSync(directory, { recursive: true }));
  assert.equal(chooseSocketPath(directory), join(directory, 'runtime.sock'));
  const deep = join(directory, 'a-rather-long-name'.repeat(6), 'node');
  mkdirSync(deep, { recursive: true });
  const { client, adopted } = await adoptOrStartRuntime(deep, systemClock, () => {});
  assert.equal(adopted, false);
  const { socketPath } = readAddress(deep)!;
  assert.ok(Buffer.byteLength(socketPath) <= 103 && !socketPath.startsWith(deep));
  await shutDownRuntime(client, systemClock, 0);
  client.close();
  assert.ok(!existsSync(dirname(socketPath)));
  assert.equal(readAddress(deep), undefined);
});

test('an address file that was torn counts as none', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-address-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeAddress(directory, { socketPath: join(directory, 'runtime.sock'), pid: 1 });
  assert.equal(readAddress(directory)?.pid, 1);
  writeFileSync(join(directory, 'runtime.json'), '{"socketPa');
  assert.equal(readAddress(directory), undefined);
  removeAddress(directory, join(directory, 'runtime.sock'));
  assert.ok(existsSync(directory));
});
