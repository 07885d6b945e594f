/** Labels that name the service where `service_name` is missing, in the order in which Loki asks them. */
const sources = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
];
const rankOf = new Map(sources.map((name, rank) => [name, rank]));
export const serviceNameLabel = 'service_name';
export const unknownService = 'unknown_service';

type Pair = readonly [name: string, value: string];

/** The same where it is there already. */
export function withServiceName(pairs: readonly Pair[]): readonly Pair[] {
  let service = unknownService;
  let best = sources.length;
  for (const [name, value] of pairs) {
    if (name === serviceNameLabel) return pairs;
    const rank = rankOf.get(name);
    if (rank === undefined || rank >= best) continue;
    best = rank;
    service = value;
  }
  return [...pairs, [serviceNameLabel, service]];
}
