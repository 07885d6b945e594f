import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { collectValuesSourceHash } from './collect-values-module.ts';
import { draftTemplatesSourceHash } from './draft-templates-module.ts';
import { filterGramsSourceHash } from './filter-grams-module.ts';
import { maskWordsSourceHash } from './mask-words-module.ts';
import { packColumnsSourceHash } from './pack-columns-module.ts';
import { scanLinesSourceHash } from './scan-lines-module.ts';

const hashes = {
  'collect-values': collectValuesSourceHash,
  'draft-templates': draftTemplatesSourceHash,
  'filter-grams': filterGramsSourceHash,
  'mask-words': maskWordsSourceHash,
  'pack-columns': packColumnsSourceHash,
  'scan-lines': scanLinesSourceHash,
};

test('the modules were made from their sources as they are', () => {
  for (const [name, expected] of Object.entries(hashes)) {
    const source = readFileSync(join(import.meta.dirname, `${name}.as`));
    const hash = createHash('sha256').update(source).digest('hex');
    assert.equal(hash, expected, `run scripts/wasm.sh after changing ${name}.as`);
  }
});
