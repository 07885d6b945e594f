/** For tests: a kubelet with a real runtime, and an API server that is only memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { silentLogger } from '../../../telemetry/telemetry.ts';
import { openRuntime, shutDownRuntime } from '../runtime/launch.ts';
import { until } from '../runtime/runtime-fixture.ts';
import type { KubeletApi, NodeEvent, PodHandlers } from './api.ts';
import { Kubelet } from './kubelet.ts';
import type { ContainerStatus, Pod, PodSpec, PodStatus } from './pod.ts';

/** Invariant: what the kubelet writes comes back to it through the watch, as from an API server. */
export class MemoryApi implements KubeletApi {
  pods = new Map<string, Pod>();
  events: NodeEvent[] = [];
  configMaps = new Map<string, Record<string, string>>();
  history: PodStatus[] = [];
  #handlers: PodHandlers | undefined;

  watchPods(handlers: PodHandlers, signal: AbortSignal): Promise<void> {
    this.#handlers = handlers;
    for (const pod of this.pods.values()) handlers.onUpsert(pod);
    handlers.onSynced();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  put(pod: Pod): void {
    this.pods.set(pod.metadata.name, pod);
    this.#handlers?.onUpsert(pod);
  }

  /** As when somebody deletes with --force: the object is gone before its containers are. */
  vanish(name: string): void {
    const pod = this.pods.get(name);
    this.pods.delete(name);
    if (pod) this.#handlers?.onDelete(pod);
  }

  delete(name: string, graceSeconds: number): void {
    const pod = this.pods.get(name) as Pod;
    const deletion = { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: graceSeconds };
    this.put({ ...pod, metadata: { ...pod.metadata, ...deletion } });
  }

  async writeStatus(pod: Pod, status: PodStatus): Promise<boolean> {
    const held = this.pods.get(pod.metadata.name);
    if (held?.metadata.uid !== pod.metadata.uid) return false;
    this.history.push(status);
    setImmediate(() => {
      const now = this.pods.get(pod.metadata.name);
      if (now?.metadata.uid === pod.metadata.uid) this.put({ ...now, status });
    });
    return true;
  }

  async finishDeletion(pod: Pod): Promise<void> {
    this.vanish(pod.metadata.name);
  }

  async configMap(_: string, name: string): Promise<KubeObject | undefined> {
    const data = this.configMaps.get(name);
    return data && { kind: 'ConfigMap', metadata: { name }, data };
  }

  async secret(): Promise<undefined> {}
  async writeNode(): Promise<void> {}
  async renewLease(): Promise<void> {}

  record(event: NodeEvent): void {
    this.events.push(event);
  }
}

export class KubeletFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'taffrail-kubelet-'));
  readonly logRoot = join(this.directory, 'log', 'pods');
  readonly api = new MemoryApi();
  kubelet!: Kubelet;

  static async start(t: TestContext): Promise<KubeletFixture> {
    const fixture = new KubeletFixture();
    t.after(async () => {
      await fixture.kubelet.close({ stopPods: false });
      const client = await openRuntime(fixture.directory);
      if (client) await shutDownRuntime(client, systemClock, 0);
      client?.close();
      rmSync(fixture.directory, { recursive: true, force: true });
    });
    await fixture.startKubelet();
    return fixture;
  }

  async startKubelet(): Promise<void> {
    this.kubelet = new Kubelet({
      nodeDirectory: this.directory,
      logRoot: this.logRoot,
      nodeName: 'node-1',
      api: this.api,
      logSizeBytesMax: 10 * 1024 * 1024,
      logFilesMax: 5,
      log: silentLogger,
      clock: systemClock,
      removalDelayMs: 50,
      crashBackoff: { initialMs: 200, delayMsMax: 400, resetAfterMs: 600_000 },
    });
    await this.kubelet.start();
  }

  add(name: string, spec: PodSpec, more: Partial<Pod['metadata']> = {}): void {
    this.api.put({ metadata: { name, namespace: 'default', uid: `uid-of-${name}`, ...more }, spec });
  }

  status(name: string): PodStatus | undefined {
    return this.api.pods.get(name)?.status;
  }

  container(name: string, container = 'c'): ContainerStatus | undefined {
    const { initContainerStatuses = [], containerStatuses = [] } = this.status(name) ?? {};
    return [...initContainerStatuses, ...containerStatuses].find((status) => status.name === container);
  }

  async until(condition: () => unknown): Promise<void> {
    await until(condition);
  }

  logDirectory(name: string): string {
    return join(this.logRoot, `default_${name}_uid-of-${name}`);
  }

  reasons(name: string): string[] {
    return this.api.events.filter(({ object }) => object.name === name).map(({ reason }) => reason);
  }
}

/** A container that runs a shell script. */
export function sh(name: string, script: string): { name: string; image: string; command: string[] } {
  return { name, image: 'none', command: ['sh', '-c', script] };
}
