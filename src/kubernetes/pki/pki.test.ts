import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import { openPki } from './pki.ts';

const dayMs = 24 * 3600_000;

function scratch(t: { after(end: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-pki-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function clockAt(nowMs: number): Clock {
  return { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
}

test('a second opening finds the same authorities and certificates, and keys are for their owner only', async (t) => {
  const directory = scratch(t);
  const clock = clockAt(Date.UTC(2026, 0, 1));
  const first = await openPki(directory, clock);
  const server = await first.server('apiserver', ['localhost', '127.0.0.1', '::1']);
  const client = await first.client('admin', ['system:masters']);
  const second = await openPki(directory, clock);
  assert.equal(second.ca, first.ca);
  assert.notEqual(second.ca, second.frontProxyCa);
  assert.deepEqual(await second.server('apiserver', ['localhost', '127.0.0.1', '::1']), server);
  assert.deepEqual(await second.client('admin', ['system:masters']), client);
  for (const name of readdirSync(directory).filter((name) => name.endsWith('.key'))) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
});

test('a certificate says whom and what it is for', async (t) => {
  const pki = await openPki(scratch(t), clockAt(Date.UTC(2026, 0, 1)));
  const authority = new X509Certificate(pki.ca);
  const server = new X509Certificate((await pki.server('apiserver', ['localhost', '::1'])).certificate);
  assert.ok(server.checkHost('localhost') && server.checkIP('::1') && server.verify(authority.publicKey));
  assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  const client = new X509Certificate((await pki.client('ann', ['a', 'b'])).certificate);
  assert.equal(client.subject, 'O=a\nO=b\nCN=ann');
  assert.deepEqual(client.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  const proxy = new X509Certificate((await pki.client('front', [], 'front-proxy-ca')).certificate);
  assert.ok(proxy.verify(new X509Certificate(pki.frontProxyCa).publicKey) && !proxy.verify(authority.publicKey));
});

test('a leaf is issued anew before it ends, with other hosts, and when its file is broken', async (t) => {
  const directory = scratch(t);
  const startMs = Date.UTC(2026, 0, 1);
  const first = await (await openPki(directory, clockAt(startMs))).server('apiserver', ['localhost']);
  const later = await openPki(directory, clockAt(startMs + 320 * dayMs));
  const renewed = await later.server('apiserver', ['localhost']);
  assert.notEqual(renewed.certificate, first.certificate);
  const moved = await later.server('apiserver', ['localhost', '127.0.0.2']);
  assert.notEqual(moved.certificate, renewed.certificate);
  writeFileSync(join(directory, 'apiserver.crt'), 'rubbish');
  assert.notEqual((await later.server('apiserver', ['localhost'])).certificate, moved.certificate);
});

test('a broken authority is reported, not replaced', async (t) => {
  const directory = scratch(t);
  await openPki(directory, clockAt(Date.UTC(2026, 0, 1)));
  writeFileSync(join(directory, 'ca.crt'), 'rubbish');
  await assert.rejects(openPki(directory, clockAt(Date.UTC(2026, 0, 1))), { code: 'corrupt' });
});
