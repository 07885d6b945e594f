import type { Clock } from '../../../base/clock.ts';
import { cadvisorPage } from '../stats/cadvisor-page.ts';
import { kubeletPage } from '../stats/kubelet-page.ts';
import { PodDisks } from '../stats/pod-disks.ts';
import type { ProcFiles } from '../stats/proc-files.ts';
import { resourcePage } from '../stats/resource-page.ts';
import type { ContainerSample, Sampler, Snapshot } from '../stats/sampler.ts';
import { summaryOf } from '../stats/summary.ts';
import type { Kubelet } from './kubelet.ts';
import { containersOf } from './pod.ts';
import type { PodWorker } from './pod-worker.ts';
import { qosClassOf } from './qos.ts';

export interface StatsPagesOptions {
  nodeName: string;
  kubelet: Kubelet;
  sampler: Sampler;
  files: ProcFiles;
  clock: Clock;
}

export interface StatsPage {
  contentType: string;
  body: Buffer;
}

const exposition = 'text/plain; version=0.0.4; charset=utf-8';

/** The pages about what the node and its pods use. */
export class StatsPages {
  #options: StatsPagesOptions;
  #disks: PodDisks;
  /** Of the latest snapshot; however many read them, slowly even, their bytes are there once. */
  #written = new Map<string, { snapshot: Snapshot; page: StatsPage }>();

  constructor(options: StatsPagesOptions) {
    this.#options = options;
    this.#disks = new PodDisks(options.clock, () => options.kubelet.pods.map((worker) => worker.directories));
  }

  /** Undefined where there is no such page. */
  async get(path: string, query: URLSearchParams): Promise<StatsPage | undefined> {
    if (path === '/metrics/resource') return this.#once(path, resourcePage);
    if (path === '/metrics/cadvisor') return this.#once(path, (snapshot) => this.#cadvisor(snapshot));
    if (path === '/metrics') return { contentType: exposition, body: Buffer.from(this.#kubelet()) };
    if (path !== '/stats/summary') return undefined;
    const summary = await this.#summary(query.get('only_cpu_and_memory') === 'true');
    return { contentType: 'application/json', body: Buffer.from(`${JSON.stringify(summary, undefined, 1)}\n`) };
  }

  #once(path: string, write: (snapshot: Snapshot) => string): StatsPage {
    const { snapshot } = this.#options.sampler;
    const written = this.#written.get(path);
    if (written?.snapshot === snapshot) return written.page;
    const page = { contentType: exposition, body: Buffer.from(write(snapshot)) };
    this.#written.set(path, { snapshot, page });
    return page;
  }

  #cadvisor(snapshot: Snapshot): string {
    const { kubelet } = this.#options;
    const workers = new Map(kubelet.pods.map((worker) => [worker.pod.metadata.uid, worker]));
    return cadvisorPage({
      snapshot,
      qosOf: (uid) => qosOf(workers.get(uid)),
      imageOf: (sample) => imageOf(workers.get(sample.record.podUid), sample),
    });
  }

  #kubelet(): string {
    const { nodeName, kubelet, sampler, files } = this.#options;
    const { bootTimeSeconds } = sampler.snapshot.machine;
    return kubeletPage({ nodeName, records: kubelet.records, sampler, files, bootTimeSeconds });
  }

  async #summary(onlyCpuAndMemory: boolean): Promise<object> {
    const { nodeName, sampler, clock, files } = this.#options;
    const inputs = { nodeName, snapshot: sampler.snapshot };
    if (onlyCpuAndMemory) return summaryOf(inputs);
    const disks = await this.#disks.get();
    const tasks = /^\S+ \S+ \S+ \d+\/(\d+)/.exec(files.read('loadavg') ?? '')?.[1];
    const max = Number.parseInt(files.read('sys/kernel/pid_max') ?? '', 10);
    const processes = { max: max || 0, running: Number(tasks ?? 0) };
    return summaryOf({ ...inputs, full: { disks, nowMs: clock.nowMs(), processes } });
  }
}

function qosOf(worker: PodWorker | undefined): string {
  return worker ? qosClassOf(worker.pod) : 'BestEffort';
}

function imageOf(worker: PodWorker | undefined, { record }: ContainerSample): string {
  const containers = worker ? containersOf(worker.pod) : [];
  return containers.find(({ name }) => name === record.name)?.image ?? '';
}
