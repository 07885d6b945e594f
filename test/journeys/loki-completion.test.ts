import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLokiServer } from './loki-server.ts';
import { run, taffrail } from './processes.ts';

test('the shell completes label names and values within LogQL, as far as they go with what is written', async (t) => {
  const server = await startLokiServer(t);
  const now = BigInt(Date.now()) * 1_000_000n;
  await server.push({ app: 'web', env: 'prod' }, [[now, 'a']]);
  await server.push({ app: 'worker', env: 'test' }, [[now, 'b']]);
  const completed = async (...words: string[]) => {
    const { stdout } = await run(taffrail, ['__complete', '--server', server.url, '--', ...words]);
    return stdout.toString().trimEnd().split('\n');
  };
  assert.deepEqual(await completed('query', ''), ['{']);
  assert.deepEqual(await completed('query', '{'), ['{app=', '{env=', '{service_name=']);
  assert.deepEqual(await completed('query', '{a'), ['{app=']);
  assert.deepEqual(await completed('query', '{app="w'), ['{app="web"', '{app="worker"']);
  assert.deepEqual(await completed('query', '{env="prod", app="'), ['{env="prod", app="web"']);
  assert.deepEqual(await completed('query', 'sum(rate({app=~"wo'), ['sum(rate({app=~"worker"']);
  assert.deepEqual(await completed('patterns', '{env="test", ser'), ['{env="test", service_name=']);
  assert.deepEqual(await completed('labels', 'e'), ['env']);
  assert.deepEqual(await completed('labels', 'app', '--match', '{env="'), ['{env="prod"', '{env="test"']);
  assert.deepEqual(await completed('query', '{app="web"} |= "er'), [''], 'nothing is made up for lines');
  assert.deepEqual(await completed('top', 'p'), ['pods']);
  assert.deepEqual(await completed('top', 'pods', '--sort-by', ''), ['cpu', 'memory'], 'what a flag takes');
  assert.deepEqual(await completed('logs', '-o', ''), ['json', 'text']);
});
