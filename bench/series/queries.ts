/** A dashboard's worth of range queries, asked of every server in turn, and their answers held against each other. */
import type { Peer } from './peers.ts';

export const dashboard: readonly (readonly [name: string, query: string])[] = [
  ['rate', 'rate(container_network_receive_bytes_total{namespace="ns-3"}[5m])'],
  ['sum by', 'sum by (namespace) (rate(container_cpu_usage_seconds_total[5m]))'],
  [
    'histogram_quantile',
    'histogram_quantile(0.99, sum by (le, route) (rate(http_request_duration_seconds_bucket[5m])))',
  ],
  ['topk', 'topk(10, sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m])))'],
  [
    'group_left',
    'sum by (node) (container_memory_working_set_bytes{job="cadvisor"} * on (namespace, pod) group_left (host_ip) kube_pod_info)',
  ],
  ['avg_over_time', 'avg_over_time(container_memory_working_set_bytes{namespace=~"ns-1.*"}[10m])'],
  ['quantile', 'quantile by (namespace) (0.9, go_goroutines)'],
  [
    'label_replace',
    'sum by (deployment) (label_replace(rate(http_requests_total[5m]), "deployment", "$1", "pod", "(.*)-[^-]+-[^-]+"))',
  ],
  ['absent', 'absent(up{job="service-7"} > 1) or absent(up{job="nothing"})'],
  ['subquery', 'max_over_time(sum by (namespace) (rate(http_requests_total{code="500"}[5m]))[30m:1m])'],
];

export interface QueryFigures {
  name: string;
  /** By server, in the order of the servers. */
  medianMs: number[];
  cpuMs: number[];
  points: number;
}

export interface RangeTimes {
  startMs: number;
  endMs: number;
  stepMs: number;
}

/** Relative, for what is summed in another order. */
const differenceMax = 1e-9;
/** Asked for this long before it is measured, so that what compiles while it runs has done so. */
const warmMs = 1000;
const warmRunsMax = 30;

/** The servers take turns. Throws where their answers differ. */
export async function runDashboard(peers: readonly Peer[], times: RangeTimes, runs: number): Promise<QueryFigures[]> {
  const results: QueryFigures[] = [];
  for (const [name, query] of dashboard) {
    const parameters = {
      query,
      start: String(times.startMs / 1000),
      end: String(times.endMs / 1000),
      step: String(times.stepMs / 1000),
    };
    const ask = (peer: Peer) => peer.get('/api/v1/query_range', parameters);
    const answers: Answer[] = [];
    for (const peer of peers) {
      const untilMs = performance.now() + warmMs;
      for (let run = 0; run < warmRunsMax && performance.now() < untilMs; run++) await ask(peer);
      answers.push(answerOf(await ask(peer)));
    }
    for (const other of answers.slice(1)) assertSame(name, answers[0]!, other);
    const took = peers.map((): number[] => []);
    const cpuSeconds = peers.map(() => 0);
    for (let run = 0; run < runs; run++) {
      for (const [at, peer] of peers.entries()) {
        const before = peer.figures().cpuSeconds;
        const startedMs = performance.now();
        await ask(peer);
        took[at]!.push(performance.now() - startedMs);
        cpuSeconds[at]! += peer.figures().cpuSeconds - before;
      }
    }
    const medianMs = took.map((all) => all.sort((a, b) => a - b)[all.length >> 1]!);
    const points = [...answers[0]!.values()].reduce((sum, values) => sum + values.length, 0);
    results.push({ name, medianMs, cpuMs: cpuSeconds.map((seconds) => (1000 * seconds) / runs), points });
  }
  return results;
}

type Answer = Map<string, [time: number, value: string][]>;

function answerOf(text: string): Answer {
  const { result } = JSON.parse(text).data as {
    result: { metric: Record<string, string>; values: [number, string][] }[];
  };
  return new Map(result.map(({ metric, values }) => [JSON.stringify(Object.entries(metric).sort()), values]));
}

function assertSame(name: string, ours: Answer, theirs: Answer): void {
  const fail = (problem: string): never => {
    throw new Error(`the answers to "${name}" differ: ${problem}`);
  };
  if (ours.size === 0) fail('there is none');
  if (ours.size !== theirs.size) fail(`${ours.size} and ${theirs.size} series`);
  for (const [metric, values] of ours) {
    const others = theirs.get(metric) ?? fail(`${metric} is not there`);
    if (values.length !== others.length) fail(`${metric} has ${values.length} and ${others.length} values`);
    values.forEach(([time, text], at) => {
      const [otherTime, otherText] = others[at]!;
      const [value, other] = [Number(text), Number(otherText)];
      const isSame = text === otherText || Math.abs(value - other) <= differenceMax * Math.abs(other);
      if (time !== otherTime || !isSame) fail(`${metric} is ${text} at ${time} and ${otherText} at ${otherTime}`);
    });
  }
}
