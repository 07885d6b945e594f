import { Fault } from './fault.ts';

const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/y;

/** Milliseconds of a duration as Go writes it (`1h30m`, `1.5s`), with `d` and `w` besides. Throws Fault `usage`. */
export function parseDurationMs(text: string): number {
  if (text === '0') return 0;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (!match) break;
    total += Number(match[1]) * UNIT_MS[match[2]!]!;
    at = PART.lastIndex;
  }
  if (at === 0 || at !== text.length) {
    throw new Fault('usage', `${JSON.stringify(text)} is not a duration; write it like 30s, 5m, 1h30m or 7d`);
  }
  return total;
}
