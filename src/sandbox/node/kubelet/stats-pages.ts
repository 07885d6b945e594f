import type { Clock } from '../../../base/clock.ts';
import { cadvisorPage } from '../stats/cadvisor-page.ts';
import { kubeletPage } from '../stats/kubelet-page.ts';
import { PodDisks } from '../stats/pod-disks.ts';
import type { ProcFiles } from '../stats/proc-files.ts';
import { resourcePage } from '../stats/resource-page.ts';
import type { ContainerSample, Sampler } from '../stats/sampler.ts';
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
  text: string;
}

const exposition = 'text/plain; version=0.0.4; charset=utf-8';

/** The pages about what the node and its pods use. */
export class StatsPages {
  #options: StatsPagesOptions;
  #disks: PodDisks;

  constructor(options: StatsPagesOptions) {
    this.#options = options;
    this.#disks = new PodDisks(options.clock, () => options.kubelet.pods.map((worker) => worker.directories));
  }

  /** Undefined where there is no such page. */
  async get(path: string, query: URLSearchParams): Promise<StatsPage | undefined> {
    const { sampler } = this.#options;
    if (path === '/metrics/resource') return { contentType: exposition, text: resourcePage(sampler.snapshot) };
    if (path === '/metrics/cadvisor') return { contentType: exposition, text: this.#cadvisor() };
    if (path === '/metrics') return { contentType: exposition, text: this.#kubelet() };
    if (path !== '/stats/summary') return undefined;
    const summary = await this.#summary(query.get('only_cpu_and_memory') === 'true');
    return { contentType: 'application/json', text: `${JSON.stringify(summary, undefined, 1)}\n` };
  }

  #cadvisor(): string {
    const { sampler, kubelet } = this.#options;
    const workers = new Map(kubelet.pods.map((worker) => [worker.pod.metadata.uid, worker]));
    return cadvisorPage({
      snapshot: sampler.snapshot,
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
