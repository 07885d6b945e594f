import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = globSync('src/**/*.as', { cwd: root });

test('there are WebAssembly modules to look at', () => assert.ok(sources.length > 0));

for (const path of sources) {
  test(`the module of ${basename(path)} was made from it as it is`, () => {
    const hash = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
    const module = readFileSync(join(root, path.replace(/\.as$/, '-module.ts')), 'utf8');
    const [, made] = /^.* from (?:\S+), SHA-256 ([0-9a-f]{64})\./.exec(module) ?? [];
    assert.equal(made, hash, `run scripts/wasm.sh after changing ${path}`);
  });
}
