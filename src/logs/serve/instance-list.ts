import { Fault } from '../../base/fault.ts';
import { formatRfc3339Nano, type Nanos, parseRfc3339 } from '../../base/nanotime.ts';
import type { Instance, LogStore, Scope } from '../store/store.ts';
import { gapBytes } from './incompleteness.ts';
import type { InstanceEntry, InstancesAnswer } from './protocol.ts';
import { instanceFilter } from './select.ts';

/** Instances in one answer; of more the newest are left out, and the answer says so. */
export const instancesListedMax = 20_000;

const parameters = ['namespace', 'pod', 'workload', 'labelSelector', 'container', 'since', 'until'] as const;
type Parameter = (typeof parameters)[number];

/** Throws Fault `bad-request` that names the parameter. */
export function listInstances(store: LogStore, scope: Scope, query: Record<string, unknown>): InstancesAnswer {
  for (const [name, value] of Object.entries(query)) {
    if (!parameters.includes(name as Parameter))
      throw new Fault('bad-request', `${name} is not a parameter of this path`);
    if (typeof value !== 'string' || value === '') throw new Fault('bad-request', `${name} wants one text`);
  }
  const { namespace, pod, workload, labelSelector, container, since, until } = query as Partial<
    Record<Parameter, string>
  >;
  const found = store.instances(scope, {
    ...instanceFilter({
      ...(namespace === undefined ? {} : { namespace }),
      ...(pod === undefined ? {} : { pod }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(workload === undefined ? {} : { workload: workloadOf(workload) }),
    }),
    ...(container === undefined ? {} : { container }),
    ...(since === undefined ? {} : { since: timeOf('since', since) }),
    ...(until === undefined ? {} : { until: timeOf('until', until) }),
    limit: instancesListedMax + 1,
  });
  return { instances: found.slice(0, instancesListedMax).map(entryOf), truncated: found.length > instancesListedMax };
}

function workloadOf(text: string): { kind: string; name: string } {
  const [kind, name, ...rest] = text.split('/');
  if (!kind || !name || rest.length > 0) throw new Fault('bad-request', 'workload wants KIND/NAME');
  return { kind, name };
}

function timeOf(name: string, text: string): Nanos {
  const time = parseRfc3339(text);
  if (time === undefined) throw new Fault('bad-request', `${name} wants a time like 2026-01-31T12:00:00Z (RFC 3339)`);
  return time;
}

function entryOf({ podFact, gaps, tenant: _, firstSequence: __, ...instance }: Instance): InstanceEntry {
  return {
    ...instance,
    startedAt: textOf(instance.startedAt),
    finishedAt: textOf(instance.finishedAt),
    firstTime: textOf(instance.firstTime),
    lastTime: textOf(instance.lastTime),
    gaps: gaps.map((gap) => ({ reason: gap.reason, bytes: gapBytes(gap), noticedAt: gap.noticedAt })),
    labels: podFact?.labels ?? {},
    owners: (podFact?.owners ?? []).map(({ kind, name }) => ({ kind, name })),
    phase: podFact?.phase ?? null,
    podReason: podFact?.reason || null,
    podDeletedAt: podFact?.deletedAt ?? null,
  };
}

function textOf(time: Nanos | null): string | null {
  return time === null ? null : formatRfc3339Nano(time);
}
