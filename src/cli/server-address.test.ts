import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveServer } from './server-address.ts';

test('no server, an address that cannot be read and a token that cannot be read are three different things', (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'taffrail-address-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  assert.throws(() => resolveServer({ dataDir }), { code: 'unavailable', message: /^no server is running on / });
  mkdirSync(join(dataDir, 'server.json'));
  assert.throws(() => resolveServer({ dataDir }), { code: 'unavailable', message: /cannot be read: EISDIR/ });
  const tokenFile = join(dataDir, 'none');
  assert.throws(() => resolveServer({ dataDir, tokenFile }), { code: 'usage', message: /^--token-file: ENOENT/ });
});
