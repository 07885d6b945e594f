import { formatByteSize } from '../../base/byte-size.ts';
import { msOfNanos, parseRfc3339 } from '../../base/nanotime.ts';
import type { InstanceEntry } from '../../logs/serve/protocol.ts';
import { formatAge } from './age.ts';
import { table } from './table.ts';

export interface TableOptions {
  nowMs: number;
  wide: boolean;
  namespaces: boolean;
}

type Column = [header: string, cell: (instance: InstanceEntry, nowMs: number) => string];

const columns: Column[] = [
  ['POD', ({ pod }) => pod],
  ['CONTAINER', ({ key }) => key.container],
  ['INSTANCE', ({ key }) => String(key.attempt)],
  ['STATE', stateOf],
  ['EXIT', ({ exitCode, signal }) => (exitCode === null ? (signal ? `signal ${signal}` : '-') : String(exitCode))],
  ['REASON', ({ reason, podReason }) => reason ?? podReason ?? '-'],
  ['STARTED', (instance, nowMs) => agoOf(instance.startedAt ?? instance.firstTime, nowMs)],
  ['RAN', (instance, nowMs) => ranOf(instance, nowMs)],
  ['LINES', ({ lineCount }) => String(lineCount)],
  ['SIZE', ({ textBytes }) => formatByteSize(textBytes)],
  ['MISSING', missingOf],
];

const wideColumns: Column[] = [
  ['KIND', ({ containerKind }) => containerKind ?? '-'],
  ['NODE', ({ node }) => node],
  ['UID', ({ key }) => key.podUid],
  ['FIRST LINE', ({ firstTime }) => firstTime ?? '-'],
  ['LAST LINE', ({ lastTime }) => lastTime ?? '-'],
  ['STARTED AT', ({ startedAt }) => startedAt ?? '-'],
  ['FINISHED AT', ({ finishedAt }) => finishedAt ?? '-'],
  ['BEHIND', ({ lagBytes }) => (lagBytes === null ? '-' : formatByteSize(lagBytes))],
  ['IMAGE', ({ image }) => image ?? '-'],
];

export function instanceTable(instances: readonly InstanceEntry[], { nowMs, wide, namespaces }: TableOptions): string {
  const shown: Column[] = [
    ...(namespaces ? [['NAMESPACE', ({ namespace }: InstanceEntry) => namespace] satisfies Column] : []),
    ...columns,
    ...(wide ? wideColumns : []),
  ];
  return table(
    shown.map(([header]) => header),
    instances.map((instance) => shown.map(([, cell]) => cell(instance, nowMs))),
  );
}

function stateOf({ ended, finishedAt, exitCode, podDeletedAt }: InstanceEntry): string {
  if (podDeletedAt !== null && ended) return 'gone';
  return ended || finishedAt !== null || exitCode !== null ? 'ended' : 'running';
}

function agoOf(time: string | null, nowMs: number): string {
  const at = time === null ? undefined : parseRfc3339(time);
  return at === undefined ? '-' : `${formatAge(nowMs - msOfNanos(at))} ago`;
}

function ranOf(instance: InstanceEntry, nowMs: number): string {
  const started = msOf(instance.startedAt);
  const finished = msOf(instance.finishedAt);
  if (started === undefined) return '-';
  if (finished !== undefined) return formatAge(Math.max(0, finished - started));
  return stateOf(instance) === 'running' ? formatAge(nowMs - started) : '-';
}

function missingOf({ gaps }: InstanceEntry): string {
  if (gaps.length === 0) return '-';
  const known = gaps.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const size = gaps.some(({ bytes }) => bytes === null)
    ? known > 0
      ? `>${formatByteSize(known)}`
      : 'unknown'
    : formatByteSize(known);
  return `${size} (${[...new Set(gaps.map(({ reason }) => reason))].join(', ')})`;
}

function msOf(time: string | null): number | undefined {
  const at = time === null ? undefined : parseRfc3339(time);
  return at === undefined ? undefined : msOfNanos(at);
}
