import { formatByteSize } from '../../base/byte-size.ts';
import type { GapReason } from '../batch/batch.ts';
import type { Gap, Instance } from '../store/store.ts';

/** Instances that are named one by one; of more it is said how many there are. */
const namedMax = 20;

const whys: Record<GapReason, string> = {
  'late-start': 'written before the agent came',
  'deleted-before-read': 'deleted before they were read',
  'rotated-away': 'rotated away before they were read',
  truncated: 'the file was truncated before they were read',
  'spool-full': "the agent's spool was full",
  unreadable: 'the file cannot be read',
  'metadata-timeout': 'held back: nothing was known of the pod',
  'runtime-lost': 'the container runtime died with them',
  damaged: "damaged on the store's disk",
};

/** What is missing from an answer over these instances, and why: one sentence each. */
export function missing(
  instances: readonly Instance[],
  options: { withLag: boolean; refusing: string | null; silentMs: (node: string) => number | null },
): string[] {
  const said = instances.flatMap((instance) => {
    const parts = [...gapsOf(instance.gaps), ...excludedOf(instance), ...(options.withLag ? lagOf(instance) : [])];
    return parts.length === 0 ? [] : [`${nameOf(instance)}: ${parts.join('; ')}`];
  });
  const more = said.length - namedMax;
  if (more > 0) said.splice(namedMax, more, `and ${more} more containers; "taffrail instances" lists them`);
  said.push(...silentNodes(instances, options.silentMs));
  if (options.refusing !== null) said.push(`the store takes no new lines: ${options.refusing}`);
  return said;
}

/** A node whose agent is gone may hold lines of containers that still write. */
function silentNodes(instances: readonly Instance[], silentMs: (node: string) => number | null): string[] {
  const nodes = new Set(instances.filter(({ ended }) => !ended).map(({ node }) => node));
  return [...nodes].flatMap((node) => {
    const ms = silentMs(node);
    return ms === null ? [] : [`the agent of node ${node} has said nothing for ${Math.round(ms / 1000)} s`];
  });
}

/** Null where the length of one of them is not known. */
export function gapBytes({ from, to }: Gap): number | null {
  return to === null ? null : to - from;
}

function nameOf({ namespace, pod, key }: Instance): string {
  return `${namespace}/${pod} ${key.container} (instance ${key.attempt})`;
}

function gapsOf(gaps: readonly Gap[]): string[] {
  const byReason = Map.groupBy(gaps, ({ reason }) => reason);
  return [...byReason].map(([reason, some]) => {
    const sizes = some.map(gapBytes);
    const known = sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
    const size = sizes.includes(null)
      ? known > 0
        ? `more than ${formatByteSize(known)}`
        : 'lines'
      : formatByteSize(known);
    return `${size} missing, ${whys[reason]}`;
  });
}

function excludedOf({ excludedBytes }: Instance): string[] {
  return excludedBytes > 0 ? [`${formatByteSize(excludedBytes)} left out on purpose`] : [];
}

function lagOf({ lagBytes, node }: Instance): string[] {
  return lagBytes ? [`${formatByteSize(lagBytes)} not yet shipped from node ${node}`] : [];
}
