import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backoffMs } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/fault.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { adoptOrStartRuntime, shutDownRuntime } from '../runtime/launch.ts';
import type { ContainerRecord, Isolation, RuntimeStats } from '../runtime/protocol.ts';
import { type RuntimeClient, RuntimeGone } from '../runtime/runtime-client.ts';
import type { KubeletApi } from './api.ts';
import { type CrashBackoffSettings, crashBackoffDefaults } from './crash-backoff.ts';
import type { Pod } from './pod.ts';
import { type CallRuntime, PodWorker } from './pod-worker.ts';

export interface KubeletOptions {
  nodeDirectory: string;
  logRoot: string;
  nodeName: string;
  api: KubeletApi;
  logSizeBytesMax: number;
  logFilesMax: number;
  log: Logger;
  clock: Clock;
  crashBackoff?: CrashBackoffSettings;
  removalDelayMs?: number;
}

/** On shutdown every pod's grace is cut to this. */
const shutdownGraceMs = 3000;
const removalDelayDefaultMs = 1000;
const evictionAnnotation = 'sandbox.taffrail.dev/evict';
const runtimeBackoff = { initialMs: 200, delayMsMax: 10_000 };

/**
 * Runs the pods that the API server binds to this node. Invariant: every pod that was seen and is not gone has one
 * worker, which is told of every change of its object and of its containers.
 */
export class Kubelet {
  #options: KubeletOptions;
  #runtime: RuntimeClient | undefined;
  #isolation: Isolation = {
    mounts: false,
    pids: false,
    users: false,
    proc: false,
    identities: false,
    parentDeathSignal: false,
  };
  #workers = new Map<string, PodWorker>();
  #records = new Map<string, ContainerRecord>();
  #stop = new AbortController();
  #watching: Promise<void> | undefined;
  #keeping: Promise<void> | undefined;
  #refusing = false;

  constructor(options: KubeletOptions) {
    this.#options = options;
    mkdirSync(join(options.nodeDirectory, 'pods'), { recursive: true, mode: 0o700 });
    mkdirSync(options.logRoot, { recursive: true });
  }

  /** Resolves when the runtime is there; pods follow as the API server tells of them. */
  async start(): Promise<void> {
    await this.#connect();
    this.#keeping = this.#keepRuntime();
    const handlers = {
      onUpsert: (pod: Pod) => this.#upsert(pod),
      onDelete: (pod: Pod) =>
        this.#workers.get(pod.metadata.uid)?.end({ kind: 'vanished', graceMs: vanishedGraceMs(pod) }),
      onSynced: () => this.#removeOrphans(),
    };
    this.#watching = this.#options.api.watchPods(handlers, this.#stop.signal);
  }

  get pods(): PodWorker[] {
    return [...this.#workers.values()];
  }

  podNamed(namespace: string, name: string): PodWorker | undefined {
    // The newest: one that is ending may have the same name.
    return this.pods.findLast(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);
  }

  get runtimeReady(): boolean {
    return this.#runtime !== undefined;
  }

  /** Of every container that the runtime knows. */
  get records(): ContainerRecord[] {
    return [...this.#records.values()];
  }

  get isolation(): Isolation {
    return this.#isolation;
  }

  call: CallRuntime = (method, params) => this.#runtime?.call(method, params) ?? Promise.reject(new RuntimeGone());

  async runtimeStats(): Promise<RuntimeStats | undefined> {
    return this.call('stats', {}).catch(() => undefined);
  }

  /** Under disk pressure no new pod is admitted. */
  refuseNewPods(refuse: boolean): void {
    this.#refusing = refuse;
  }

  evict(uid: string, message: string, graceMs: number): boolean {
    const worker = this.#workers.get(uid);
    if (!worker) return false;
    const { metadata } = worker.pod;
    this.#options.api.record({
      object: { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid },
      type: 'Warning',
      reason: 'Evicted',
      message,
    });
    worker.end({ kind: 'evicted', graceMs, message });
    return true;
  }

  async close({ stopPods }: { stopPods: boolean }): Promise<void> {
    this.#stop.abort();
    const closing = this.pods.map((worker) => worker.close());
    // Workers may wait for a container that is being stopped: the runtime's end, or ours, ends the waiting.
    if (stopPods && this.#runtime)
      await shutDownRuntime(this.#runtime, this.#options.clock, shutdownGraceMs).catch(() => {});
    this.#runtime?.close();
    await Promise.allSettled([...closing, this.#watching, this.#keeping]);
  }

  #upsert(pod: Pod): void {
    const { uid } = pod.metadata;
    let worker = this.#workers.get(uid);
    if (worker) worker.update(pod);
    else {
      worker = this.#newWorker(pod);
      this.#workers.set(uid, worker);
      const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      if (this.#refusing && !over && this.#recordsOf(uid).length === 0) {
        worker.end({ kind: 'evicted', graceMs: 0, message: 'The node had condition: [DiskPressure]. ' });
      }
      worker.wake();
    }
    const message = pod.metadata.annotations?.[evictionAnnotation];
    if (message !== undefined && pod.status?.phase !== 'Failed') this.#evictOnce(worker, message);
  }

  #asked = new Set<string>();
  #evictOnce(worker: PodWorker, message: string): void {
    const { uid } = worker.pod.metadata;
    if (this.#asked.has(uid)) return;
    this.#asked.add(uid);
    const graceMs = (worker.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    this.evict(uid, message === '' ? 'The pod was evicted on request. ' : message, Math.min(graceMs, shutdownGraceMs));
  }

  #newWorker(pod: Pod): PodWorker {
    const { api, clock, log, logRoot, nodeName, nodeDirectory, logSizeBytesMax, logFilesMax } = this.#options;
    return new PodWorker(pod, this.#recordsOf(pod.metadata.uid), {
      api,
      call: this.call,
      isolation: () => this.#isolation,
      clock,
      log,
      sources: { api, nodeName },
      logRoot,
      podsDirectory: join(nodeDirectory, 'pods'),
      logSizeBytesMax,
      logFilesMax,
      crashBackoff: this.#options.crashBackoff ?? crashBackoffDefaults,
      removalDelayMs: this.#options.removalDelayMs ?? removalDelayDefaultMs,
      onGone: (uid) => {
        this.#workers.delete(uid);
        this.#asked.delete(uid);
        for (const { id } of this.#recordsOf(uid)) this.#records.delete(id);
      },
    });
  }

  #recordsOf(uid: string): ContainerRecord[] {
    return [...this.#records.values()].filter(({ podUid }) => podUid === uid);
  }

  #onContainer(record: ContainerRecord): void {
    this.#records.set(record.id, record);
    this.#workers.get(record.podUid)?.onContainer(record);
  }

  /** Containers and files of pods that the API server no longer knows (deleted while the kubelet was away) are ended and forgotten. */
  #removeOrphans(): void {
    const orphans = new Map<string, ContainerRecord[]>();
    for (const record of this.#records.values()) {
      if (this.#workers.has(record.podUid)) continue;
      orphans.set(record.podUid, [...(orphans.get(record.podUid) ?? []), record]);
    }
    for (const records of orphans.values()) {
      const { podUid, podNamespace, podName } = records[0] as ContainerRecord;
      const metadata = { uid: podUid, namespace: podNamespace, name: podName };
      const containers = [...new Set(records.map(({ name }) => name))].map((name) => ({ name }));
      const worker = this.#newWorker({ metadata, spec: { containers } });
      this.#workers.set(podUid, worker);
      worker.end({ kind: 'vanished', graceMs: vanishedGraceMs(worker.pod) });
    }
    const { logRoot, nodeDirectory } = this.#options;
    const known = [...this.#workers.keys()];
    for (const name of readdirSync(logRoot)) {
      const ours = /^[^_]+_[^_]+_[^_]+$/.test(name);
      if (ours && !known.some((uid) => name.endsWith(`_${uid}`))) rmSync(join(logRoot, name), { recursive: true });
    }
    for (const uid of readdirSync(join(nodeDirectory, 'pods'))) {
      if (!known.includes(uid)) rmSync(join(nodeDirectory, 'pods', uid), { recursive: true });
    }
  }

  /** The runtime's death is a node's crash: another one is started, and pods are restarted by their policy. */
  async #keepRuntime(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      await this.#runtime?.closed;
      this.#runtime = undefined;
      if (this.#stop.signal.aborted) return;
      this.#options.log.warn('the container runtime has gone away; starting another one');
      try {
        await this.#connect();
        failures = 0;
      } catch (error) {
        this.#options.log.error('the container runtime cannot be started', { error: messageOf(error) });
        await this.#options.clock.sleep(backoffMs(failures++, runtimeBackoff), this.#stop.signal).catch(() => {});
      }
    }
  }

  async #connect(): Promise<void> {
    const { nodeDirectory, clock, log } = this.#options;
    const { client, adopted } = await adoptOrStartRuntime(nodeDirectory, clock, (record) => this.#onContainer(record));
    const { isolation, pid } = await client.call('version', {});
    const records = await client.call('list', {});
    this.#isolation = isolation;
    this.#runtime = client;
    this.#records = new Map(records.map((record) => [record.id, record]));
    log.info(adopted ? 'adopted the running container runtime' : 'started a container runtime', { pid });
    if (isolation.reason) log.warn(isolation.reason);
    log.info(whereFiguresComeFrom(isolation));
    for (const worker of this.#workers.values()) worker.replaceRecords(this.#recordsOf(worker.pod.metadata.uid));
  }
}

export function evictionRequest(message: string): { metadata: { annotations: Record<string, string> } } {
  return { metadata: { annotations: { [evictionAnnotation]: message } } };
}

function vanishedGraceMs(pod: Pod): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? 1) * 1000;
}

function whereFiguresComeFrom({ cgroups }: Isolation): string {
  if (typeof cgroups === 'object') {
    return `containers are accounted and limited by cgroups version ${cgroups.version} (${cgroups.controllers.join(', ')})`;
  }
  const why = cgroups === undefined ? '' : ` (${cgroups})`;
  return `what containers use is read from /proc, and their limits are not enforced: there are no cgroups here${why}`;
}
