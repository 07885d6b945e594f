/** Durations as Prometheus writes them: `1h30m`, units from the largest to the smallest, whole numbers. */
const UNITS: readonly [string, number][] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];
/** What fits into 63 bits of nanoseconds. */
const durationMsMax = 2 ** 63 / 1e6;

export class DurationError extends Error {}

/** Throws DurationError in Prometheus's words. */
export function parsePrometheusDurationMs(text: string): number {
  if (text === '0') return 0;
  if (text === '') throw new DurationError('empty duration string');
  const parts = /^(?:\d+[^\d]+)+$/.test(text) ? [...text.matchAll(/(\d+)([^\d]+)/g)] : [];
  if (parts.length === 0) throw new DurationError(`not a valid duration string: ${JSON.stringify(text)}`);
  let total = 0;
  let last = -1;
  for (const [, digits, unit] of parts) {
    const at = UNITS.findIndex(([name]) => name === unit);
    if (at < 0) throw new DurationError(`unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    if (at <= last) throw new DurationError(`not a valid duration string: ${JSON.stringify(text)}`);
    last = at;
    total += Number(digits) * UNITS[at]![1];
    if (total > durationMsMax) throw new DurationError('duration out of range');
  }
  return total;
}

export function formatPrometheusDuration(milliseconds: number): string {
  let rest = Math.trunc(Math.abs(milliseconds));
  if (rest === 0) return '0s';
  let text = milliseconds < 0 ? '-' : '';
  for (const [unit, unitMs] of UNITS) {
    // Years and weeks only where nothing remains: 90d reads better than 12w6d.
    if ((unit === 'y' || unit === 'w') && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
