import { Fault } from '../../base/fault.ts';
import { parseRfc3339 } from '../../base/nanotime.ts';
import type { LogsRequest } from '../../logs/serve/protocol.ts';
import { logTarget } from './log-target.ts';
import type { LogsFlags } from './logs-flags.ts';
import { momentMs } from './query-time.ts';

/** kubectl's own defaults. */
const tailWithSelector = 10;
const followedMaxDefault = 5;

/** What the server is asked. Throws Fault `usage`, in kubectl's words where it has words for it. */
export function logsRequest(
  pod: string | undefined,
  container: string | undefined,
  flags: LogsFlags,
  nowMs: number,
): LogsRequest {
  check(pod, container, flags);
  const named = container ?? flags.container;
  const { tail = flags.selector === undefined ? -1 : tailWithSelector } = flags;
  const followedMax = flags.maxLogRequests ?? (flags.allNamespaces ? undefined : followedMaxDefault);
  return withoutUndefined({
    ...logTarget(pod),
    ...(flags.allNamespaces ? {} : { namespace: flags.namespace }),
    labelSelector: flags.selector,
    allPods: flags.allPods,
    container: named,
    allContainers: flags.allContainers,
    instance: flags.previous ? -1 : flags.instance,
    since: flags.sinceTime,
    sinceSeconds: flags.since ? flags.since / 1000 : undefined,
    until: momentOf('--until', flags.until, nowMs),
    tail: tail < 0 ? undefined : tail,
    stream: flags.stream,
    grep: flags.grep,
    ignoreCase: flags.ignoreCase,
    invert: flags.invert,
    before: flags.before ?? flags.around,
    after: flags.after ?? flags.around,
    limitBytes: flags.limitBytes || undefined,
    follow: flags.follow,
    followedMax: flags.follow ? followedMax : undefined,
  });
}

function check(pod: string | undefined, container: string | undefined, flags: LogsFlags): void {
  if (pod === undefined && flags.selector === undefined && !flags.allNamespaces) {
    throw usage(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  }
  if (pod !== undefined && flags.selector !== undefined) throw usage('only a selector (-l) or a POD name is allowed');
  if (container !== undefined && flags.container !== undefined) {
    throw usage('only one of -c or an inline [CONTAINER] arg is allowed');
  }
  const named = container ?? flags.container;
  if (named !== undefined && flags.allContainers) {
    throw usage(`--all-containers=true should not be specified with container name ${named}`);
  }
  if (flags.since !== undefined && flags.sinceTime !== undefined) {
    throw usage('at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  if (flags.previous && flags.instance !== undefined) throw usage('--previous and --instance exclude each other');
  if (flags.around !== undefined && (flags.before !== undefined || flags.after !== undefined)) {
    throw usage('--around excludes --before and --after');
  }
  for (const name of ['ignoreCase', 'invert', 'before', 'after', 'around'] as const) {
    if (flags[name] !== undefined && flags.grep === undefined) {
      throw usage(`--${name.replace('C', '-c')} says something about --grep, which is not given`);
    }
  }
  checkTime('--since-time', flags.sinceTime);
  if (flags.follow && flags.until !== undefined) throw usage('--follow and --until exclude each other');
}

function checkTime(flag: string, text: string | undefined): void {
  if (text !== undefined && parseRfc3339(text) === undefined) {
    throw usage(`${flag} wants a time like 2026-01-31T12:00:00Z (RFC 3339), not ${JSON.stringify(text)}`);
  }
}

/** As it was written where it is a time, to the nanosecond. */
function momentOf(flag: string, text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined || parseRfc3339(text) !== undefined) return text;
  return new Date(momentMs(flag, text, nowMs)).toISOString();
}

function usage(message: string): Fault {
  return new Fault('usage', message);
}

function withoutUndefined(fields: { [Field in keyof LogsRequest]: LogsRequest[Field] | undefined }): LogsRequest {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
