/**
 * Times of log lines: nanoseconds since 1970 in UTC, as bigint, because a double holds only the microseconds of today.
 * The text form is RFC 3339 as Go's RFC3339Nano prints it: trailing zeros of the fraction are cut, UTC is `Z`.
 */
export type Nanos = bigint;

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_S = 1_000_000_000n;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

export function nanosOfMs(ms: number): Nanos {
  return BigInt(Math.trunc(ms)) * NANOS_PER_MS;
}

export function msOfNanos(nanos: Nanos): number {
  return Number(nanos / NANOS_PER_MS);
}

/** Undefined if the text is not an RFC 3339 time or names a day or hour that does not exist. */
export function parseRfc3339(text: string): Nanos | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match as unknown as string[];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  let seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  if (zone!.length > 1) {
    const sign = zone!.startsWith('-') ? 1 : -1;
    seconds += sign * (Number(zone!.slice(1, 3)) * 3600 + Number(zone!.slice(4, 6)) * 60);
  }
  return BigInt(seconds) * NANOS_PER_S + BigInt(fraction.padEnd(9, '0'));
}

export function formatRfc3339Nano(nanos: Nanos): string {
  let seconds = nanos / NANOS_PER_S;
  let fraction = nanos % NANOS_PER_S;
  if (fraction < 0n) {
    seconds -= 1n;
    fraction += NANOS_PER_S;
  }
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  if (fraction === 0n) return `${whole}Z`;
  return `${whole}.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}Z`;
}
