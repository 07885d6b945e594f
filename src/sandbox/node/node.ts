/** The door of the sandbox's node: kubelet and container runtime for processes of this machine. */

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/fault.ts';
import { type HeldLock, takeLock } from '../../base/lock.ts';
import type { ClusterAccess, KubernetesClient } from '../../kubernetes/client/client.ts';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { createReviews } from '../../kubernetes/delegate/delegate.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import { ClusterApi } from './kubelet/cluster-api.ts';
import type { CrashBackoffSettings } from './kubelet/crash-backoff.ts';
import {
  biggestUser,
  type DiskSettings,
  type DiskUsage,
  diskDefaults,
  evictionMessage,
  measureDisk,
  pressureOf,
} from './kubelet/disk-pressure.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { nodeObject, pressureTaint } from './kubelet/node-object.ts';
import type { Pod } from './kubelet/pod.ts';
import { logDirectoryName } from './kubelet/pod-files.ts';
import { KubeletServer } from './kubelet/server.ts';
import { StatsPages } from './kubelet/stats-pages.ts';
import { openRuntime, shutDownRuntime } from './runtime/launch.ts';
import { procFiles } from './stats/proc-files.ts';
import { Sampler, samplingIntervalDefaultMs } from './stats/sampler.ts';

export { evictPod } from './evict-pod.ts';
export { crashBackoffUpTo } from './kubelet/crash-backoff.ts';

export interface NodeOptions {
  dataDir: string;
  logRoot: string;
  nodeName: string;
  access: ClusterAccess;
  tls: { cert: string; key: string; clientCa: string };
  logMaxSizeBytes: number;
  logMaxFiles: number;
  log: Logger;
  metrics: MetricsRegistry;
  clock?: Clock;
  disk?: Partial<DiskSettings>;
  crashBackoff?: CrashBackoffSettings;
  /** How often the use of CPU and memory is read, at most. */
  samplingIntervalMs?: number;
}

export interface RunningNode {
  /** Of the kubelet's HTTPS API, on loopback. */
  port: number;
  /** With `stopPods`, ends every pod (their grace cut to seconds) and the runtime; without, they go on and are adopted later. */
  close(options: { stopPods: boolean }): Promise<void>;
}

const housekeepingMs = 10_000;
/** A Node whose status has not changed is reported this often. */
const heartbeatMs = 60_000;
const stopGraceMs = 3000;
/** As a kubelet's defaults: authentication.webhook.cacheTTL and authorization.webhook.cache(Un)AuthorizedTTL. */
const reviewSettings = { tokenTtlMs: 2 * 60_000, allowedTtlMs: 5 * 60_000, deniedTtlMs: 30_000 };

/** Throws Fault `already-locked` when another kubelet serves this data directory, `unavailable` when the runtime does not start. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { dataDir, nodeName, access, log, clock = systemClock } = options;
  const nodeDirectory = resolve(dataDir, 'node');
  const logRoot = resolve(options.logRoot);
  mkdirSync(nodeDirectory, { recursive: true, mode: 0o700 });
  const lock = takeLock(join(nodeDirectory, 'kubelet.lock'), 'this node directory');
  const client = createClient(access);
  const droppedEvents = options.metrics.counter(
    'taffrail_node_events_dropped_total',
    'Events that could not be recorded',
  );
  const api = new ClusterApi({ client, nodeName, clock, log, droppedEvents });
  const kubelet = new Kubelet({
    nodeDirectory,
    logRoot,
    nodeName,
    api,
    logSizeBytesMax: options.logMaxSizeBytes,
    logFilesMax: options.logMaxFiles,
    log,
    clock,
    ...(options.crashBackoff ? { crashBackoff: options.crashBackoff } : {}),
  });
  const sampler = new Sampler({
    intervalMs: options.samplingIntervalMs ?? samplingIntervalDefaultMs,
    files: procFiles,
    directory: logRoot,
    clock,
    log,
    containers: () => kubelet.records,
    isolation: () => kubelet.isolation,
  });
  const reviews = createReviews(client, { settings: reviewSettings, log, metrics: options.metrics, clock });
  const pages = new StatsPages({ nodeName, kubelet, sampler, files: procFiles, clock });
  const server = new KubeletServer({ kubelet, pages, reviews, nodeName, tls: options.tls, clock, log });
  try {
    const port = await server.listen();
    await kubelet.start();
    sampler.start();
    const keeper = new NodeKeeper(options, kubelet, api, logRoot, port, clock);
    await keeper.start();
    return { port, close: (how) => closeNode(how, { keeper, sampler, server, kubelet, client, lock }) };
  } catch (error) {
    sampler.stop();
    await server.close();
    await kubelet.close({ stopPods: false });
    client.close();
    lock.release();
    throw error;
  }
}

interface NodeParts {
  keeper: NodeKeeper;
  sampler: Sampler;
  server: KubeletServer;
  kubelet: Kubelet;
  client: KubernetesClient;
  lock: HeldLock;
}

async function closeNode(how: { stopPods: boolean }, parts: NodeParts): Promise<void> {
  const { keeper, sampler, server, kubelet, client, lock } = parts;
  keeper.stop();
  sampler.stop();
  await server.close();
  await kubelet.close(how);
  client.close();
  lock.release();
}

/** Reports the Node, and watches the log volume. */
class NodeKeeper {
  #options: NodeOptions;
  #disk: DiskSettings;
  #kubelet: Kubelet;
  #api: ClusterApi;
  #logRoot: string;
  #port: number;
  #clock: Clock;
  #since = new Map<string, { status: string; atMs: number }>();
  #pressureUntilMs = 0;
  #evictedUid: string | undefined;
  #reported = '';
  #reportedAtMs = 0;
  #renewedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #turning = false;

  constructor(options: NodeOptions, kubelet: Kubelet, api: ClusterApi, logRoot: string, port: number, clock: Clock) {
    this.#options = options;
    this.#disk = { ...diskDefaults, ...options.disk };
    this.#kubelet = kubelet;
    this.#api = api;
    this.#logRoot = logRoot;
    this.#port = port;
    this.#clock = clock;
    this.#observe();
  }

  async start(): Promise<void> {
    await this.#turn();
    const everyMs = Math.min(housekeepingMs, Math.max(100, this.#disk.pressureTransitionMs / 2));
    this.#timer = setInterval(() => void this.#turn(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #turn(): Promise<void> {
    if (this.#turning) return;
    this.#turning = true;
    try {
      await this.#readStats();
      this.#relieveDisk();
      await this.#report();
      await this.#renewLease();
    } catch (error) {
      this.#options.log.warn('the node could not be reported', { error: messageOf(error) });
    } finally {
      this.#turning = false;
    }
  }

  #relieveDisk(): void {
    const usage = measureDisk(this.#logRoot);
    const pressure = pressureOf(usage, this.#disk);
    const nowMs = this.#clock.nowMs();
    if (pressure) {
      this.#pressureUntilMs = nowMs + this.#disk.pressureTransitionMs;
      this.#evictBiggest(usage, pressure);
    }
    this.#kubelet.refuseNewPods(nowMs < this.#pressureUntilMs);
  }

  /** One at a time: the next one only if the pressure stays after the files of the last one have gone. */
  #evictBiggest(usage: DiskUsage, pressure: { threshold: number; available: number }): void {
    const pods = this.#kubelet.pods.map(({ pod }) => pod);
    const isEvicted = ({ metadata, status }: Pod) => metadata.uid === this.#evictedUid || status?.reason === 'Evicted';
    if (pods.some((pod) => isEvicted(pod) && usage.byPodDirectory.has(logDirectoryName(pod)))) return;
    const victim = biggestUser(pods, usage);
    if (!victim) return;
    this.#evictedUid = victim.pod.metadata.uid;
    this.#kubelet.evict(this.#evictedUid, evictionMessage(victim.pod, victim.bytes, pressure), 0);
  }

  async #report(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const { runtimeReady } = this.#kubelet;
    const diskPressure = nowMs < this.#pressureUntilMs;
    const key = `${runtimeReady} ${diskPressure}`;
    if (key === this.#reported && nowMs - this.#reportedAtMs < heartbeatMs) return;
    const facts = { name: this.#options.nodeName, kubeletPort: this.#port, logRoot: this.#logRoot, since: this.#since };
    await this.#api.writeNode(nodeObject({ ...facts, runtimeReady, diskPressure, nowMs }), pressureTaint, diskPressure);
    this.#reported = key;
    this.#reportedAtMs = nowMs;
  }

  async #renewLease(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#renewedAtMs < housekeepingMs) return;
    await this.#api.renewLease(this.#options.nodeName);
    this.#renewedAtMs = nowMs;
  }

  #stats = { logBytes: 0, lostBytes: 0, pauses: 0, pendingBytes: 0 };

  async #readStats(): Promise<void> {
    this.#stats = (await this.#kubelet.runtimeStats()) ?? this.#stats;
  }

  #observe(): void {
    const { metrics } = this.#options;
    metrics.observe('taffrail_node_pods', 'Pods that this node looks after', () => this.#kubelet.pods.length);
    metrics.observe(
      'taffrail_node_log_bytes',
      'Bytes that containers wrote since the runtime started',
      () => this.#stats.logBytes,
    );
    metrics.observe(
      'taffrail_node_log_lost_bytes',
      'Output lost because the log volume stayed full',
      () => this.#stats.lostBytes,
    );
    metrics.observe(
      'taffrail_node_log_pauses',
      'How often output was held back by a full log volume',
      () => this.#stats.pauses,
    );
    metrics.observe(
      'taffrail_node_log_pending_bytes',
      'Output that waits for room on the log volume',
      () => this.#stats.pendingBytes,
    );
  }
}

/** Ends the container runtime of a data directory and every pod in it, as `taffrail down` does. False when none runs. */
export async function stopRuntime(dataDir: string): Promise<boolean> {
  const client = await openRuntime(resolve(dataDir, 'node'));
  if (!client) return false;
  await shutDownRuntime(client, systemClock, stopGraceMs);
  client.close();
  return true;
}
