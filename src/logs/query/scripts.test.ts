import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runScript } from './query.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'scripts', 'logql');

test('the scripts of LogQL pass, every case', async () => {
  let cases = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.test'))) {
    const outcomes = await runScript(readFileSync(join(folder, name), 'utf8'));
    assert.deepEqual(
      outcomes.filter(({ status }) => status === 'failed'),
      [],
      name,
    );
    cases += outcomes.length;
  }
  assert.ok(cases > 300, `${cases} cases`);
});
