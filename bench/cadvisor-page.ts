/** A page as cAdvisor in the kubelet writes it: its families, label sets of that length, and numbers in all the forms that Go prints. */

const counters = [
  'container_cpu_usage_seconds_total',
  'container_cpu_system_seconds_total',
  'container_cpu_user_seconds_total',
  'container_fs_reads_bytes_total',
  'container_fs_writes_bytes_total',
  'container_network_receive_bytes_total',
  'container_network_transmit_bytes_total',
  'container_memory_failures_total',
];
const gauges = [
  'container_memory_working_set_bytes',
  'container_memory_rss',
  'container_memory_cache',
  'container_memory_usage_bytes',
  'container_spec_memory_limit_bytes',
  'container_processes',
  'container_threads',
  'container_start_time_seconds',
  'container_last_seen',
];

export function generatedCadvisorPage(bytes: number): Buffer {
  const random = seeded(7);
  const lines: string[] = [];
  const families = [
    ...counters.map((name) => [name, 'counter'] as const),
    ...gauges.map((name) => [name, 'gauge'] as const),
  ];
  const perFamily = Math.ceil(bytes / families.length / 410);
  for (const [name, type] of families) {
    lines.push(`# HELP ${name} ${name.replaceAll('_', ' ')} of a container`, `# TYPE ${name} ${type}`);
    for (let at = 0; at < perFamily; at++) {
      const pod = Math.floor(at / 3);
      const uid = (pod * 2654435761).toString(16).padStart(12, '0').slice(0, 12);
      const labels = `container="app-${at % 3}",id="/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${uid.repeat(5)}.scope",image="registry.example/team/service-${pod % 40}:v1.${pod % 9}.0",name="${uid.repeat(5)}",namespace="team-${pod % 20}",pod="service-${pod % 40}-${uid.slice(0, 9)}-${uid.slice(0, 5)}"`;
      lines.push(`${name}{${labels}} ${number(random)} ${1_700_000_000_000 + Math.floor(random() * 15_000)}`);
    }
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** As Go's %g prints them: short counts, exponents, many digits. */
function number(random: () => number): string {
  const kind = random();
  if (kind < 0.35) return String(Math.floor(random() * 100));
  if (kind < 0.7) return (random() * 1e4).toFixed(9).replace(/0+$/, '');
  const mantissa = (1 + random() * 9).toFixed(9).replace(/\.?0+$/, '');
  return `${mantissa}e+${kind < 0.85 ? '09' : '06'}`;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
