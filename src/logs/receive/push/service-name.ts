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
  const source = serviceSource(pairs);
  if (source?.[0] === serviceNameLabel) return pairs;
  return [...pairs, [serviceNameLabel, source?.[1] ?? unknownService]];
}

/** The label whose value is the service's name. */
export function serviceSource(pairs: readonly Pair[]): Pair | undefined {
  let source: Pair | undefined;
  let best = sources.length;
  for (const pair of pairs) {
    if (pair[0] === serviceNameLabel) return pair;
    const rank = rankOf.get(pair[0]);
    if (rank === undefined || rank >= best) continue;
    best = rank;
    source = pair;
  }
  return source;
}
