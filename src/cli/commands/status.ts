import { Command } from 'commander';
import { formatByteSize } from '../../base/byte-size.ts';
import type { AgentContact } from '../../logs/receive/receive.ts';
import type { StoreStatus } from '../../logs/store/store.ts';
import type { SeriesStatus } from '../../series/store/store.ts';
import { type DataFormat, dataOption, printObject } from '../output/print-object.ts';
import { resolveServer, type ServerAddress, type ServerOptions, serverOptions } from '../server-address.ts';
import { getJson } from '../server-call.ts';

/** Instances that are behind; the rest is counted. */
const behindShownMax = 20;

interface ServerStatus {
  version: string;
  pid: number;
  uptimeSeconds: number;
  store: StoreStatus;
  /** Missing where another server keeps the series. */
  series?: SeriesStatus;
  agents: AgentContact[];
}

interface InstanceLag {
  namespace: string;
  pod: string;
  node: string;
  key: { container: string; attempt: number };
  ended: boolean;
  lagBytes: number | null;
  gaps: unknown[];
}

export function command(): Command {
  const status = new Command('status').description('Show the server, its store and what the agents have yet to ship.');
  for (const option of serverOptions()) status.addOption(option);
  return status
    .addOption(dataOption('print all that the server tells (default: at a glance)'))
    .action(async (flags: ServerOptions & { output?: DataFormat }) => {
      const address = resolveServer(flags);
      const server = await getJson<ServerStatus>(address, '/taffrail/v1/status');
      const { instances } = await getJson<{ instances: InstanceLag[] }>(address, '/taffrail/v1/instances');
      if (flags.output) process.stdout.write(printObject({ server, instances }, flags.output));
      else process.stdout.write(report(address, server, instances));
    });
}

function agentText({ node, version, heardMsAgo }: AgentContact): string {
  return `${node} (version ${version}, heard ${Math.round(heardMsAgo / 1000)} s ago)`;
}

function seriesText({ headSeries, headSamples, blocks, diskBytes, refusing }: SeriesStatus): string {
  const taken = refusing === null ? '' : `; takes no samples: ${refusing}`;
  return `${headSeries} with ${headSamples} samples since the last block, ${blocks} blocks, ${formatByteSize(diskBytes)} on disk${taken}`;
}

function report(
  { url }: ServerAddress,
  { version, pid, uptimeSeconds, store, series, agents }: ServerStatus,
  instances: InstanceLag[],
): string {
  const live = instances.filter(({ ended }) => !ended);
  const nodes = [...new Set(instances.map(({ node }) => node))];
  const rows = [
    ['server', `${url.origin}, version ${version}, pid ${pid}, up ${uptimeSeconds} s`],
    [
      'store',
      `${store.lineCount} lines, ${formatByteSize(store.textBytes)} of text (${formatByteSize(store.compactTextBytes)} of it compact) in ${formatByteSize(store.diskBytes)} on disk, ${store.blocks} blocks`,
    ],
    ['takes lines', store.refusing === null ? 'yes' : `no: ${store.refusing}`],
    [
      'keeps',
      `${store.retention.ageMs === null ? 'for ever' : `${store.retention.ageMs / 86_400_000} days`}, ${store.retention.bytesMax === null ? 'any size' : `at most ${formatByteSize(store.retention.bytesMax)}`}`,
    ],
    [
      'instances',
      `${instances.length}, of which ${live.length} are being read, on ${nodes.length} node${nodes.length === 1 ? '' : 's'}`,
    ],
    ['series', series ? seriesText(series) : 'kept by another server'],
    ['agents', agents.length === 0 ? 'none has come forward' : agents.map(agentText).join(', ')],
    ['gaps', String(instances.reduce((sum, { gaps }) => sum + gaps.length, 0))],
  ];
  let text = rows.map(([name, value]) => `${name!.padEnd(12)} ${value}\n`).join('');
  const behind = live
    .filter(({ lagBytes }) => (lagBytes ?? 0) > 0)
    .sort((a, b) => (b.lagBytes ?? 0) - (a.lagBytes ?? 0));
  text += behind.length === 0 ? `${'behind'.padEnd(12)} none\n` : `\nBehind, most first:\n`;
  for (const { namespace, pod, key, lagBytes } of behind.slice(0, behindShownMax)) {
    text += `  ${namespace}/${pod} ${key.container} ${key.attempt}: ${formatByteSize(lagBytes ?? 0)}\n`;
  }
  if (behind.length > behindShownMax) text += `  and ${behind.length - behindShownMax} more\n`;
  return text;
}
