import assert from 'node:assert/strict';
import { test } from 'node:test';
import { taffrail } from './main-under-test.ts';

test('who asks for nothing gets the list of commands', async () => {
  const asked = await taffrail('--help');
  assert.match(asked.stdout, /^Usage: taffrail[\s\S]*Start with: {2}taffrail up/);
  assert.deepEqual(await taffrail(), asked);
  assert.equal(asked.code, 0);
});

test('what is no command is said to be none, with what it may have been, also where help is asked for', async () => {
  const wrong = await taffrail('lgos');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^error: unknown command 'lgos'\n\(Did you mean logs\?\)\n/);
  assert.deepEqual(await taffrail('help', 'lgos'), wrong);
  assert.match((await taffrail('help', 'logs')).stdout, /^Usage: taffrail logs /);
});

test('the version is printed by its command, by --version, and by the flag that metrics-server has for it', async () => {
  const printed = await taffrail('version');
  assert.match(printed.stdout, /^taffrail \d+\.\d+\.\d+ \(node 24\..*\)\n$/);
  assert.deepEqual(await taffrail('--version'), printed);
  assert.deepEqual(await taffrail('metrics-server', '--version'), printed);
});
