import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { measureCorpus } from '../bench/corpus/measure.ts';
import { statementsMax, statementText } from '../bench/corpus/vocabulary.ts';
import { ensureCorpus } from '../bench/corpus.ts';

const BYTES = 96_000_000;

test('the benchmark corpus compresses, varies and repeats as real logs do, and is the same every time', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-corpus-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const corpus = ensureCorpus(BYTES, directory);
  assert.ok(corpus.bytes >= BYTES && corpus.bytes < 1.02 * BYTES, `${corpus.bytes} bytes`);
  assert.equal(readdirSync(corpus.logRoot).length, 64);
  // All 1,000 statements of a service come up in a gigabyte: 32,954 in all.
  assert.ok(corpus.statements >= 20_000, `${corpus.statements} statements`);

  const measured = measureCorpus(corpus.logRoot, corpus.needles);
  assert.equal(measured.bytes, corpus.bytes);
  assert.ok(measured.zstdRatio >= 8 && measured.zstdRatio <= 10, `zstd makes it ${measured.zstdRatio} times smaller`);
  assert.ok(measured.templates >= 30_000, `${measured.templates} templates`);
  assert.ok(measured.partialRecords > 0 && measured.stderrRecords > 0);
  for (const needle of corpus.needles) assert.equal(measured.needles[needle], corpus.needleCount, needle);

  const small = [1, 2].map((n) => ensureCorpus(1_000_000, join(directory, `small-${n}`)));
  assert.equal(digest(small[0]!.logRoot), digest(small[1]!.logRoot));
});

test('no two statements of the corpus have the same fixed text', () => {
  const texts = new Set(Array.from({ length: statementsMax }, (_, i) => statementText(i)));
  assert.equal(texts.size, statementsMax);
});

function digest(root: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    hash.update(name);
    if (name.endsWith('.log')) hash.update(readFileSync(join(root, name)));
  }
  return hash.digest('hex');
}
