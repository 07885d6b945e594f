import { mkdirSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import { type HeldLock, takeLock } from '../base/lock.ts';
import type { ClusterAccess } from '../kubernetes/client/client.ts';
import type { CollectSettings } from '../logs/collect/collect.ts';
import type { ShipSettings } from '../logs/ship/ship.ts';
import type { Logger, MetricsRegistry } from '../telemetry/telemetry.ts';
import { keepMemoryLow } from './low-memory.ts';
import { NodeAgent } from './node-agent.ts';

export type AgentSettings = CollectSettings & ShipSettings;

export interface AgentOptions {
  logRoot: string;
  /** The server's address. */
  to: URL;
  /** The bearer token, or where to ask for it before every request. */
  token?: string | (() => string | undefined);
  dataDir: string;
  nodeName: string;
  /** Uid of the kube-system namespace, or a configured id. */
  cluster: string;
  /** Where pods' metadata comes from; without it the paths of the files serve. */
  access?: ClusterAccess;
  settings?: Partial<AgentSettings>;
  /** Read what is there to its end and wait until it is acknowledged; then `done` resolves. */
  once?: boolean;
  log: Logger;
  metrics: MetricsRegistry;
  clock?: Clock;
  random?: () => number;
  /** Called when there was something to read and is nothing more, now and then; see low-memory.ts. */
  relieve?: () => void;
}

export interface RunningAgent {
  /** Resolves when everything is acknowledged, if `once`; else when the agent is closed. */
  done: Promise<void>;
  /** Resolves when nothing of it is left open. What was not acknowledged is shipped by the next agent. */
  close(): Promise<void>;
}

/** Throws Fault `already-locked` or `usage`. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const locks = takeLocks(options);
  let agent: NodeAgent;
  try {
    agent = new NodeAgent(options, options.clock ?? systemClock);
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
  const done = agent.run().finally(() => {
    for (const lock of locks) lock.release();
  });
  done.catch(() => {});
  const close = async () => {
    agent.stop();
    await done.catch(() => {});
  };
  return { done, close };
}

/** One lock on our own data, and one on what we read: two agents on one node would ship everything twice. */
function takeLocks({ logRoot, dataDir }: AgentOptions): HeldLock[] {
  const root = statSync(logRoot, { throwIfNoEntry: false, bigint: true });
  if (!root?.isDirectory()) throw new Fault('usage', `the log root ${logRoot} is not a directory`);
  mkdirSync(dataDir, { recursive: true });
  const own = takeLock(join(dataDir, 'agent.lock'), `the agent's data directory ${dataDir}`);
  try {
    const path = join(tmpdir(), `taffrail-agent-${root.dev}-${root.ino}.lock`);
    return [
      own,
      takeLock(path, `the log root ${logRoot}`, 'one agent reads the logs of a node; stop the other one first'),
    ];
  } catch (error) {
    own.release();
    throw error;
  }
}

/** What `taffrail agent` is started with. */
export interface AgentMainOptions extends AgentOptions {
  /** Where to serve the agent's own /metrics, on loopback; nowhere if undefined. */
  metricsPort?: number;
}

/** Runs the agent until the signal aborts or, with `once`, until everything is acknowledged. Rejects with a Fault. */
export async function agentMain(options: AgentMainOptions, signal: AbortSignal): Promise<void> {
  const agent = await startAgent({ ...options, relieve: keepMemoryLow() });
  const stop = () => void agent.close();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let server: Server | undefined;
  try {
    if (options.metricsPort !== undefined) server = await serveMetrics(options, options.metricsPort);
    await agent.done;
  } finally {
    signal.removeEventListener('abort', stop);
    server?.close();
    await agent.close();
  }
}

async function serveMetrics({ metrics, log }: AgentOptions, port: number): Promise<Server> {
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer((request, response) => {
    const found = request.url === '/metrics';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(found ? metrics.exposition() : 'only /metrics is here\n');
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  log.info('serving metrics', { port: (server.address() as AddressInfo).port });
  return server;
}
