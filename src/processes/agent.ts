import { mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import { Fault, messageOf } from '../base/fault.ts';
import { takeLock } from '../base/lock.ts';
import type { ClusterAccess } from '../kubernetes/client/client.ts';
import { type FrameResult, limits } from '../logs/batch/batch.ts';
import {
  Collector,
  type CollectSettings,
  collectMetrics,
  defaultCollectSettings,
  type InstanceTail,
  type Piece,
} from '../logs/collect/collect.ts';
import { defaultShipSettings, Shipper, type ShipSettings, shipMetrics } from '../logs/ship/ship.ts';
import type { Logger, MetricsRegistry } from '../telemetry/telemetry.ts';

export interface AgentOptions {
  logRoot: string;
  to: URL;
  token?: () => string | undefined;
  dataDir: string;
  nodeName: string;
  /** Uid of the kube-system namespace, or a configured id. */
  cluster: string;
  access?: ClusterAccess;
  settings?: Partial<CollectSettings & ShipSettings>;
  /** Read what is there to its end, wait until it is acknowledged; then `done` resolves. */
  once?: boolean;
  log: Logger;
  metrics: MetricsRegistry;
  clock?: Clock;
  random?: () => number;
}

export interface RunningAgent {
  /** Resolves when everything is acknowledged, if `once`; else when the agent is closed. */
  done: Promise<void>;
  close(): Promise<void>;
}

/** How long the loop may read before it lets the network have its turn. */
const BUSY_MS = 20;

/** Throws Fault `already-locked`, `usage`. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const locks = takeLocks(options);
  const agent = new Agent(options);
  const done = agent.run();
  const close = async () => {
    agent.stop();
    await done.catch(() => {});
  };
  const released = done.finally(() => {
    for (const lock of locks) lock.release();
  });
  released.catch(() => {});
  return { done: released, close };
}

function takeLocks({ logRoot, dataDir }: AgentOptions) {
  const root = statSync(logRoot, { throwIfNoEntry: false, bigint: true });
  if (!root?.isDirectory()) throw new Fault('usage', `the log root ${logRoot} is not a directory`);
  const own = takeLock(join(dataDir, 'agent.lock'), `the agent's data directory ${dataDir}`);
  try {
    const name = `taffrail-agent-${root.dev}-${root.ino}.lock`;
    return [own, takeLock(join(tmpdir(), name), `the log root ${logRoot}`)];
  } catch (error) {
    own.release();
    throw error;
  }
}

/** The agent's heartbeat: find, ask what is missing, read, send. */
class Agent {
  readonly #options: AgentOptions;
  readonly #settings: CollectSettings & ShipSettings;
  readonly #clock: Clock;
  readonly #collector: Collector;
  readonly #shipper: Shipper;
  #stopped = false;
  #resolving = false;
  #wake: (() => void) | null = null;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { log, metrics, dataDir } = options;
    this.#settings = { ...defaultCollectSettings, ...defaultShipSettings, ...options.settings };
    this.#clock = options.clock ?? systemClock;
    const scratch = join(dataDir, 'spool');
    mkdirSync(scratch, { recursive: true });
    this.#collector = new Collector({
      root: options.logRoot,
      cluster: options.cluster,
      node: options.nodeName,
      scratch,
      settings: this.#settings,
      clock: this.#clock,
      log,
      metrics: collectMetrics(metrics),
      onInstance: () => {},
      onForgotten: () => {},
    });
    this.#shipper = new Shipper({
      to: options.to,
      token: options.token,
      settings: this.#settings,
      clock: this.#clock,
      random: options.random ?? Math.random,
      log,
      metrics: shipMetrics(metrics),
      onNewEpoch: () => this.#onNewEpoch(),
      onProgress: () => this.#wake?.(),
    });
    metrics.observe(
      'taffrail_agent_queued_bytes',
      'Bytes of frames that wait for the server.',
      () => this.#shipper.queuedBytes,
    );
    metrics.observe('taffrail_agent_lag_bytes', 'Bytes on disk that are not acknowledged.', () =>
      this.#sum('lagBytes'),
    );
    metrics.observe('taffrail_agent_open_files', 'Log files that are open.', () => this.#sum('openFiles'));
    metrics.observe('taffrail_agent_instances', 'Container instances with files.', () => this.#collector.tails.length);
  }

  async run(): Promise<void> {
    try {
      while (!this.#stopped) {
        this.#collector.refresh();
        void this.#resolveNew();
        this.#readSome();
        this.#shipper.pump();
        if (this.#options.once && this.#isAllAcknowledged()) return;
        await this.#rest();
      }
    } finally {
      this.#shipper.close();
      this.#collector.close();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** Reads as long as the queue has room; what does not fit stays in the files. */
  #readSome(): void {
    const until = this.#clock.monotonicMs() + BUSY_MS;
    while (this.#shipper.hasRoom && this.#clock.monotonicMs() < until) {
      const tail = this.#collector.nextReady();
      if (!tail) return;
      const { generation } = tail;
      for (const piece of this.#collector.turn(tail)) {
        const onResult = (result: FrameResult) => this.#onResult(tail, piece, generation, result);
        this.#shipper.push({ frame: piece.frame, owner: tail, onResult });
      }
    }
  }

  #onResult(tail: InstanceTail, piece: Piece, generation: number, result: FrameResult): void {
    if (generation !== tail.generation) return;
    switch (result.status) {
      case 'stored':
      case 'held':
        return tail.acknowledge(piece, generation);
      case 'deleted':
        return tail.drop();
      case 'refused':
        return tail.refused(piece, generation);
      case 'overlap':
      case 'unknown-instance':
        return tail.reset();
    }
  }

  async #resolveNew(): Promise<void> {
    if (this.#resolving) return;
    const tails = this.#collector.tails.filter((tail) => tail.needsResolve).slice(0, limits.offersMax);
    if (tails.length === 0) return;
    this.#resolving = true;
    try {
      const offers = tails.map((tail) => tail.offer());
      for (const tail of tails) tail.state = 'resolving';
      const agent = { node: this.#options.nodeName, version: '0.1.0' };
      const response = await this.#shipper.resolve({ agent, offers });
      tails.forEach((tail, index) => {
        const answer = response.instances[index];
        if (answer && tail.state !== 'deleted') tail.resolved(answer, offers[index]!.segments);
      });
    } catch (error) {
      for (const tail of tails) if (tail.state === 'resolving') tail.state = 'new';
      if (!this.#stopped) this.#options.log.error('the server cannot say what it holds', { error: messageOf(error) });
      await this.#clock.sleep(1000);
    } finally {
      this.#resolving = false;
      this.#wake?.();
    }
  }

  #onNewEpoch(): void {
    for (const tail of this.#collector.tails) tail.reset();
    this.#wake?.();
  }

  /** With `once`: a container that writes nothing more is taken to have ended, so that its last unfinished line is not lost. */
  #isAllAcknowledged(): boolean {
    let all = !this.#resolving;
    for (const tail of this.#collector.tails) {
      if (!tail.isCaughtUp) all = false;
      else if (tail.endedSinceMs === null && tail.isQuiet(this.#settings.onceQuietMs)) {
        tail.end();
        all = false;
      }
    }
    return all;
  }

  #sum(what: 'lagBytes' | 'openFiles'): number {
    return this.#collector.tails.reduce((sum, tail) => sum + tail[what], 0);
  }

  /** Until something may have to be done: at once where reading goes on, else a tick later or when the server has answered. */
  async #rest(): Promise<void> {
    const busy = this.#shipper.hasRoom && this.#collector.nextReady() !== undefined;
    await new Promise<void>((resolve) => {
      if (busy) return void setImmediate(resolve);
      const timer = setTimeout(resolve, this.#settings.pollActiveMs / 2);
      this.#wake = () => {
        clearTimeout(timer);
        setImmediate(resolve);
      };
    });
    this.#wake = null;
  }
}

/** What `taffrail agent` is started with. */
export interface AgentMainOptions extends AgentOptions {
  /** Where to serve the agent's own /metrics; nowhere if undefined. */
  metricsPort?: number;
}

/** Runs the agent until the signal aborts or, with `once`, until everything is acknowledged. Rejects with a Fault. */
export async function agentMain(options: AgentMainOptions, signal: AbortSignal): Promise<void> {
  const agent = await startAgent(options);
  const stop = () => void agent.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await agent.done;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
