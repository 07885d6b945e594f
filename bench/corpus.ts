/**
 * Real-looking CRI logs of 64 containers, made from a seed: what every figure in docs/benchmarks.md is measured on.
 *
 *   node bench/corpus.ts [--size 1G] [--verify]
 *
 * Kept under .bench/ (or $TAFFRAIL_BENCH_DIR) and made once a size.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writeContainer } from './corpus/container.ts';
import { measureCorpus } from './corpus/measure.ts';
import { needleCount, needles, planCorpus } from './corpus/plan.ts';

const SEED = 7;
/** Raised when the generator changes, so that an old corpus is not taken for a new one. */
const CORPUS_VERSION = 1;
const GIGABYTE = 1_000_000_000;

export interface Corpus {
  logRoot: string;
  /** Of all CRI files. */
  bytes: number;
  records: number;
  lines: number;
  /** Different log statements that occur. */
  statements: number;
  needles: readonly string[];
  /** How often each needle occurs. */
  needleCount: number;
}

export function benchDirectory(): string {
  return resolve(process.env.TAFFRAIL_BENCH_DIR ?? join(import.meta.dirname, '..', '.bench'));
}

/** Makes the corpus of that size, or finds the one made before. */
export function ensureCorpus(bytes: number = GIGABYTE, directory: string = benchDirectory()): Corpus {
  const home = join(directory, `corpus-v${CORPUS_VERSION}-${bytes}`);
  const description = join(home, 'corpus.json');
  if (existsSync(description)) return { ...JSON.parse(readFileSync(description, 'utf8')), logRoot: join(home, 'pods') };
  const making = `${home}.making-${process.pid}`;
  mkdirSync(making, { recursive: true });
  const made = generate(join(making, 'pods'), bytes);
  writeFileSync(join(making, 'corpus.json'), `${JSON.stringify(made, null, 2)}\n`);
  rmSync(home, { recursive: true, force: true });
  renameSync(making, home);
  return { ...made, logRoot: join(home, 'pods') };
}

function generate(logRoot: string, bytes: number): Corpus {
  const corpus: Corpus = { logRoot, bytes: 0, records: 0, lines: 0, statements: 0, needles, needleCount };
  const statements = new Map<number, Set<number>>();
  for (const spec of planCorpus(logRoot, bytes, SEED)) {
    const { bytes, records, lines, statementsUsed } = writeContainer(spec);
    corpus.bytes += bytes;
    corpus.records += records;
    corpus.lines += lines;
    statements.set(spec.service.index, new Set([...statementsUsed, ...(statements.get(spec.service.index) ?? [])]));
  }
  corpus.statements = [...statements.values()].reduce((sum, used) => sum + used.size, 0);
  return corpus;
}

export function bytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  if (!match) throw new Error(`--size ${text}: give a number of bytes, with k, M or G`);
  return Number(match[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[match[2] as '' | 'k' | 'M' | 'G'];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { size: { type: 'string', default: '1G' }, verify: { type: 'boolean' } } });
  const begun = performance.now();
  const corpus = ensureCorpus(bytesOf(values.size));
  console.log(`${JSON.stringify(corpus, null, 2)}\n${((performance.now() - begun) / 1000).toFixed(1)} s`);
  if (values.verify) console.log(JSON.stringify(measureCorpus(corpus.logRoot, corpus.needles), null, 2));
}
