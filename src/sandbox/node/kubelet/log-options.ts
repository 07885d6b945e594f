import { Fault } from '../../../base/fault.ts';
import { type Nanos, nanosOfMs, parseRfc3339 } from '../../../base/nanotime.ts';

export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  limitBytes: number | undefined;
  since: Nanos | undefined;
}

/** PodLogOptions from a query, as the kubelet reads them. Throws Fault `bad-request`. */
export function logOptionsOf(query: URLSearchParams, nowMs: number): LogOptions {
  const limitBytes = whole(query, 'limitBytes', 1);
  const sinceSeconds = whole(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  const since = sinceTime ? parseRfc3339(sinceTime) : undefined;
  if (sinceTime && since === undefined)
    throw new Fault('bad-request', `sinceTime: Invalid value: "${sinceTime}": not an RFC 3339 time`);
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    // As in Kubernetes, `all` and nothing mean the same.
    tailLines: query.get('tailLines') === 'all' ? undefined : whole(query, 'tailLines', 0),
    limitBytes,
    since: sinceSeconds === undefined ? since : nanosOfMs(nowMs - sinceSeconds * 1000),
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  return ['true', '1', 't', ''].includes(query.get(name)?.toLowerCase() ?? 'false');
}

function whole(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least) {
    throw new Fault('bad-request', `${name}: Invalid value: "${text}": must be greater than or equal to ${least}`);
  }
  return Number(text);
}
