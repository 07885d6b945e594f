import { systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { parse, print } from '../../logs/query/query.ts';
import type { InstanceEntry, InstancesAnswer } from '../../logs/serve/protocol.ts';
import type { ServerAddress } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import type { PatternsFlags } from './patterns.ts';
import { momentMs } from './query-time.ts';
import { workloadKind } from './workload-kind.ts';

/** Lines to be compared: a LogQL query, from a time on (RFC 3339) and up to another. */
export interface ComparedSide {
  query: string;
  start: string;
  end: string;
}

export interface ComparedSides {
  before: ComparedSide;
  after: ComparedSide;
  /** What to call them. */
  names: [string, string];
}

/** Labels that the controllers of workloads put on the pods of a revision. */
const revisionLabels = ['pod-template-hash', 'controller-revision-hash'];
/** Pods of one revision that can be told in a selector. */
const podsMax = 500;

/** What --diff names. Throws Fault `usage`, or what the server answers. */
export async function comparedSides(
  selector: string | undefined,
  flags: PatternsFlags & { diff: string },
  address: ServerAddress,
): Promise<ComparedSides> {
  const workload = /^([\w.-]+)\/([^@]+)(?:@([^.]+)\.\.([^.]+))?$/.exec(flags.diff);
  if (!workload) return betweenTimes(selector, flags);
  if (flags.window !== undefined || flags.since !== undefined || flags.until !== undefined)
    throw new Fault('usage', '--window, --since and --until are for times; rollouts have times of their own');
  const [, kind = '', name = '', older, newer] = workload;
  const path = new URLSearchParams({ namespace: flags.namespace, workload: `${workloadKind(kind)}/${name}` });
  const { instances } = await getJson<InstancesAnswer>(address, `/taffrail/v1/instances?${path}`);
  const revisions = revisionsOf(instances);
  if (revisions.length < 2) {
    const found =
      revisions.length === 0 ? 'no pods of it are stored' : `only one rollout is stored, ${revisions[0]!.name}`;
    throw new Fault('not-found', `${kind}/${name} in ${flags.namespace}: ${found}`);
  }
  const [before, after] = [chosen(revisions, older, -2), chosen(revisions, newer, -1)];
  return betweenRollouts(before, after, selector, flags.namespace);
}

function betweenTimes(selector: string | undefined, { diff, window, until, since }: PatternsFlags & { diff: string }) {
  const [from = '', change = '', ...rest] = diff.split('..');
  if (from === '' || change === '' || rest.length > 0) {
    throw new Fault(
      'usage',
      `--diff: ${JSON.stringify(diff)} is neither two times, like 2h..1h, nor a workload, like deployment/web`,
    );
  }
  if (selector === undefined) throw new Fault('usage', 'say whose patterns: a LogQL selector');
  if (since !== undefined) throw new Fault('usage', '--since does not go with --diff A..B: A is where it begins');
  const nowMs = systemClock.nowMs();
  const [fromMs, changeMs] = [momentMs('--diff', from, nowMs), momentMs('--diff', change, nowMs)];
  const endMs = until === undefined ? nowMs : momentMs('--until', until, nowMs);
  if (fromMs >= changeMs || changeMs >= endMs)
    throw new Fault('usage', '--diff A..B: A comes before B, and B before the end');
  const side = (startMs: number, end: number): ComparedSide => ({
    query: selector,
    start: new Date(startMs).toISOString(),
    end: new Date(window === undefined ? end : Math.min(startMs + window, endMs)).toISOString(),
  });
  return {
    before: side(fromMs, changeMs),
    after: side(changeMs, endMs),
    names: ['before', 'after'],
  } satisfies ComparedSides;
}

interface Revision {
  name: string;
  pods: Set<string>;
  firstMs: number;
  lastMs: number;
}

/** By when their first pod wrote its first line. */
function revisionsOf(instances: readonly InstanceEntry[]): Revision[] {
  const revisions = new Map<string, Revision>();
  for (const { labels, owners, pod, firstTime, lastTime } of instances) {
    if (firstTime === null || lastTime === null) continue;
    const label = revisionLabels.find((one) => labels[one] !== undefined);
    const name = label === undefined ? owners.find(({ kind }) => kind === 'ReplicaSet')?.name : labels[label];
    if (name === undefined) continue;
    const [firstMs, lastMs] = [Date.parse(firstTime), Date.parse(lastTime) + 1];
    const known = revisions.get(name) ?? { name, pods: new Set(), firstMs, lastMs };
    known.pods.add(pod);
    known.firstMs = Math.min(known.firstMs, firstMs);
    known.lastMs = Math.max(known.lastMs, lastMs);
    revisions.set(name, known);
  }
  return [...revisions.values()].sort((a, b) => a.firstMs - b.firstMs);
}

function chosen(revisions: readonly Revision[], begins: string | undefined, place: number): Revision {
  if (begins === undefined) return revisions.at(place)!;
  const found = revisions.filter(({ name }) => name.startsWith(begins) || name.endsWith(`-${begins}`));
  if (found.length === 1) return found[0]!;
  const known = revisions.map(({ name }) => name).join(', ');
  throw new Fault(
    'usage',
    `--diff: ${found.length === 0 ? 'no' : 'more than one'} revision begins with ${begins}; there are ${known}`,
  );
}

/** As long after the change as before it, as far as the older pods reach back. */
function betweenRollouts(
  before: Revision,
  after: Revision,
  selector: string | undefined,
  namespace: string,
): ComparedSides {
  const lengthMs = Math.max(1000, after.lastMs - after.firstMs);
  // What is called the older one may be the newer.
  const changeMs = before.firstMs < after.firstMs ? after.firstMs : before.firstMs + lengthMs;
  const endMs = Math.max(Math.min(before.lastMs, changeMs), before.firstMs + 1000);
  const startMs = Math.max(before.firstMs, endMs - lengthMs);
  const side = ({ name, pods }: Revision, startMs: number, endMs: number): ComparedSide => ({
    query: queryOf(selector, namespace, [...pods], name),
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
  });
  return {
    before: side(before, startMs, endMs),
    after: side(after, after.firstMs, after.firstMs + lengthMs),
    names: [`before, ${before.name}`, `after, ${after.name}`],
  };
}

function queryOf(selector: string | undefined, namespace: string, pods: readonly string[], revision: string): string {
  if (pods.length > podsMax)
    throw new Fault('usage', `revision ${revision} has ${pods.length} pods, more than ${podsMax}`);
  const names = pods.map((pod) => pod.replaceAll('.', '\\.')).join('|');
  const own = `{namespace=${JSON.stringify(namespace)}, pod=~${JSON.stringify(names)}, taffrail_provenance="attested"}`;
  if (selector === undefined) return own;
  const [expr, restriction] = [parse(selector), parse(own)];
  // It was checked that the one is a query for lines, and the other is.
  if (expr.kind !== 'log' || restriction.kind !== 'log') throw new Error('a query for lines is wanted');
  return print({ ...expr, matchers: [...restriction.matchers, ...expr.matchers] });
}
