import { Fault } from '../../base/fault.ts';
import { type Nanos, nanosOfMs, parseRfc3339 } from '../../base/nanotime.ts';
import type { FilterSettings } from './line-filter.ts';
import { compileNeedle } from './needle.ts';
import type { LogsRequest, Resume } from './protocol.ts';

export const contextLinesMax = 1000;
export const tailMax = 1_000_000;
const idsMax = 10_000;

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'wants a text');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'wants true or false');
const upTo =
  (most: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most
      ? undefined
      : `wants a whole number from 0 to ${most}`;
const time: Check = (value) =>
  typeof value === 'string' && parseRfc3339(value) !== undefined
    ? undefined
    : 'wants a time like 2026-01-31T12:00:00Z (RFC 3339)';
const instance: Check = (value) =>
  value === 'latest' || value === 'all' || Number.isSafeInteger(value)
    ? undefined
    : 'wants latest, all, -N or a restart number';
const stream: Check = (value) => (value === 'stdout' || value === 'stderr' ? undefined : 'wants stdout or stderr');
const workload: Check = (value) => {
  const { kind, name } = (value ?? {}) as Record<string, unknown>;
  return (text(kind) ?? text(name)) ? 'wants a kind and a name' : undefined;
};

const checks: Record<keyof LogsRequest, Check> = {
  namespace: text,
  pod: text,
  workload,
  labelSelector: text,
  allPods: flag,
  container: text,
  allContainers: flag,
  instance,
  since: time,
  sinceSeconds: (value) => (typeof value === 'number' && value >= 0 ? undefined : 'wants a number of seconds'),
  until: time,
  tail: upTo(tailMax),
  stream,
  grep: text,
  ignoreCase: flag,
  invert: flag,
  before: upTo(contextLinesMax),
  after: upTo(contextLinesMax),
  limitBytes: upTo(Number.MAX_SAFE_INTEGER),
  follow: flag,
  followedMax: upTo(Number.MAX_SAFE_INTEGER),
  resume: checkResume,
};

/** Throws Fault `bad-request` that names the field. */
export function checkedRequest(body: unknown): LogsRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Fault('bad-request', 'the request is not a JSON object');
  }
  for (const [field, value] of Object.entries(body)) {
    const check = checks[field as keyof LogsRequest];
    if (!check || !Object.hasOwn(checks, field))
      throw new Fault('bad-request', `${field} is not a field of this request`);
    const problem = check(value);
    if (problem) throw new Fault('bad-request', `${field} ${problem}`);
  }
  const request = body as LogsRequest;
  if (request.container !== undefined && request.allContainers) {
    throw new Fault('bad-request', 'container and allContainers exclude each other');
  }
  if (request.since !== undefined && request.sinceSeconds !== undefined) {
    throw new Fault('bad-request', 'since and sinceSeconds exclude each other');
  }
  if (request.follow && request.until !== undefined) {
    throw new Fault('bad-request', 'follow and until exclude each other');
  }
  return request;
}

export interface ReadingSettings extends FilterSettings {
  before: number;
  after: number;
}

export function readingSettings(request: LogsRequest, nowMs: number): ReadingSettings {
  const { grep, ignoreCase = false, invert = false, until, stream, before = 0, after = 0 } = request;
  return {
    since: sinceOf(request, nowMs),
    until: until === undefined ? undefined : parseRfc3339(until),
    stream,
    needle: grep === undefined ? undefined : compileNeedle(grep, ignoreCase),
    invert,
    before: grep === undefined ? 0 : before,
    after: grep === undefined ? 0 : after,
  };
}

function sinceOf({ since, sinceSeconds, resume }: LogsRequest, nowMs: number): Nanos | undefined {
  if (resume) return resume.cursor.since === null ? undefined : BigInt(resume.cursor.since);
  if (since !== undefined) return parseRfc3339(since);
  return sinceSeconds === undefined ? undefined : nanosOfMs(nowMs - sinceSeconds * 1000);
}

function checkResume(value: unknown): string | undefined {
  const { cursor, skip } = (value ?? {}) as Partial<Resume>;
  const sound =
    typeof cursor === 'object' &&
    (cursor.phase === 'history' || cursor.phase === 'live') &&
    Number.isSafeInteger(cursor.sequence) &&
    Number.isSafeInteger(cursor.startSequence) &&
    Array.isArray(cursor.ids) &&
    cursor.ids.length <= idsMax &&
    cursor.ids.every((id) => typeof id === 'string') &&
    (cursor.since === null || (typeof cursor.since === 'string' && /^-?\d{1,19}$/.test(cursor.since))) &&
    Number.isSafeInteger(skip) &&
    skip! >= 0;
  return sound ? undefined : 'wants a cursor as it was sent, and a number of lines to skip';
}
