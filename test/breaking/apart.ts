import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../bench/corpus/random.ts';
import {
  atEnd,
  type Cleanup,
  Running,
  runWell,
  startAgent,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from '../journeys/processes.ts';
import type { LoopResult } from './kill-loop.ts';
import { numberedLine, sum, verify } from './numbered.ts';
import { Writer } from './writer.ts';

const WRITERS = 6;
const TICK_MS = 20;
const DRAIN_TIMEOUT_MS = 60_000;

/** An agent and a server of their own, either killed at random, while writers write, rotate and restart. */
export async function killApart(t: Cleanup, kills: number, random: Random): Promise<LoopResult> {
  const home = temporaryDirectory(t, 'kill');
  const logRoot = join(home, 'pods');
  mkdirSync(logRoot);
  const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(logRoot, i));
  const writing = setInterval(() => tick(writers, random), TICK_MS);
  atEnd(t, () => clearInterval(writing));

  let server = await startServing('server', join(home, 'server'));
  const port = new URL(server.url).port;
  const newAgent = () => startAgent(logRoot, server.url, join(home, 'agent'), ['--node-name', 'n', '--cluster', 'c']);
  let agent = newAgent();
  atEnd(t, () => Promise.all([agent.stop(), server.process.stop()]));

  const killed: LoopResult['killed'] = {};
  for (let kill = 0; kill < kills; kill++) {
    await sleep(50 + random.below(1200));
    const victim = random.chance(0.5) ? 'agent' : 'server';
    killed[victim] = (killed[victim] ?? 0) + 1;
    if (victim === 'agent') {
      await killNow(agent, 'agent');
      await sleep(random.below(300));
      agent = newAgent();
    } else {
      await killNow(server.process, 'server');
      await sleep(random.below(300));
      if (random.chance(0.2)) {
        // Killed again while it is still recovering.
        const recovering = new Running(taffrail, ['server', '--data-dir', join(home, 'server'), '--port', port]);
        await sleep(random.below(600));
        await killNow(recovering, 'recovering server');
        killed.recovering = (killed.recovering ?? 0) + 1;
      }
      server = await startServing('server', join(home, 'server'), ['--port', port]);
    }
  }

  clearInterval(writing);
  for (const writer of writers) writer.close();
  const said = await Promise.all(writers.map((writer) => drained(server.url, writer)));
  const verdicts = writers.map(({ name, count }, i) => verify(said[i]!, count, (n) => numberedLine(name, n), name));
  return {
    killed,
    written: writers.reduce((total, { count }) => total + count, 0),
    rotations: writers.reduce((total, { rotations }) => total + rotations, 0),
    restarts: writers.reduce((total, { restarts }) => total + restarts, 0),
    ...sum(verdicts),
  };
}

function tick(writers: readonly Writer[], random: Random): void {
  for (const writer of writers) {
    if (random.chance(0.3)) continue;
    writer.write(1 + random.below(20));
    if (random.chance(0.002)) writer.restart();
  }
}

/** A process that has ended by itself is a failure of its own. */
export async function killNow(process: Running, what: string): Promise<void> {
  if (!process.isRunning) {
    const { code, signal, stderr } = await process.exited;
    throw new Error(`the ${what} ended by itself, with ${signal ?? code}:\n${stderr.slice(-4000)}`);
  }
  await process.stop('SIGKILL');
}

/** What the store says once it has the writer's last number, or when the time is up. */
export async function drained(url: string, writer: Writer): Promise<Buffer> {
  const logs = async (flags: string[]) =>
    (await runWell(taffrail, ['logs', writer.pod, '--instance', 'all', '--server', url, ...flags])).stdout;
  const last = numberedLine(writer.name, writer.count - 1);
  await until(
    `${writer.name}'s last line is stored`,
    async () => (await logs(['--tail', '1'])).includes(last),
    DRAIN_TIMEOUT_MS,
    500,
  ).catch(() => {});
  return logs([]);
}
