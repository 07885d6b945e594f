import {
  DurationError,
  formatPrometheusDuration,
  parsePrometheusDurationMs,
} from '../../../base/prometheus-duration.ts';

/** Durations in nanoseconds, as Prometheus (`1h30m`, whole numbers, from the largest unit down) and as Go (`1.5h`, `-2us`) write them. */
const MS = 1e6;
const GO_UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000 * MS],
  ['m', 60_000 * MS],
  ['s', 1000 * MS],
  ['ms', MS],
  ['us', 1000],
  ['µs', 1000],
  ['μs', 1000],
  ['ns', 1],
]);
const durationNsMax = 2 ** 63;

export { DurationError };

/** Prometheus's form. Throws DurationError in its words. */
export function parsePrometheusDuration(text: string): number {
  return parsePrometheusDurationMs(text) * MS;
}

const GO_PART = /(\d*\.?\d*)([^\d.]*)/y;

/** Go's `time.ParseDuration`. Throws DurationError in its words. */
export function parseGoDuration(text: string): number {
  const invalid = () => new DurationError(`time: invalid duration ${JSON.stringify(text)}`);
  const sign = text.startsWith('-') ? -1 : 1;
  const rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw invalid();
  let total = 0;
  for (let at = 0; at < rest.length; at = GO_PART.lastIndex) {
    GO_PART.lastIndex = at;
    const [, number = '', unit = ''] = GO_PART.exec(rest)!;
    if (!/\d/.test(number)) throw invalid();
    if (unit === '') throw new DurationError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const unitNs = GO_UNITS.get(unit);
    if (unitNs === undefined) {
      throw new DurationError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    }
    const [whole = '', fraction = ''] = number.split('.');
    total += Number(whole) * unitNs + Math.trunc((Number(fraction || '0') / 10 ** fraction.length) * unitNs);
    if (total >= durationNsMax) throw invalid();
  }
  return sign * total;
}

/** As a query may write it: Prometheus's form first, then Go's. Undefined where it is neither. */
export function parseQueryDuration(text: string): number | undefined {
  for (const parse of [parsePrometheusDuration, parseGoDuration]) {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof DurationError)) throw error;
    }
  }
  return undefined;
}

/** The shortest text that reads back: Prometheus's form for whole milliseconds, else Go's. */
export function formatDurationNs(durationNs: number): string {
  // A sign, and parts of a millisecond, are Go's alone.
  if (durationNs >= 0 && durationNs % MS === 0) return formatPrometheusDuration(durationNs / MS);
  let rest = Math.abs(durationNs);
  let text = durationNs < 0 ? '-' : '';
  for (const [unit, unitNs] of GO_UNITS) {
    if (/[µμ]/.test(unit)) continue;
    const count = Math.floor(rest / unitNs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitNs;
  }
  return text;
}

/** Go's `Duration.String`: `1h0m0s`, `1.5s`, `25ms`. */
export function goDurationString(durationNs: number): string {
  if (durationNs === 0) return '0s';
  const sign = durationNs < 0 ? '-' : '';
  const ns = Math.abs(durationNs);
  if (ns < 1000) return `${sign}${ns}ns`;
  if (ns < MS) return `${sign}${ns / 1000}µs`;
  if (ns < 1000 * MS) return `${sign}${ns / MS}ms`;
  const minutesAll = Math.floor(ns / (60_000 * MS));
  const seconds = `${(ns - minutesAll * 60_000 * MS) / (1000 * MS)}s`;
  if (minutesAll === 0) return sign + seconds;
  const hours = Math.floor(minutesAll / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutesAll % 60}m${seconds}`;
}
