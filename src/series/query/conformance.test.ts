import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runScript } from './query.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** Prometheus's own scripts, where they lie beside the project. */
const conformance = join(root, '..', 'shared', 'conformance', 'promql');
const own = join(root, 'test', 'scripts', 'promql');

async function runFolder(folder: string): Promise<{ cases: number; skips: Set<string> }> {
  let cases = 0;
  const skips = new Set<string>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.test'))) {
    const { outcomes } = await runScript(readFileSync(join(folder, name), 'utf8'));
    const failed = outcomes.filter(({ status }) => status === 'failed');
    assert.deepEqual(failed, [], name);
    cases += outcomes.filter(({ status }) => status === 'passed').length;
    for (const { status, detail } of outcomes) if (status === 'skipped') skips.add(detail);
  }
  return { cases, skips };
}

test('the scripts of this project pass, every case', async () => {
  const { cases, skips } = await runFolder(own);
  assert.ok(cases > 70, `${cases} cases`);
  assert.deepEqual([...skips], []);
});

const skip = existsSync(conformance) ? false : 'the scripts of Prometheus are not beside the project';
test("Prometheus's own scripts pass, but for native histograms", { skip }, async () => {
  const { cases, skips } = await runFolder(conformance);
  assert.ok(cases >= 519, `${cases} cases`);
  assert.deepEqual([...skips], ['native histograms']);
});
