/** Lines as a kubelet of 1.33 writes them; what varies is filled in. */
export interface PageContainer {
  namespace?: string;
  pod?: string;
  container?: string;
  /** As on the page, so that anything can be written. */
  cpu?: string | number;
  memory?: string | number;
  start?: string | number;
  /** Null: the line has none. */
  timeMs: number | null;
}

export function kubeletPage(
  containers: readonly PageContainer[],
  node?: { cpu: string | number; memory: string | number; timeMs: number | null },
): string {
  const lines = (name: string, of: (container: PageContainer) => string | number | undefined, stamped = true) =>
    containers.flatMap((each) => {
      const { namespace = 'default', pod = 'web-0', container = 'main', timeMs } = each;
      const value = of(each);
      const labels = `{container="${container}",namespace="${namespace}",pod="${pod}"}`;
      return value === undefined ? [] : [`${name}${labels} ${value}${stamped ? stampOf(timeMs) : ''}\n`];
    });
  return [
    '# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds\n',
    '# TYPE container_cpu_usage_seconds_total counter\n',
    ...lines('container_cpu_usage_seconds_total', ({ cpu }) => cpu),
    '# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes\n',
    '# TYPE container_memory_working_set_bytes gauge\n',
    ...lines('container_memory_working_set_bytes', ({ memory = '1.253376e+07' }) => memory),
    '# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in seconds\n',
    '# TYPE container_start_time_seconds gauge\n',
    ...lines('container_start_time_seconds', ({ start }) => start, false),
    '# HELP container_swap_usage_bytes [ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems\n',
    '# TYPE container_swap_usage_bytes gauge\n',
    ...lines('container_swap_usage_bytes', () => 0),
    ...(node
      ? [
          '# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds\n',
          '# TYPE node_cpu_usage_seconds_total counter\n',
          `node_cpu_usage_seconds_total ${node.cpu}${stampOf(node.timeMs)}\n`,
          '# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes\n',
          '# TYPE node_memory_working_set_bytes gauge\n',
          `node_memory_working_set_bytes ${node.memory}${stampOf(node.timeMs)}\n`,
        ]
      : []),
    '# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise\n',
    '# TYPE resource_scrape_error gauge\n',
    'resource_scrape_error 0\n',
  ].join('');
}

function stampOf(timeMs: number | null): string {
  return timeMs === null ? '' : ` ${timeMs}`;
}
