import { setTimeout as sleep } from 'node:timers/promises';
import { type Cleanup, until } from '../../test/journeys/processes.ts';
import { startPair, storeFigures, untilStored } from './pair.ts';
import { figuresOf } from './process-figures.ts';

export interface Stalled {
  /** Of the agent, while everything waited. */
  peakBytes: number;
  /** Lines that the store had taken when it stopped. */
  linesBefore: number;
}

export interface Backlog {
  logRoot: string;
  lines: number;
}

const DRAIN_TIMEOUT_MS = 300_000;

/**
 * Stops the server (SIGSTOP: its connections stay open and nothing answers) when it has taken the first lines, watches the agent
 * for `stallMs`, lets the server go on, and waits until every line is there.
 */
export async function stalled(t: Cleanup, { logRoot, lines }: Backlog, stallMs: number): Promise<Stalled> {
  const pair = await startPair(t);
  const agent = pair.startAgent(logRoot);
  await until('the first lines are stored', async () => (await storeFigures(pair.url)).lineCount > 0, 60_000, 5);
  const { lineCount: linesBefore } = await storeFigures(pair.url);
  pair.server.child.kill('SIGSTOP');
  try {
    await sleep(stallMs);
    const { peakResidentBytes: peakBytes } = figuresOf(agent.pid);
    pair.server.child.kill('SIGCONT');
    await untilStored(pair, agent, lines, DRAIN_TIMEOUT_MS);
    await agent.stop();
    return { peakBytes, linesBefore };
  } finally {
    // A stopped process does not hear SIGTERM.
    pair.server.child.kill('SIGCONT');
    await pair.server.stop();
  }
}
