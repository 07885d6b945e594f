import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cleanup, temporaryDirectory } from '../../test/journeys/processes.ts';
import { startPair, untilStored } from './pair.ts';
import { figuresOf } from './process-figures.ts';

export interface Idle {
  files: number;
  /** Share of one core. */
  agentCpu: number;
  agentBytes: number;
  serverCpu: number;
  serverBytes: number;
}

const SETTLE_MS = 10_000;
const WATCH_MS = 20_000;
const LINES_OF_A_FILE = 20;

/** What agent and server cost while nothing is written to `files` open logs. */
export async function idle(t: Cleanup, files: number): Promise<Idle> {
  const logRoot = join(temporaryDirectory(t, 'idle'), 'pods');
  for (let i = 0; i < files; i++) {
    const directory = join(
      logRoot,
      `default_quiet-${i}_${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
      'main',
    );
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, '0.log'), quietLines(i));
  }
  const pair = await startPair(t);
  const agent = pair.startAgent(logRoot);
  await untilStored(pair, agent, files * LINES_OF_A_FILE, 120_000);
  await sleep(SETTLE_MS);
  const before = [figuresOf(agent.pid), figuresOf(pair.server.pid)] as const;
  await sleep(WATCH_MS);
  const after = [figuresOf(agent.pid), figuresOf(pair.server.pid)] as const;
  const share = (i: 0 | 1) => (after[i].cpuSeconds - before[i].cpuSeconds) / (WATCH_MS / 1000);
  await agent.stop();
  await pair.server.stop();
  return {
    files,
    agentCpu: share(0),
    agentBytes: after[0].residentBytes,
    serverCpu: share(1),
    serverBytes: after[1].residentBytes,
  };
}

function quietLines(file: number): string {
  return Array.from(
    { length: LINES_OF_A_FILE },
    (_, i) => `2026-11-22T10:00:${String(i).padStart(2, '0')}.${file + 1}Z stdout F line ${i} of quiet pod ${file}\n`,
  ).join('');
}
