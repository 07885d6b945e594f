import { parseDurationMs } from '../../base/duration.ts';
import { Fault } from '../../base/fault.ts';
import { msOfNanos, parseRfc3339 } from '../../base/nanotime.ts';

/** Steps that a range query is given when none was said: about one for each column of a chart. */
const stepsWanted = 120;
const niceStepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000,
);

export interface TimeFlags {
  time?: string;
  since?: string;
  until?: string;
  step?: number;
}

export type QueryTime =
  | { kind: 'instant'; timeMs: number }
  | { kind: 'range'; startMs: number; endMs: number; stepMs: number };

/** At one time, or over a range where --since, --until or --step asks for one. Throws Fault `usage`. */
export function queryTime({ time, since, until, step }: TimeFlags, nowMs: number): QueryTime {
  const isRange = since !== undefined || until !== undefined || step !== undefined;
  if (time !== undefined && isRange)
    throw new Fault('usage', '--time asks at one time; --since, --until and --step over a range');
  if (!isRange) return { kind: 'instant', timeMs: time === undefined ? nowMs : momentMs('--time', time, nowMs) };
  const endMs = until === undefined ? nowMs : momentMs('--until', until, nowMs);
  const startMs = since === undefined ? endMs - 3_600_000 : momentMs('--since', since, nowMs);
  if (startMs > endMs) throw new Fault('usage', '--since is later than --until');
  const stepMs = step ?? niceStepMs(endMs - startMs);
  if (stepMs <= 0) throw new Fault('usage', '--step wants a duration longer than nothing');
  return { kind: 'range', startMs, endMs, stepMs };
}

/** How long ago (`2h`), or when: RFC 3339, or seconds since 1970. */
export function momentMs(flag: string, text: string, nowMs: number): number {
  if (/^\d{9,}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const at = parseRfc3339(text);
  if (at !== undefined) return msOfNanos(at);
  try {
    return nowMs - parseDurationMs(text);
  } catch (error) {
    const problem = `${flag}: ${JSON.stringify(text)} is no time; write how long ago, like 2h, or when, like 2026-01-31T12:00:00Z`;
    throw new Fault('usage', problem, { cause: error });
  }
}

function niceStepMs(rangeMs: number): number {
  const least = rangeMs / stepsWanted;
  return niceStepsMs.find((step) => step >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
}
