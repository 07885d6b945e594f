import type { Cleanup } from '../../test/journeys/processes.ts';
import type { Corpus } from '../corpus.ts';
import { startPair, untilStored } from './pair.ts';
import { diskBytesOf, figuresOf, type ProcessFigures } from './process-figures.ts';

export interface Throughput {
  seconds: number;
  agent: ProcessFigures;
  server: ProcessFigures;
  /** CPU that the server takes to merge after the last line is durable, until it rests. */
  mergingCpuSeconds: number;
  diskBytes: number;
}

const REST_CHECK_MS = 2000;
const RESTING_CPU_SECONDS = 0.04;
const RUN_TIMEOUT_MS = 300_000;

/** The whole corpus from CRI files to a store that has it on disk: from the agent's start to the last line's acknowledgement. */
export async function throughput(t: Cleanup, corpus: Corpus): Promise<Throughput> {
  const pair = await startPair(t);
  const serverBefore = figuresOf(pair.server.pid);
  const begun = performance.now();
  const agentProcess = pair.startAgent(corpus.logRoot);
  await untilStored(pair, agentProcess, corpus.lines, RUN_TIMEOUT_MS);
  const seconds = (performance.now() - begun) / 1000;
  const agent = figuresOf(agentProcess.pid);
  const server = figuresOf(pair.server.pid);
  server.cpuSeconds -= serverBefore.cpuSeconds;
  await agentProcess.stop();
  const rested = await untilAtRest(pair.server.pid);
  await pair.server.stop();
  return {
    seconds,
    agent,
    server: { ...server, peakResidentBytes: rested.peakResidentBytes },
    mergingCpuSeconds: rested.cpuSeconds - serverBefore.cpuSeconds - server.cpuSeconds,
    diskBytes: diskBytesOf(pair.dataDir),
  };
}

async function untilAtRest(pid: number): Promise<ProcessFigures> {
  let before = figuresOf(pid);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, REST_CHECK_MS));
    const now = figuresOf(pid);
    if (now.cpuSeconds - before.cpuSeconds < RESTING_CPU_SECONDS) return now;
    before = now;
  }
}
