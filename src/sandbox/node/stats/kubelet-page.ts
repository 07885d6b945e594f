import type { ContainerRecord } from '../runtime/protocol.ts';
import { labelsText, Page } from './page.ts';
import type { ProcFiles } from './proc-files.ts';
import { parseProcessStat, parseSizes, ticksPerSecond } from './proc-text.ts';
import type { Sampler } from './sampler.ts';

export interface KubeletPageInputs {
  nodeName: string;
  records: readonly ContainerRecord[];
  sampler: Sampler;
  files: ProcFiles;
  bootTimeSeconds: number;
}

/** `/metrics`: what of the kubelet's own page has a meaning here, the process's figures, and where containers' figures come from. */
export function kubeletPage(inputs: KubeletPageInputs): string {
  const page = new Page();
  const { nodeName, records, sampler } = inputs;
  page.family(
    'kubelet_node_name',
    'gauge',
    "[ALPHA] The node's name. The count is always 1.",
  )(labelsText({ node: nodeName }), 1);
  const containers = page.family(
    'kubelet_running_containers',
    'gauge',
    '[ALPHA] Number of containers currently running',
  );
  for (const state of ['created', 'exited', 'running'] as const) {
    const count = records.filter((record) => record.state === state).length;
    containers(labelsText({ container_state: state }), count);
  }
  const running = new Set(records.filter(({ state }) => state === 'running').map(({ podUid }) => podUid));
  page.family(
    'kubelet_running_pods',
    'gauge',
    '[ALPHA] Number of pods that have a running pod sandbox',
  )('', running.size);
  writeSampling(page, sampler);
  writeProcess(page, inputs.files, inputs.bootTimeSeconds);
  return page.toString();
}

function writeSampling(page: Page, sampler: Sampler): void {
  const gauge = (name: string, help: string, value: number) => page.family(name, 'gauge', help)('', value);
  const { proc, cgroup } = sampler.sources;
  gauge('taffrail_node_containers_from_cgroups', 'Containers whose figures come from cgroups', cgroup);
  gauge('taffrail_node_containers_from_proc', 'Containers whose figures come from the files of their processes', proc);
  gauge('taffrail_node_sampling_seconds', 'How long it took to read all figures the last time', sampler.tookMs / 1000);
  gauge(
    'taffrail_node_sampling_rest_seconds',
    'How long is waited after that; longer than the interval where reading takes long',
    sampler.restMs / 1000,
  );
}

/** As client_golang's process collector has them. */
function writeProcess(page: Page, files: ProcFiles, bootTimeSeconds: number): void {
  const stat = parseProcessStat(files.read('self/stat') ?? '');
  const sizes = parseSizes(files.read('self/status') ?? '');
  if (!stat) return;
  const cpu = 'Total user and system CPU time spent in seconds.';
  const ticks = stat.userTicks + stat.systemTicks;
  page.family('process_cpu_seconds_total', 'counter', cpu)('', ticks / ticksPerSecond);
  const gauge = (name: string, help: string, value: number | undefined) => page.family(name, 'gauge', help)('', value);
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', sizes.get('VmRSS'));
  gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', sizes.get('VmSize'));
  const startSeconds = bootTimeSeconds + stat.startTicks / ticksPerSecond;
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', startSeconds);
}
