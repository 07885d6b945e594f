/** The series of a made-up cluster, as cAdvisor, kube-state-metrics and instrumented applications name them, and their values over time. */

export type Kind = 'counter' | 'seconds' | 'bucket' | 'gauge' | 'bytes' | 'constant';

export interface BenchSeries {
  /** Sorted by name, as remote write wants them. */
  labels: readonly (readonly [string, string])[];
  kind: Kind;
  /** How busy the series is, from 0 to 1. */
  activity: number;
}

const podsOfNode = 20;
const namespaceCount = 20;
const routes = ['/api/v1/orders', '/api/v1/carts/:id'];
const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];

type Named = readonly [name: string, kind: Kind, labels?: Record<string, string>];

const disk = (device: string) => ({ device });
/** 30 of a container, by cAdvisor. */
const container: readonly Named[] = [
  ['container_cpu_usage_seconds_total', 'seconds', { cpu: 'total' }],
  ['container_cpu_user_seconds_total', 'seconds'],
  ['container_cpu_system_seconds_total', 'seconds'],
  ['container_cpu_cfs_periods_total', 'counter'],
  ['container_cpu_cfs_throttled_periods_total', 'counter'],
  ['container_cpu_cfs_throttled_seconds_total', 'seconds'],
  ['container_memory_working_set_bytes', 'bytes'],
  ['container_memory_usage_bytes', 'bytes'],
  ['container_memory_rss', 'bytes'],
  ['container_memory_cache', 'bytes'],
  ['container_memory_swap', 'constant'],
  ['container_memory_max_usage_bytes', 'constant'],
  ['container_memory_failcnt', 'constant'],
  ['container_spec_memory_limit_bytes', 'constant'],
  ['container_spec_cpu_quota', 'constant'],
  ['container_spec_cpu_period', 'constant'],
  ['container_spec_cpu_shares', 'constant'],
  ['container_start_time_seconds', 'constant'],
  ['container_last_seen', 'counter'],
  ['container_threads', 'gauge'],
  ['container_processes', 'constant'],
  ['container_sockets', 'gauge'],
  ['container_file_descriptors', 'gauge'],
  ['container_fs_usage_bytes', 'bytes', disk('/dev/nvme0n1p1')],
  ['container_fs_reads_bytes_total', 'counter', disk('/dev/nvme0n1p1')],
  ['container_fs_writes_bytes_total', 'counter', disk('/dev/nvme0n1p1')],
  ['container_network_receive_bytes_total', 'counter', { interface: 'eth0' }],
  ['container_network_transmit_bytes_total', 'counter', { interface: 'eth0' }],
  ['container_network_receive_packets_total', 'counter', { interface: 'eth0' }],
  ['container_network_receive_errors_total', 'constant', { interface: 'eth0' }],
];
/** 42 of an application. */
const application: readonly Named[] = [
  ['up', 'constant'],
  ...routes.flatMap((route): Named[] => [
    ...bounds.map((le): Named => ['http_request_duration_seconds_bucket', 'bucket', { route, le }]),
    ['http_request_duration_seconds_sum', 'seconds', { route }],
    ['http_request_duration_seconds_count', 'bucket', { route, le: '' }],
  ]),
  ...['200', '404', '500'].flatMap((code): Named[] =>
    ['GET', 'POST'].map((method): Named => ['http_requests_total', 'counter', { code, method }]),
  ),
  ['process_cpu_seconds_total', 'seconds'],
  ['process_resident_memory_bytes', 'bytes'],
  ['process_open_fds', 'gauge'],
  ['go_goroutines', 'gauge'],
  ['go_memstats_alloc_bytes', 'bytes'],
  ['go_memstats_heap_objects', 'gauge'],
  ['go_gc_duration_seconds_count', 'counter'],
];
/** 28 of a pod, by kube-state-metrics. */
const objects: readonly Named[] = [
  ['kube_pod_info', 'constant', { host_ip: '10.0.0.1', created_by_kind: 'ReplicaSet' }],
  ['kube_pod_start_time', 'constant'],
  ['kube_pod_created', 'constant'],
  ['kube_pod_owner', 'constant'],
  ['kube_pod_ips', 'constant'],
  ...['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'].map(
    (phase): Named => ['kube_pod_status_phase', 'constant', { phase }],
  ),
  ...['Ready', 'PodScheduled', 'Initialized', 'ContainersReady'].map(
    (condition): Named => ['kube_pod_status_condition', 'constant', { condition }],
  ),
  ['kube_pod_container_status_restarts_total', 'constant'],
  ['kube_pod_container_status_ready', 'constant'],
  ['kube_pod_container_status_running', 'constant'],
  ...['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'ContainerCreating'].map(
    (reason): Named => ['kube_pod_container_status_waiting_reason', 'constant', { reason }],
  ),
  ...['cpu', 'memory', 'ephemeral_storage'].flatMap((resource): Named[] => [
    ['kube_pod_container_resource_requests', 'constant', { resource }],
    ['kube_pod_container_resource_limits', 'constant', { resource }],
  ]),
  ['kube_pod_tolerations', 'constant'],
];

/** The same for the same count and seed. */
export function seriesOfCluster(count: number, random: () => number): BenchSeries[] {
  const all: BenchSeries[] = [];
  for (let pod = 0; all.length < count; pod++) addPod(all, pod, random);
  return all.slice(0, count);
}

function addPod(all: BenchSeries[], at: number, random: () => number): void {
  const hex = (length: number) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  const node = Math.floor(at / podsOfNode);
  const address = `10.${64 + (node >> 8)}.${node & 255}.${at % podsOfNode}`;
  const deployment = `service-${at % 125}`;
  const [uid, id] = [hex(32), hex(64)];
  const pod = {
    namespace: `ns-${at % namespaceCount}`,
    pod: `${deployment}-${hex(10)}-${hex(5)}`,
    container: 'app',
  };
  const activity = random() ** 2;
  const add = (named: readonly Named[], base: Record<string, string>) => {
    for (const [name, kind, labels] of named) {
      const pairs = Object.entries({ __name__: name, ...base, ...labels }).filter(([, value]) => value !== '');
      all.push({
        labels: pairs.sort(([a], [b]) => (a < b ? -1 : 1)),
        kind,
        activity:
          activity * (kind === 'bucket' ? bounds.indexOf(labels?.le || '+Inf') / bounds.length : 0.5 + random()),
      });
    }
  };
  add(container, {
    ...pod,
    job: 'cadvisor',
    instance: `10.0.${node >> 8}.${node & 255}:10250`,
    node: `node-${node}`,
    id: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${id}.scope`,
    image: `registry.example/shop/${deployment}:v1.${at % 7}`,
    name: id,
  });
  add(application, { ...pod, job: deployment, instance: `${address}:8080`, node: `node-${node}` });
  add(objects, { ...pod, job: 'kube-state-metrics', instance: '10.0.0.9:8080', node: `node-${node}`, uid });
}

/** The values of all series at one scrape after another. */
export class Values {
  readonly latest: Float64Array;
  readonly #series: readonly BenchSeries[];
  readonly #random: () => number;

  constructor(series: readonly BenchSeries[], random: () => number) {
    this.#series = series;
    this.#random = random;
    this.latest = Float64Array.from(series, ({ kind, activity }) => firstValue(kind, activity, random()));
  }

  /** On to the next scrape. */
  step(): void {
    const { latest } = this;
    const random = this.#random;
    let requests = 0;
    for (let at = 0; at < latest.length; at++) {
      const { kind, activity } = this.#series[at]!;
      switch (kind) {
        case 'counter':
          latest[at]! += Math.floor(activity * 1000 * random());
          break;
        case 'seconds':
          latest[at] = Math.round((latest[at]! + activity * 15 * random()) * 1e6) / 1e6;
          break;
        case 'bucket':
          // Buckets of a histogram follow one another: each has at least what the one before has.
          requests = activity === 0 ? 0 : requests + Math.floor(activity * 8 * random());
          latest[at]! += requests;
          break;
        case 'gauge':
          if (random() < 0.6) latest[at] = Math.max(0, latest[at]! + Math.round((random() - 0.5) * 20));
          break;
        case 'bytes':
          if (random() < 0.5) latest[at] = Math.max(0, latest[at]! + Math.round((random() - 0.5) * 2000) * 4096);
      }
    }
  }
}

function firstValue(kind: Kind, activity: number, share: number): number {
  if (kind === 'bytes') return Math.floor(share * 2 ** 18) * 4096;
  if (kind === 'gauge') return Math.floor(share * 200);
  if (kind === 'constant') return activity > 0.2 ? 1 : 0;
  return kind === 'bucket' ? 0 : Math.floor(activity * share * 1e6);
}
