/**
 * Kills a process that appends to the store of series, cuts blocks and compacts them, with SIGKILL at random moments, and then looks for
 * every acknowledged sample.
 *
 *   node test/breaking/series-kill-loop.ts [--kills 100] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../bench/corpus/random.ts';
import { killRound } from '../../src/series/store/kill-under-test.ts';

const DELAY_MS_MAX = 3000;
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const random = new Random(Number(values.seed));
const dataDir = mkdtempSync(join(tmpdir(), 'taffrail-series-kill-'));
try {
  let last = 0;
  for (let round = 1; round <= Number(values.kills); round++) {
    const { acknowledged, blocks, wrong } = await killRound(dataDir, random.below(DELAY_MS_MAX));
    if (wrong !== null) throw new Error(`after kill ${round}: ${wrong}`);
    last = acknowledged;
    if (round % 10 === 0)
      console.log(`${round} kills: ${acknowledged} samples of each series acknowledged, ${blocks} blocks`);
  }
  console.log(`killed ${values.kills}×: none of ${last} samples of each series is missing or wrong`);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
