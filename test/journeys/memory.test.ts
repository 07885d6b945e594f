import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureCorpus } from '../../bench/corpus.ts';
import { stalled } from '../../bench/runs/stalled.ts';
import { temporaryDirectory } from './processes.ts';

const SEED_BYTES = 250_000_000;
const COPIES = 4;
const STALL_MS = 12_000;
const AGENT_BYTES_MAX = 120_000_000;

test('1 GB waits behind a server that has stopped answering: the agent stays small, and then ships every line', {
  timeout: 240_000,
}, async (t) => {
  const home = temporaryDirectory(t, 'memory');
  const corpus = ensureCorpus(SEED_BYTES, home);
  const logRoot = join(home, 'pods');
  for (let copy = 0; copy < COPIES; copy++) {
    for (const pod of readdirSync(corpus.logRoot)) {
      const other = pod.replace(
        /_[0-9a-f]{2}([0-9a-f-]+)$/,
        (_, rest) => `_${copy.toString(16).padStart(2, '0')}${rest}`,
      );
      cpSync(join(corpus.logRoot, pod), join(logRoot, other), { recursive: true });
    }
  }
  assert.ok(corpus.bytes * COPIES >= 1e9);
  const { peakBytes, linesBefore } = await stalled(t, { logRoot, lines: corpus.lines * COPIES }, STALL_MS);
  assert.ok(linesBefore < corpus.lines * COPIES * 0.9, 'most of it was still waiting');
  assert.ok(peakBytes <= AGENT_BYTES_MAX, `the agent took ${Math.round(peakBytes / 1e6)} MB`);
});
