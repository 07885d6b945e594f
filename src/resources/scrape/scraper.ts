import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { NodeMetrics, PodMetrics, ResourceScraper, Why } from '../resources.ts';
import { windowLimits } from '../window/window.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { type KubeletAccess, KubeletCredentials } from './kubelet-access.ts';
import { KubeletClient } from './kubelet-client.ts';
import { NodeDirectory } from './node-directory.ts';
import type { NodeTarget } from './node-target.ts';
import { PodDirectory } from './pod-directory.ts';
import { Reading } from './reading.ts';
import type { ResourceScraperParts } from './scrape.ts';
import { ScrapeMetrics } from './scrape-metrics.ts';
import type { ScrapeSettings } from './settings.ts';

/** Connections, caches and columns are made in these. */
const firstRounds = 2;
/** A round that begins later than this, after the one before, is late: as metrics-server has it. */
const lateResolutions = 1.5;
/** From node to node it is less, and a signal costs more than the rest of such a sleep: the end of the scraper waits for it. */
const unwokenMsMax = 100;

/** The heartbeat: every resolution, every node is asked once, each at its own time within the round. */
export class Scraper implements ResourceScraper {
  readonly #settings: ScrapeSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #metrics: ScrapeMetrics;
  readonly #credentials: KubeletCredentials;
  readonly #kubelets: KubeletClient;
  readonly #nodes: NodeDirectory;
  readonly #watch: ClusterWatch;
  readonly #reading: Reading;
  readonly #relieve: () => void;
  #rounds = 0;
  /** NaN until nodes are known. */
  #roundStartedMs = Number.NaN;
  readonly #life = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: ResourceScraperParts) {
    const { client, settings, clock, random } = parts;
    this.#settings = settings;
    this.#relieve = parts.relieve ?? (() => {});
    this.#clock = clock;
    this.#log = parts.log.with({ part: 'resources' });
    this.#metrics = new ScrapeMetrics(parts.metrics);
    this.#credentials = new KubeletCredentials(client.access, settings);
    const monotonicMs = () => clock.monotonicMs();
    this.#kubelets = new KubeletClient(settings, monotonicMs);
    const limits = windowLimits(settings.resolutionMs);
    this.#nodes = new NodeDirectory(settings.nodeSelector, { limits, random, monotonicMs, log: this.#log });
    const pods = new PodDirectory();
    const shared = { nodes: this.#nodes, pods, metrics: this.#metrics };
    this.#watch = new ClusterWatch({
      client,
      settings,
      clock,
      random,
      log: this.#log,
      relieve: this.#relieve,
      ...shared,
    });
    this.#reading = new Reading({ ...shared, watch: this.#watch, monotonicMs });
  }

  start(): void {
    const { signal } = this.#life;
    this.#running = Promise.all([this.#watch.run(signal), this.#run(signal)]);
  }

  async close(): Promise<void> {
    const reason = new Fault('unavailable', 'the scraper is stopping');
    this.#life.abort(reason);
    this.#kubelets.stop(reason);
    await this.#running;
    this.#kubelets.close();
  }

  nodes(): Iterable<NodeMetrics> {
    return this.#reading.nodes();
  }

  node(name: string): NodeMetrics | undefined {
    return this.#reading.node(name);
  }

  pods(namespace: string | undefined): Iterable<PodMetrics> {
    return this.#reading.pods(namespace);
  }

  pod(namespace: string, name: string): PodMetrics | undefined {
    return this.#reading.pod(namespace, name);
  }

  whyNode(name: string): Why {
    return this.#reading.whyNode(name);
  }

  whyPod(namespace: string, name: string): Why {
    return this.#reading.whyPod(namespace, name);
  }

  ready(): true | string {
    return this.#reading.ready();
  }

  timely(): true | string {
    const waitedMs = this.#clock.monotonicMs() - this.#roundStartedMs;
    if (!(waitedMs > lateResolutions * this.#settings.resolutionMs)) return true;
    return `no round of scrapes has begun for ${(waitedMs / 1000).toFixed(1)} s`;
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#watch.untilNodesSynced(signal);
    const rounds = new Set<Promise<void>>();
    while (!signal.aborted) {
      const startedMs = this.#clock.monotonicMs();
      this.#roundStartedMs = startedMs;
      const round: Promise<void> = this.#round(startedMs, signal).finally(() => rounds.delete(round));
      rounds.add(round);
      await this.#sleepUntil(startedMs + this.#settings.resolutionMs, signal);
    }
    await Promise.all(rounds);
  }

  async #round(startedMs: number, signal: AbortSignal): Promise<void> {
    const spreadMs = this.#settings.resolutionMs * this.#settings.spreadShare;
    let access: KubeletAccess;
    try {
      access = await this.#credentials.now();
    } catch (error) {
      this.#log.error('kubelets cannot be asked in this round', { error: messageOf(error) });
      return;
    }
    this.#kubelets.beginRound();
    const scrapes: Promise<void>[] = [];
    for (const target of this.#nodes.round()) {
      await this.#sleepUntil(startedMs + target.phase * spreadMs, signal);
      if (signal.aborted) break;
      scrapes.push(this.#scrape(target, access, signal));
    }
    await Promise.all(scrapes);
    if (signal.aborted) return;
    this.#metrics.roundEnded((this.#clock.monotonicMs() - startedMs) / 1000);
    await this.#reading.countUnserved();
    // Later rounds leave little, and a heap that has been made small is collected often.
    if (this.#rounds++ < firstRounds) this.#relieve();
  }

  /** Asks one kubelet and reads what it says into its window. Rejects never. */
  async #scrape(target: NodeTarget, access: KubeletAccess, signal: AbortSignal): Promise<void> {
    const { endpoint } = target;
    if (target.isBusy || !endpoint) {
      this.#metrics.skipped();
      return;
    }
    target.isBusy = true;
    try {
      const at = { wallMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() };
      await this.#kubelets.page(endpoint, access, async (page) => {
        this.#metrics.scraped(await target.read(page, at, nextTurn), page.length);
      });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (signal.aborted) return;
      this.#metrics.failed();
      target.failed(error);
    } finally {
      target.isBusy = false;
      target.wasTried = true;
    }
  }

  async #sleepUntil(atMs: number, signal: AbortSignal): Promise<void> {
    const delayMs = atMs - this.#clock.monotonicMs();
    if (delayMs <= 0) return;
    if (delayMs < unwokenMsMax) await this.#clock.sleep(delayMs);
    else await this.#clock.sleep(delayMs, signal).catch(() => {});
  }
}
