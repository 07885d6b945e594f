import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/fault.ts';
import { version } from '../base/version.ts';
import { encodeFactsFrame, type FrameResult, limits } from '../logs/batch/batch.ts';
import {
  AgentState,
  applyPod,
  Collector,
  collectMetrics,
  defaultCollectSettings,
  type InstanceTail,
  type KnownInstance,
  mayLeave,
  type Piece,
  type PodDigest,
  PodWatch,
  Reports,
  Spool,
  vanishedGap,
} from '../logs/collect/collect.ts';
import { defaultShipSettings, Shipper, shipMetrics } from '../logs/ship/ship.ts';
import type { AgentOptions, AgentSettings } from './agent.ts';
import { Rest } from './rest.ts';

/** How long the loop may read before it lets the network have its turn. */
const BUSY_MS = 20;
/** How often what changed is written to the state and told to the server. */
const HOUSEKEEPING_MS = 1000;
/** An agent that has nothing to resolve says at least so often that it is there. */
const GREETING_MS = 15_000;
const RESOLVE_RETRY_MS = 1000;
/** Memory is given back in a pause, and no more often than this. */
const RELIEF_MS = 30_000;
const RELIEF_FIRST_MS = 5000;

/**
 * Finds log files, asks what the server lacks of them, reads that, sends it.
 * Invariant: what the server has not acknowledged is in a log file, in a descriptor on a deleted one, or in the spool.
 */
export class NodeAgent {
  readonly #options: AgentOptions;
  readonly #settings: AgentSettings;
  readonly #clock: Clock;
  readonly #collector: Collector;
  readonly #shipper: Shipper;
  readonly #state: AgentState;
  readonly #watch: PodWatch | null;
  readonly #reports: Reports;
  readonly #pause: Rest;
  /** Known from the agent before us and not found on disk yet. */
  readonly #known = new Map<string, KnownInstance>();
  readonly #held = new Set<InstanceTail>();
  #stopped = false;
  #resolving = false;
  #housekeepingAtMs = 0;
  #greetAtMs = 0;
  #progressAtMs: number;
  #reliefAtMs: number;
  #hasReadSinceRelief = true;

  constructor(options: AgentOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#settings = { ...defaultCollectSettings, ...defaultShipSettings, ...options.settings };
    // What is written in that time to many files goes out in one request.
    this.#pause = new Rest(clock, this.#settings.pollActiveMs);
    this.#progressAtMs = clock.monotonicMs() + HOUSEKEEPING_MS;
    this.#reliefAtMs = clock.monotonicMs() + RELIEF_FIRST_MS;
    const { dataDir, log, access, nodeName, cluster } = options;
    const scratch = join(dataDir, 'spool');
    mkdirSync(scratch, { recursive: true });
    this.#state = new AgentState(join(dataDir, 'state.db'), log);
    for (const known of this.#state.load()) this.#known.set(nameOf(known.directoryId, known.key.attempt), known);
    const spool = new Spool(scratch, this.#settings.spoolBytesMax, log);
    this.#collector = this.#createCollector(scratch, spool);
    this.#shipper = this.#createShipper();
    const onPod = (pod: PodDigest) => this.#onPod(pod);
    const nowIso = () => new Date(clock.nowMs()).toISOString();
    this.#watch = access ? new PodWatch({ access, nodeName, log, nowIso, onPod }) : null;
    this.#reports = new Reports({
      cluster,
      findPod: (podUid) => this.#watch?.find(podUid),
      push: (owner, frame, onResult) => this.#shipper.push({ owner, frame, onResult }),
    });
    this.#observe(spool);
    this.#collector.adoptCopies(spool.load());
  }

  async run(): Promise<void> {
    const watching = this.#watch?.run();
    try {
      while (!this.#stopped) {
        this.#collector.refresh();
        void this.#resolveNew();
        this.#readSome();
        this.#keepHouse();
        this.#shipper.pump();
        if (this.#options.once && this.#isAllAcknowledged() && !this.#sayFarewell()) {
          const { length: instances } = this.#collector.tails;
          this.#options.log.info('all that was there is stored', { instances });
          return;
        }
        await this.#rest();
      }
    } finally {
      this.#watch?.close();
      this.#shipper.close();
      this.#remember();
      this.#collector.close();
      this.#state.close();
      await watching;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#pause.end();
  }

  /** Reads as long as the queue has room; what does not fit stays in the files. */
  #readSome(): void {
    const until = this.#clock.monotonicMs() + BUSY_MS;
    while (this.#shipper.hasRoom && this.#clock.monotonicMs() < until) {
      const tail = this.#collector.nextReady();
      if (!tail) return;
      this.#hasReadSinceRelief = true;
      const { generation } = tail;
      for (const piece of this.#collector.turn(tail)) {
        const onResult = (result: FrameResult) => this.#onResult(tail, piece, generation, result);
        this.#shipper.push({ frame: piece.frame, owner: tail, onResult });
      }
    }
  }

  #onResult(tail: InstanceTail, piece: Piece, generation: number, { status }: FrameResult): void {
    if (generation !== tail.generation) return;
    if (status === 'stored' || status === 'held') tail.acknowledge(piece, generation);
    else if (status === 'deleted') tail.drop();
    else if (status === 'refused') tail.refused(piece, generation);
    else tail.reset();
  }

  /** Asks what the server holds of the instances that are new, or have a new file. */
  async #resolveNew(): Promise<void> {
    if (this.#resolving) return;
    const now = this.#clock.monotonicMs();
    const tails = this.#collector.tails.filter((tail) => tail.needsResolve && this.#mayLeave(tail, now));
    if (tails.length === 0) return;
    this.#resolving = true;
    try {
      for (let i = 0; i < tails.length; i += limits.offersMax)
        await this.#resolve(tails.slice(i, i + limits.offersMax));
    } catch (error) {
      if (this.#stopped) return;
      this.#options.log.error('the server cannot say what it holds', { error: messageOf(error) });
      await this.#clock.sleep(RESOLVE_RETRY_MS);
    } finally {
      for (const tail of tails) if (tail.state === 'resolving') tail.state = 'new';
      this.#resolving = false;
      this.#pause.end();
    }
  }

  async #resolve(tails: InstanceTail[]): Promise<void> {
    const offers = tails.map((tail) => tail.offer());
    for (const tail of tails) tail.state = 'resolving';
    const { nodeName: node } = this.#options;
    this.#greetAtMs = this.#clock.monotonicMs() + GREETING_MS;
    const response = await this.#shipper.resolve({ agent: { node, version }, offers });
    if (this.#stopped) return;
    tails.forEach((tail, index) => {
      const answer = response.instances[index];
      if (answer && tail.state !== 'deleted') tail.resolved(answer, offers[index]!.segments);
    });
  }

  #mayLeave(tail: InstanceTail, now: number): boolean {
    if (!this.#watch || tail.id !== null) return true;
    const verdict = mayLeave(tail, this.#watch.find(tail.origin.key.podUid), this.#settings, now);
    if (verdict !== 'timeout') return verdict === 'yes';
    const hold = this.#settings.onMetadataTimeout === 'hold';
    if (!this.#held.has(tail)) {
      this.#held.add(tail);
      const { namespace, pod } = tail.origin;
      const message = hold
        ? 'no metadata of the pod; its logs are held back'
        : 'no metadata of the pod; its logs go out';
      this.#options.log.warn(message, { namespace, pod });
    }
    return !hold;
  }

  #onPod(pod: PodDigest): void {
    this.#reports.onPod(pod);
    for (const tail of this.#collector.tails) {
      if (tail.origin.key.podUid === pod.podUid) applyPod(tail, pod, this.#options.log);
    }
    this.#pause.end();
  }

  #onInstance(tail: InstanceTail): void {
    const name = nameOf(tail.origin.directoryId, tail.origin.key.attempt);
    const known = this.#known.get(name);
    this.#known.delete(name);
    if (known) tail.remember(known);
    const pod = this.#watch?.find(tail.origin.key.podUid);
    if (pod) applyPod(tail, pod, this.#options.log);
  }

  #onNewEpoch(): void {
    for (const tail of this.#collector.tails) tail.reset();
    this.#reports.reset(this.#watch?.all() ?? []);
    this.#pause.end();
  }

  #keepHouse(): void {
    const now = this.#clock.monotonicMs();
    if (now < this.#housekeepingAtMs) return;
    this.#housekeepingAtMs = now + HOUSEKEEPING_MS;
    this.#remember();
    if (!this.#shipper.hasEpoch || now >= this.#greetAtMs) void this.#greet();
    else if (this.#shipper.hasRoom) {
      this.#reports.tell(this.#collector.tails, now);
      this.#tellVanished();
    }
    if (this.#options.once && now >= this.#progressAtMs) this.#showProgress(now);
    this.#relieve(now);
  }

  /** What was loaded and read to get here is garbage that nothing else would collect while there is little to do. */
  #relieve(now: number): void {
    if (!this.#hasReadSinceRelief || now < this.#reliefAtMs || this.#collector.nextReadyMs <= now) return;
    this.#reliefAtMs = now + RELIEF_MS;
    this.#hasReadSinceRelief = false;
    this.#options.relieve?.();
  }

  /** Asks for nothing: so the store knows that the agent is there, and the agent learns whether the store was started anew. */
  async #greet(): Promise<void> {
    if (this.#resolving) return;
    this.#resolving = true;
    await this.#resolve([]).catch(() => {});
    this.#resolving = false;
  }

  /** Instances that the agent before us knew and whose files are gone. */
  #tellVanished(): void {
    for (const [name, known] of this.#known) {
      this.#known.delete(name);
      const { id, segments, ended } = known;
      const noticedAt = new Date(this.#clock.nowMs()).toISOString();
      const gaps = segments.flatMap((segment, index) =>
        segment.done || ended ? [] : (vanishedGap(segment, index === segments.length - 1) ?? []),
      );
      const { container, attempt } = known.key;
      for (const { segment, from, to, reason } of gaps)
        this.#options.log.warn('lines are missing', { container, attempt, segment, from, to, reason });
      const frame = encodeFactsFrame([
        ...gaps.map((gap) => ({ kind: 'gap' as const, instance: id, ...gap, noticedAt })),
        { kind: 'progress', instance: id, state: 'ended', lagBytes: 0 },
      ]);
      this.#shipper.push({ owner: known, frame, onResult: () => this.#state.remove(known) });
    }
  }

  #remember(): void {
    const changed = this.#collector.tails.filter((tail) => tail.isDirty);
    const known = changed.flatMap((tail) => {
      const remembered = tail.toRemember();
      if (remembered) tail.isDirty = false;
      return remembered ?? [];
    });
    if (known.length > 0) this.#state.save(known);
  }

  /** With `once`, a container that writes nothing more is taken to have ended, so that its last unfinished line is not lost. */
  #isAllAcknowledged(): boolean {
    let all = !this.#resolving && this.#known.size === 0;
    for (const tail of this.#collector.tails) {
      if (!tail.isCaughtUp) all = false;
      else if (tail.endedSinceMs === null && tail.isQuiet(this.#settings.onceQuietMs)) {
        tail.end();
        all = false;
      }
    }
    return all && this.#shipper.queuedBytes === 0;
  }

  /** Tells the server how far we got. True where there was something to tell. */
  #sayFarewell(): boolean {
    if (!this.#shipper.hasEpoch) return false;
    const told = this.#reports.tell(this.#collector.tails, this.#clock.monotonicMs(), true);
    this.#shipper.pump();
    return told;
  }

  #showProgress(now: number): void {
    this.#progressAtMs = now + 5 * HOUSEKEEPING_MS;
    const lagBytes = this.#sum('lagBytes');
    this.#options.log.info('reading what is there', { instances: this.#collector.tails.length, lagBytes });
  }

  /** Until something may have to be done: at once where reading goes on, else when its time has come, or something was told. */
  async #rest(): Promise<void> {
    const readyMs = this.#shipper.hasRoom ? this.#collector.nextReadyMs : Number.POSITIVE_INFINITY;
    if (readyMs <= this.#clock.monotonicMs()) return new Promise((resolve) => setImmediate(resolve));
    await this.#pause.until(Math.min(this.#collector.nextPollMs, readyMs, this.#housekeepingAtMs));
  }

  #sum(what: 'lagBytes' | 'openFiles'): number {
    return this.#collector.tails.reduce((sum, tail) => sum + tail[what], 0);
  }

  #observe(spool: Spool): void {
    const { metrics } = this.#options;
    const observe = (name: string, help: string, read: () => number) =>
      metrics.observe(`taffrail_agent_${name}`, help, read);
    observe('queued_bytes', 'Bytes of frames that wait for the server.', () => this.#shipper.queuedBytes);
    observe('lag_bytes', 'Bytes of log files that the server has not acknowledged.', () => this.#sum('lagBytes'));
    observe('open_files', 'Log files that are open.', () => this.#sum('openFiles'));
    observe('instances', 'Container instances that have files.', () => this.#collector.tails.length);
    const unwatched = 'Log directories that are looked at by time because they cannot be watched.';
    observe('unwatched_directories', unwatched, () => this.#collector.unwatchedDirectories);
    observe('spool_bytes', 'Bytes of deleted log files that were copied to the spool.', () => spool.usedBytes);
    observe('server_unavailable', '1 while the server does not take what is sent.', () =>
      this.#shipper.isTroubled ? 1 : 0,
    );
  }

  #createCollector(scratch: string, spool: Spool): Collector {
    const { logRoot: root, cluster, nodeName: node, log, metrics } = this.#options;
    return new Collector({
      root,
      cluster,
      node,
      scratch,
      spool,
      settings: this.#settings,
      clock: this.#clock,
      log,
      metrics: collectMetrics(metrics),
      onInstance: (tail) => this.#onInstance(tail),
      onEvent: () => this.#pause.endSoon(),
      onForgotten: (tail) => {
        this.#held.delete(tail);
        this.#state.remove({ directoryId: tail.origin.directoryId, key: tail.origin.key });
      },
    });
  }

  #createShipper(): Shipper {
    const { to, token, log, metrics, random = Math.random } = this.#options;
    return new Shipper({
      to,
      token: typeof token === 'string' ? () => token : token,
      settings: this.#settings,
      clock: this.#clock,
      random,
      log,
      metrics: shipMetrics(metrics),
      onNewEpoch: () => this.#onNewEpoch(),
      onProgress: () => this.#pause.end(),
    });
  }
}

function nameOf(directoryId: string, attempt: number): string {
  return `${directoryId} ${attempt}`;
}
