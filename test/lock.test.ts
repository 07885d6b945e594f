import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { completed } from '../scripts/lock.ts';

const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');

test('the lock file has an entry for every platform (else: sh scripts/node.sh scripts/lock.ts), or npm ci refuses it', () => {
  const { packages } = JSON.parse(text);
  assert.deepEqual(Object.keys(completed(packages)), Object.keys(packages));
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(text, /"resolved"/);
});
