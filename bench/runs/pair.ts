import { join } from 'node:path';
import {
  atEnd,
  type Cleanup,
  type Running,
  startAgent,
  startServing,
  temporaryDirectory,
  until,
} from '../../test/journeys/processes.ts';

/** A server and, once asked for, an agent beside it, with data of their own. */
export interface Pair {
  server: Running;
  url: string;
  /** The server's. */
  dataDir: string;
  startAgent(logRoot: string): Running;
}

const FLAGS = ['--retention', '0', '--retention-size', '0'];

export async function startPair(t: Cleanup): Promise<Pair> {
  const home = temporaryDirectory(t, 'bench');
  const dataDir = join(home, 'server');
  const server = await startServing('server', dataDir, FLAGS);
  atEnd(t, () => server.process.stop());
  return {
    server: server.process,
    url: server.url,
    dataDir,
    startAgent(logRoot) {
      const agent = startAgent(logRoot, server.url, join(home, 'agent'), [
        '--node-name',
        'bench',
        '--cluster',
        'bench',
      ]);
      atEnd(t, () => agent.stop());
      return agent;
    },
  };
}

export interface StoreFigures {
  lineCount: number;
  textBytes: number;
  diskBytes: number;
}

export async function storeFigures(url: string): Promise<StoreFigures> {
  const response = await fetch(new URL('/taffrail/v1/status', url));
  if (!response.ok) throw new Error(`status answers ${response.status}`);
  return ((await response.json()) as { store: StoreFigures }).store;
}

/** Waits until the store has that many lines; more would be a defect. */
export async function untilStored(pair: Pair, agent: Running, lines: number, timeoutMs: number): Promise<void> {
  const { lineCount } = await until(
    `${lines} lines are stored`,
    async () => {
      if (!agent.isRunning) throw new Error(`the agent ended:\n${agent.stderr.slice(-2000)}`);
      const figures = await storeFigures(pair.url);
      return figures.lineCount >= lines ? figures : undefined;
    },
    timeoutMs,
    20,
  );
  if (lineCount > lines) throw new Error(`the store has ${lineCount} lines of ${lines}`);
}
