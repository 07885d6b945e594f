/**
 * Kills the agent, the server and `taffrail up` with SIGKILL at random moments, while pods write numbered lines and files rotate,
 * and then looks for every number in the store: exactly once, in order.
 *
 *   npm run break -- --kills 200 [--seed 1]
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../../bench/corpus/random.ts';
import type { Cleanup } from '../journeys/processes.ts';
import { killApart } from './apart.ts';
import type { Verdict } from './numbered.ts';
import { killUp } from './up.ts';

export interface LoopResult extends Verdict {
  killed: Record<string, number>;
  /** Lines that reached their CRI file. */
  written: number;
  /** Undefined where the loop cannot know. */
  rotations: number | undefined;
  restarts: number;
}

export async function killLoop(t: Cleanup, kills: { apart: number; up: number }, seed: number): Promise<LoopResult[]> {
  const results: LoopResult[] = [];
  if (kills.apart > 0) results.push(await killApart(t, kills.apart, new Random(seed)));
  if (kills.up > 0) results.push(await killUp(t, kills.up, new Random(seed + 1)));
  return results;
}

export function described({
  killed,
  written,
  rotations,
  restarts,
  missing,
  doubled,
  wrong,
  first,
}: LoopResult): string {
  const victims = Object.entries(killed).map(([name, count]) => `${name} ${count}×`);
  const beside = [...(rotations === undefined ? [] : [`${rotations} rotations`]), `${restarts} container restarts`];
  return (
    `killed ${victims.join(', ')}: ${written} lines reached their files (${beside.join(', ')}); ` +
    `missing ${missing}, doubled ${doubled}, wrong ${wrong}${first === undefined ? '' : `\n  first: ${first}`}`
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
  });
  const kills = Number(values.kills);
  const up = Math.round(kills / 4);
  const endings: (() => unknown)[] = [];
  const begun = performance.now();
  try {
    const results = await killLoop(
      { after: (fn) => void endings.push(fn) },
      { apart: kills - up, up },
      Number(values.seed),
    );
    for (const result of results) console.log(described(result));
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    const whole = results.every(({ missing, doubled, wrong }) => missing + doubled + wrong === 0);
    console.log(
      `${kills} kills in ${seconds} s: ${whole ? 'every line is in the store exactly once' : 'NOT every line is there exactly once'}`,
    );
    if (!whole) process.exitCode = 1;
  } finally {
    for (const end of endings) await end();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
