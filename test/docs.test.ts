import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { referenceFolder, referencePages } from '../scripts/docs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('the reference pages say what the code says (else: sh scripts/node.sh scripts/docs.ts)', async () => {
  for (const [name, content] of Object.entries(await referencePages())) {
    assert.equal(readFileSync(referenceFolder + name, 'utf8'), content, name);
  }
});

test('every link from one page to another leads to a file', () => {
  const broken: string[] = [];
  for (const page of ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })]) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      if (globSync(join(root, dirname(page), target!)).length === 0) broken.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});
