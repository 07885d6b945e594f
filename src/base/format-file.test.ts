import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireFormat } from './format-file.ts';

test('a format is written where there is none, read where it is known, and refused where it is newer or no number', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-format-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'VERSION');
  requireFormat(path, 2);
  assert.equal(readFileSync(path, 'utf8'), '2\n');
  for (const known of ['2\n', '1\n', '1']) {
    writeFileSync(path, known);
    requireFormat(path, 2);
  }
  for (const [text, code] of [
    ['3\n', 'newer-format'],
    [`${'9'.repeat(400)}\n`, 'newer-format'],
    ...['', '0\n', '-1', '1.5', '1e0', '0x1', 'two', '1 1'].map((each) => [each, 'corrupt']),
  ] as [string, string][]) {
    writeFileSync(path, text);
    assert.throws(() => requireFormat(path, 2), { code }, JSON.stringify(text));
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  assert.deepEqual(readdirSync(directory), ['VERSION']);
});
