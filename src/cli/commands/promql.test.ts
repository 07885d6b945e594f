import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { taffrail } from '../main-under-test.ts';

test('promql test prints a line for each file, what failed, and ends with 1 if anything did', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-promql-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [good, bad] = [join(folder, 'good.test'), join(folder, 'bad.test')];
  writeFileSync(good, 'eval instant at 0 1 + 1\n  2\n');
  writeFileSync(bad, 'load 1m\n  h {{count:1}}\n\neval instant at 0 1 + 1\n  3\n\neval instant at 0 h\n');
  assert.deepEqual(await taffrail('promql', 'test', good), {
    code: 0,
    stdout: `${good}: 1 passed, 0 failed\n`,
    stderr: '',
  });
  const both = await taffrail('promql', 'test', good, bad);
  assert.equal(both.code, 1);
  assert.equal(
    both.stdout,
    `${good}: 1 passed, 0 failed\n${bad}: 0 passed, 1 failed, 1 skipped (1 native histograms)\n` +
      `  ${bad}:4: 1 + 1\n    expected scalar 3 but got 2\n`,
  );
  const missing = await taffrail('promql', 'test', join(folder, 'none.test'));
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /cannot read .*none\.test: ENOENT/);
});

test('promql fmt prints the canonical form, and says where a query is wrong', async () => {
  assert.equal((await taffrail('promql', 'fmt', 'sum(rate(x[5m]))by(job)')).stdout, 'sum by (job) (rate(x[5m]))\n');
  assert.deepEqual(await taffrail('promql', 'fmt', '1 +'), {
    code: 1,
    stdout: '',
    stderr: 'error: 1:4: parse error: unexpected end of input\n',
  });
  const { stdout } = await taffrail('promql', 'parse', '-o', 'json', 'up == 0');
  assert.equal(JSON.parse(stdout).op, '==');
});
