import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd, type Cleanup, taffrail, temporaryDirectory, until } from '../../test/journeys/processes.ts';
import { Random } from '../corpus/random.ts';
import { startPair, storeFigures } from './pair.ts';

export interface Latency {
  samples: number;
  medianMs: number;
  p99Ms: number;
}

/** From the write of a line into its CRI file until `taffrail logs -f` has printed it. */
export async function latency(t: Cleanup, samples: number): Promise<Latency> {
  const logRoot = join(temporaryDirectory(t, 'latency'), 'pods');
  const directory = join(logRoot, 'default_talker_11111111-2222-4333-8444-555555555555', 'main');
  mkdirSync(directory, { recursive: true });
  const file = openSync(join(directory, '0.log'), 'a');
  atEnd(t, () => closeSync(file));
  const say = (text: string) => writeSync(file, `${new Date().toISOString()} stdout F ${text}\n`);
  say('hello');

  const pair = await startPair(t);
  pair.startAgent(logRoot);
  const arrivedMs = new Map<string, number>();
  await until('the first line is stored', async () => (await storeFigures(pair.url)).lineCount > 0, 30_000);
  const follower = spawn(taffrail, ['logs', 'talker', '-f', '--server', pair.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => follower.on('close', resolve));
  atEnd(t, async () => {
    follower.kill();
    await ended;
  });
  createInterface({ input: follower.stdout }).on('line', (line) => arrivedMs.set(line, performance.now()));
  await until('the first line is printed', () => arrivedMs.has('hello'), 30_000);

  const random = new Random(3);
  const writtenMs: number[] = [];
  for (let i = 0; i < samples; i++) {
    await sleep(20 + random.below(180));
    writtenMs.push(performance.now());
    say(`sample ${i}`);
  }
  await until('the last line is printed', () => arrivedMs.has(`sample ${samples - 1}`), 30_000);
  const delaysMs = writtenMs.map((at, i) => arrivedMs.get(`sample ${i}`)! - at).sort((a, b) => a - b);
  return { samples, medianMs: quantile(delaysMs, 0.5), p99Ms: quantile(delaysMs, 0.99) };
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
