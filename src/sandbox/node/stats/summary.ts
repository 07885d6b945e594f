import type { Figures } from './figures.ts';
import type { FileSystem, MachineFacts } from './machine-facts.ts';
import type { InterfaceCounters } from './proc-text.ts';
import type { ContainerSample, PodSample, Snapshot } from './sampler.ts';
import { known } from './sums.ts';

export interface DiskUse {
  usedBytes: number;
  inodesUsed: number;
}

/** What a pod has on the node's disk. */
export interface PodDisk {
  timeMs: number;
  volumes: { name: string; use: DiskUse }[];
  /** By the container's name. */
  logs: Map<string, DiskUse>;
}

export interface SummaryInputs {
  nodeName: string;
  snapshot: Snapshot;
  /** Left out where only CPU and memory are asked for. */
  full?: { disks: Map<string, PodDisk>; nowMs: number; processes: { max: number; running: number } };
}

/** `/stats/summary`: Summary of k8s.io/kubelet/pkg/apis/stats/v1alpha1, its fields in their order. */
export function summaryOf({ nodeName, snapshot, full }: SummaryInputs): object {
  const { node, allPods, pods, interfaces, machine } = snapshot;
  const startTime = seconds(machine.bootTimeSeconds * 1000);
  const systemContainers = allPods ? [{ name: 'pods', startTime, ...usage(allPods) }] : undefined;
  const { swap, ...used } = node ? usage(node) : {};
  return {
    node: known({
      nodeName,
      systemContainers,
      startTime,
      ...used,
      network: full && node ? network(interfaces, node.timeMs) : undefined,
      fs: full ? fileSystem(machine.disk, full.nowMs) : undefined,
      runtime: full ? runtime(machine.disk, full.nowMs) : undefined,
      rlimit: full
        ? { time: seconds(full.nowMs), maxpid: full.processes.max, curproc: full.processes.running }
        : undefined,
      swap,
    }),
    pods: pods.map((pod) => podStats(pod, machine, full?.disks.get(pod.uid))),
  };
}

function podStats(pod: PodSample, machine: MachineFacts, disk: PodDisk | undefined): object {
  const { namespace, name, uid, figures, containers } = pod;
  const { swap, ...used } = usage(figures);
  const use = (each: DiskUse) => fileSystem(machine.disk, disk?.timeMs ?? 0, each);
  return known({
    podRef: { name, namespace, uid },
    startTime: seconds(pod.startedAtMs),
    containers: containers.map((sample) => containerStats(sample, machine, disk)),
    ...used,
    volume:
      disk && disk.volumes.length > 0 ? disk.volumes.map(({ name, use: each }) => ({ ...use(each), name })) : undefined,
    'ephemeral-storage': disk
      ? use(total([...disk.volumes.map((volume) => volume.use), ...disk.logs.values()]))
      : undefined,
    process_stats: disk && figures.processes !== undefined ? { process_count: figures.processes } : undefined,
    swap,
  });
}

function containerStats(
  { record, figures }: ContainerSample,
  machine: MachineFacts,
  disk: PodDisk | undefined,
): object {
  const { swap, ...used } = usage(figures);
  const logs = disk?.logs.get(record.name);
  return known({
    name: record.name,
    startTime: seconds(record.startedAtMs ?? record.createdAtMs),
    ...used,
    logs: disk && logs ? fileSystem(machine.disk, disk.timeMs, logs) : undefined,
    swap,
  });
}

function usage({ timeMs, cpu, memory, limits }: Figures) {
  const time = seconds(timeMs);
  const limit = limits?.memoryLimitBytes;
  return known({
    cpu: known({
      time,
      usageNanoCores: cpu.nanocores,
      usageCoreNanoSeconds: Math.round(cpu.totalSeconds * 1e9),
    }),
    memory: known({
      time,
      availableBytes: limit === undefined ? undefined : Math.max(0, limit - memory.workingSetBytes),
      usageBytes: memory.usageBytes,
      workingSetBytes: memory.workingSetBytes,
      rssBytes: memory.rssBytes,
      pageFaults: memory.pageFaults,
      majorPageFaults: memory.majorPageFaults,
    }),
    swap: memory.swapBytes === undefined ? undefined : { time, swapUsageBytes: memory.swapBytes },
  });
}

function network(interfaces: readonly InterfaceCounters[], timeMs: number): object {
  const stats = (each: InterfaceCounters) => ({
    name: each.name,
    rxBytes: each.receiveBytes,
    rxErrors: each.receiveErrors,
    txBytes: each.transmitBytes,
    txErrors: each.transmitErrors,
  });
  const outward = interfaces.filter(({ name }) => name !== 'lo');
  // The kubelet takes the interface of its default route for the node's own.
  const own = outward.find(({ name }) => name === 'eth0') ?? outward[0];
  return { time: seconds(timeMs), ...(own ? stats(own) : { name: '' }), interfaces: outward.map(stats) };
}

/** Of a whole file system, or of what a part of it uses. */
function fileSystem(disk: FileSystem, timeMs: number, use?: DiskUse): object {
  const { availableBytes, capacityBytes, inodes, inodesFree } = disk;
  const usedBytes = use?.usedBytes ?? disk.usedBytes;
  const inodesUsed = use?.inodesUsed ?? inodes - inodesFree;
  return { time: seconds(timeMs), availableBytes, capacityBytes, usedBytes, inodesFree, inodes, inodesUsed };
}

/** There are no images, and no layer that a container writes into: its tree is the machine's. */
function runtime(disk: FileSystem, timeMs: number): object {
  const none = fileSystem(disk, timeMs, { usedBytes: 0, inodesUsed: 0 });
  return { imageFs: none, containerFs: none };
}

function total(uses: readonly DiskUse[]): DiskUse {
  return uses.reduce(
    (sum, { usedBytes, inodesUsed }) => ({
      usedBytes: sum.usedBytes + usedBytes,
      inodesUsed: sum.inodesUsed + inodesUsed,
    }),
    { usedBytes: 0, inodesUsed: 0 },
  );
}

/** As metav1.Time: whole seconds. */
function seconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, -5)}Z`;
}
