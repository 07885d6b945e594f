import { CadvisorLabels } from './cadvisor-labels.ts';
import type { Figures } from './figures.ts';
import type { MachineFacts } from './machine-facts.ts';
import { type Family, labelsText, Page } from './page.ts';
import type { InterfaceCounters } from './proc-text.ts';
import type { ContainerSample, PodSample, Snapshot } from './sampler.ts';

export interface CadvisorInputs {
  snapshot: Snapshot;
  /** A pod's quality-of-service class decides where its cgroup is. */
  qosOf(podUid: string): string;
  imageOf(sample: ContainerSample): string;
}

const cfsPeriodDefaultUs = 100_000;

/**
 * `/metrics/cadvisor`, with names, types, help and labels as of cAdvisor 0.52 in a kubelet 1.33: containers, the pods' own slices,
 * the slice of all pods, and the machine as `/`. What is not known on this machine is left out.
 */
export function cadvisorPage({ snapshot, qosOf, imageOf }: CadvisorInputs): string {
  const page = new Page();
  const families = declared(page);
  const { node, pods, interfaces, machine } = snapshot;
  if (node) {
    const labels = new CadvisorLabels({ id: '/' });
    writeFigures(families, labels, node);
    writeInterfaces(families, labels, interfaces, node.timeMs);
    families.start(labels.text, machine.bootTimeSeconds);
    writeDisk(families, labels, machine, node.timeMs);
  }
  if (snapshot.allPods) writeFigures(families, new CadvisorLabels({ id: '/kubepods' }), snapshot.allPods);
  for (const pod of pods) {
    const id = podSlice(pod.uid, qosOf(pod.uid));
    const labels = new CadvisorLabels({ id, namespace: pod.namespace, pod: pod.name });
    writeFigures(families, labels, pod.figures);
    families.start(labels.text, Math.floor(pod.startedAtMs / 1000));
    for (const sample of pod.containers) writeContainer(families, pod, sample, id, imageOf(sample));
  }
  writeMachine(page, machine);
  families.failed('', node ? 0 : 1);
  return page.toString();
}

function podSlice(uid: string, qos: string): string {
  return qos === 'Guaranteed' ? `/kubepods/pod${uid}` : `/kubepods/${qos.toLowerCase()}/pod${uid}`;
}

function writeContainer(
  families: Families,
  pod: PodSample,
  { record, figures }: ContainerSample,
  podId: string,
  image: string,
): void {
  const { id: name, name: container } = record;
  const { namespace, name: podName } = pod;
  const all = new CadvisorLabels({ container, id: `${podId}/${name}`, image, name, namespace, pod: podName });
  writeFigures(families, all, figures);
  const labels = all.text;
  families.start(labels, Math.floor((record.startedAtMs ?? record.createdAtMs) / 1000));
  if (!figures.limits) return;
  const { cpuShares, cpuQuotaUs, memoryLimitBytes } = figures.limits;
  families.specShares(labels, cpuShares);
  families.specPeriod(labels, cfsPeriodDefaultUs);
  families.specQuota(labels, cpuQuotaUs);
  families.specMemory(labels, memoryLimitBytes ?? 0);
  families.specSwap(labels, 0);
  families.specReservation(labels, 0);
}

function writeFigures(families: Families, all: CadvisorLabels, { cpu, memory, io, timeMs, ...figures }: Figures): void {
  const labels = all.text;
  const { throttling } = cpu;
  families.seen(labels, Math.floor(timeMs / 1000), timeMs);
  families.cpu(all.with('cpu', 'total'), cpu.totalSeconds, timeMs);
  families.cpuUser(labels, cpu.userSeconds, timeMs);
  families.cpuSystem(labels, cpu.systemSeconds, timeMs);
  families.cfsPeriods(labels, throttling?.periods, timeMs);
  families.cfsThrottled(labels, throttling?.throttledPeriods, timeMs);
  families.cfsSeconds(labels, throttling?.throttledSeconds, timeMs);
  families.workingSet(labels, memory.workingSetBytes, timeMs);
  families.usage(labels, memory.usageBytes, timeMs);
  families.usageMax(labels, memory.usageBytesMax, timeMs);
  families.rss(labels, memory.rssBytes, timeMs);
  families.cache(labels, memory.cacheBytes, timeMs);
  families.mapped(labels, memory.mappedFileBytes, timeMs);
  families.swap(labels, memory.swapBytes, timeMs);
  families.kernel(labels, memory.kernelBytes, timeMs);
  families.activeFile(labels, memory.activeFileBytes, timeMs);
  families.inactiveFile(labels, memory.inactiveFileBytes, timeMs);
  families.failcnt(labels, memory.limitHits, timeMs);
  families.oom(labels, memory.oomKills, timeMs);
  const faults = (type: string) => all.with('failure_type', type, 'scope', 'hierarchy');
  families.failures(faults('pgfault'), memory.pageFaults, timeMs);
  families.failures(faults('pgmajfault'), memory.majorPageFaults, timeMs);
  families.fsReads(all.with('device', ''), io?.readBytes, timeMs);
  families.fsWrites(all.with('device', ''), io?.writeBytes, timeMs);
  families.processes(labels, figures.processes, timeMs);
  families.threads(labels, figures.threads, timeMs);
}

function writeInterfaces(
  families: Families,
  all: CadvisorLabels,
  interfaces: readonly InterfaceCounters[],
  timeMs: number,
) {
  for (const each of interfaces) {
    const labels = all.with('interface', each.name);
    families.receiveBytes(labels, each.receiveBytes, timeMs);
    families.receivePackets(labels, each.receivePackets, timeMs);
    families.receiveDropped(labels, each.receiveDropped, timeMs);
    families.receiveErrors(labels, each.receiveErrors, timeMs);
    families.transmitBytes(labels, each.transmitBytes, timeMs);
    families.transmitPackets(labels, each.transmitPackets, timeMs);
    families.transmitDropped(labels, each.transmitDropped, timeMs);
    families.transmitErrors(labels, each.transmitErrors, timeMs);
  }
}

function writeDisk(families: Families, all: CadvisorLabels, machine: MachineFacts, timeMs: number): void {
  const labels = all.with('device', machine.disk.device);
  families.fsLimit(labels, machine.disk.capacityBytes, timeMs);
  families.fsUsage(labels, machine.disk.usedBytes, timeMs);
}

function writeMachine(page: Page, machine: MachineFacts): void {
  const { bootId: boot_id, machineId: machine_id, systemUuid: system_uuid } = machine;
  const labels = labelsText({ boot_id, machine_id, system_uuid });
  page.family('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.')(labels, machine.cores);
  page.family(
    'machine_memory_bytes',
    'gauge',
    'Amount of memory installed on the machine.',
  )(labels, machine.memoryBytes);
  page.family(
    'machine_swap_bytes',
    'gauge',
    'Amount of swap memory available on the machine.',
  )(labels, machine.swapBytes);
}

type Families = ReturnType<typeof declared>;

function declared(page: Page) {
  const counter = (name: string, help: string): Family => page.family(`container_${name}`, 'counter', help);
  const gauge = (name: string, help: string): Family => page.family(`container_${name}`, 'gauge', help);
  return {
    ...declaredProcessing(counter, gauge),
    ...declaredMemory(counter, gauge),
    ...declaredInputOutput(counter, gauge),
  };
}

type Declare = (name: string, help: string) => Family;

function declaredProcessing(counter: Declare, gauge: Declare) {
  return {
    seen: gauge('last_seen', 'Last time a container was seen by the exporter'),
    start: gauge('start_time_seconds', 'Start time of the container since unix epoch in seconds.'),
    failed: gauge('scrape_error', '1 if there was an error while getting container metrics, 0 otherwise'),
    cpu: counter('cpu_usage_seconds_total', 'Cumulative cpu time consumed in seconds.'),
    cpuUser: counter('cpu_user_seconds_total', 'Cumulative user cpu time consumed in seconds.'),
    cpuSystem: counter('cpu_system_seconds_total', 'Cumulative system cpu time consumed in seconds.'),
    cfsPeriods: counter('cpu_cfs_periods_total', 'Number of elapsed enforcement period intervals.'),
    cfsThrottled: counter('cpu_cfs_throttled_periods_total', 'Number of throttled period intervals.'),
    cfsSeconds: counter('cpu_cfs_throttled_seconds_total', 'Total time duration the container has been throttled.'),
    processes: gauge('processes', 'Number of processes running inside the container.'),
    threads: gauge('threads', 'Number of threads running inside the container'),
    specShares: gauge('spec_cpu_shares', 'CPU share of the container.'),
    specPeriod: gauge('spec_cpu_period', 'CPU period of the container.'),
    specQuota: gauge('spec_cpu_quota', 'CPU quota of the container.'),
  };
}

function declaredMemory(counter: Declare, gauge: Declare) {
  const usage = 'Current memory usage in bytes, including all memory regardless of when it was accessed';
  return {
    workingSet: gauge('memory_working_set_bytes', 'Current working set in bytes.'),
    usage: gauge('memory_usage_bytes', usage),
    usageMax: gauge('memory_max_usage_bytes', 'Maximum memory usage recorded in bytes'),
    rss: gauge('memory_rss', 'Size of RSS in bytes.'),
    cache: gauge('memory_cache', 'Number of bytes of page cache memory.'),
    mapped: gauge('memory_mapped_file', 'Size of memory mapped files in bytes.'),
    swap: gauge('memory_swap', 'Container swap usage in bytes.'),
    kernel: gauge('memory_kernel_usage', 'Size of kernel memory allocated in bytes.'),
    activeFile: gauge('memory_total_active_file_bytes', 'Current total active file in bytes.'),
    inactiveFile: gauge('memory_total_inactive_file_bytes', 'Current total inactive file in bytes.'),
    failcnt: counter('memory_failcnt', 'Number of memory usage hits limits'),
    failures: counter('memory_failures_total', 'Cumulative count of memory allocation failures.'),
    oom: counter('oom_events_total', 'Count of out of memory events observed for the container'),
    specMemory: gauge('spec_memory_limit_bytes', 'Memory limit for the container.'),
    specSwap: gauge('spec_memory_swap_limit_bytes', 'Memory swap limit for the container.'),
    specReservation: gauge('spec_memory_reservation_limit_bytes', 'Memory reservation limit for the container.'),
  };
}

function declaredInputOutput(counter: Declare, gauge: Declare) {
  const packets = (way: string) => `Cumulative count of packets ${way}`;
  const dropped = (way: string) => `Cumulative count of packets dropped while ${way}`;
  const errors = (way: string) => `Cumulative count of errors encountered while ${way}`;
  return {
    fsReads: counter('fs_reads_bytes_total', 'Cumulative count of bytes read'),
    fsWrites: counter('fs_writes_bytes_total', 'Cumulative count of bytes written'),
    fsLimit: gauge('fs_limit_bytes', 'Number of bytes that can be consumed by the container on this filesystem.'),
    fsUsage: gauge('fs_usage_bytes', 'Number of bytes that are consumed by the container on this filesystem.'),
    receiveBytes: counter('network_receive_bytes_total', 'Cumulative count of bytes received'),
    receivePackets: counter('network_receive_packets_total', packets('received')),
    receiveDropped: counter('network_receive_packets_dropped_total', dropped('receiving')),
    receiveErrors: counter('network_receive_errors_total', errors('receiving')),
    transmitBytes: counter('network_transmit_bytes_total', 'Cumulative count of bytes transmitted'),
    transmitPackets: counter('network_transmit_packets_total', packets('transmitted')),
    transmitDropped: counter('network_transmit_packets_dropped_total', dropped('transmitting')),
    transmitErrors: counter('network_transmit_errors_total', errors('transmitting')),
  };
}
