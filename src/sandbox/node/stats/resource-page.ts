import { labelsText, Page } from './page.ts';
import type { Snapshot } from './sampler.ts';

/** `/metrics/resource`, with names, types and help as in Kubernetes's pkg/kubelet/metrics/collectors/resource_metrics.go (1.33). */
export function resourcePage({ node, pods }: Snapshot): string {
  const page = new Page();
  const families = declared(page);
  if (node) {
    families.nodeCpu('', node.cpu.totalSeconds, node.timeMs);
    families.nodeMemory('', node.memory.workingSetBytes, node.timeMs);
    families.nodeSwap('', node.memory.swapBytes, node.timeMs);
  }
  for (const { namespace, name: pod, figures, containers } of pods) {
    for (const { record, figures: own } of containers) {
      const labels = labelsText({ container: record.name, namespace, pod });
      // The only one without a time.
      families.start(labels, record.startedAtMs === undefined ? undefined : record.startedAtMs / 1000);
      families.cpu(labels, own.cpu.totalSeconds, own.timeMs);
      families.memory(labels, own.memory.workingSetBytes, own.timeMs);
      families.swap(labels, own.memory.swapBytes, own.timeMs);
    }
    const labels = labelsText({ namespace, pod });
    families.podCpu(labels, figures.cpu.totalSeconds, figures.timeMs);
    families.podMemory(labels, figures.memory.workingSetBytes, figures.timeMs);
    families.podSwap(labels, figures.memory.swapBytes, figures.timeMs);
  }
  families.failed('', node ? 0 : 1);
  return page.toString();
}

function declared(page: Page) {
  const total = (who: string) => `Cumulative cpu time consumed by the ${who} in core-seconds`;
  const set = (who: string) => `Current working set of the ${who} in bytes`;
  const notOnWindows = 'Reported only on non-windows systems';
  const swap = (who: string) => `Current amount of the ${who} swap usage in bytes. ${notOnWindows}`;
  return {
    nodeCpu: page.family('node_cpu_usage_seconds_total', 'counter', stable(total('node'))),
    nodeMemory: page.family('node_memory_working_set_bytes', 'gauge', stable(set('node'))),
    nodeSwap: page.family(
      'node_swap_usage_bytes',
      'gauge',
      alpha(`Current swap usage of the node in bytes. ${notOnWindows}`),
    ),
    start: page.family(
      'container_start_time_seconds',
      'gauge',
      stable('Start time of the container since unix epoch in seconds'),
    ),
    cpu: page.family('container_cpu_usage_seconds_total', 'counter', stable(total('container'))),
    memory: page.family('container_memory_working_set_bytes', 'gauge', stable(set('container'))),
    swap: page.family('container_swap_usage_bytes', 'gauge', alpha(swap('container'))),
    podCpu: page.family('pod_cpu_usage_seconds_total', 'counter', stable(total('pod'))),
    podMemory: page.family('pod_memory_working_set_bytes', 'gauge', stable(set('pod'))),
    podSwap: page.family('pod_swap_usage_bytes', 'gauge', alpha(swap('pod'))),
    // `scrape_error` was deprecated in 1.29, and later kubelets hide it.
    failed: page.family(
      'resource_scrape_error',
      'gauge',
      stable('1 if there was an error while getting container metrics, 0 otherwise'),
    ),
  };
}

const stable = (help: string) => `[STABLE] ${help}`;
const alpha = (help: string) => `[ALPHA] ${help}`;
