/** Brings the lines in: by Loki's push, and as an agent's batches; each until merging has come to rest. */
import type { Cleanup } from '../../test/journeys/processes.ts';
import { atEnd, startAgent, until } from '../../test/journeys/processes.ts';
import type { Corpus } from '../corpus.ts';
import { storeFigures } from '../runs/pair.ts';
import type { Peer } from './peers.ts';
import type { PushRequests } from './push-requests.ts';

export interface Loaded {
  lines: number;
  seconds: number;
  /** Until the last line was acknowledged. */
  ingestCpuSeconds: number;
  /** From then on until the process was at rest. */
  mergingCpuSeconds: number;
  diskBytes: number;
}

const agentTimeoutMs = 1_800_000;

export function pushAll(peer: Peer, { bodies, lines }: PushRequests): Promise<Loaded> {
  return measured(peer, lines, () => peer.push(bodies));
}

export function shipAll(t: Cleanup, peer: Peer, corpus: Corpus, agentDir: string): Promise<Loaded> {
  return measured(peer, corpus.lines, async () => {
    const agent = startAgent(corpus.logRoot, peer.url, agentDir, ['--node-name', 'bench', '--cluster', 'bench']);
    atEnd(t, () => agent.stop());
    await until(
      `${corpus.lines} lines are stored`,
      async () => {
        if (!agent.isRunning) throw new Error(`the agent ended:\n${agent.stderr.slice(-2000)}`);
        return (await storeFigures(peer.url)).lineCount >= corpus.lines;
      },
      agentTimeoutMs,
      100,
    );
    await agent.stop();
  });
}

async function measured(peer: Peer, lines: number, load: () => Promise<void>): Promise<Loaded> {
  const before = peer.figures().cpuSeconds;
  const begun = performance.now();
  await load();
  const seconds = (performance.now() - begun) / 1000;
  const ingestCpuSeconds = peer.figures().cpuSeconds - before;
  await peer.untilAtRest();
  const mergingCpuSeconds = peer.figures().cpuSeconds - before - ingestCpuSeconds;
  // Whoever keeps the latest in memory for a while has written it when it has stopped.
  await peer.stop();
  const diskBytes = peer.diskBytes();
  await peer.start();
  return { lines, seconds, ingestCpuSeconds, mergingCpuSeconds, diskBytes };
}
