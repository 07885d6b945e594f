const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;

/** A length of time as kubectl prints it in AGE: two units at most, the fewer the longer it is (`5m3s`, `26h`, `3d4h`). */
export function formatAge(ms: number): string {
  if (ms < -2 * secondMs) return '<invalid>';
  if (ms < 0) return '0s';
  if (ms < 2 * minuteMs) return `${Math.floor(ms / secondMs)}s`;
  if (ms < 10 * minuteMs) return two(ms, minuteMs, 'm', secondMs, 's');
  if (ms < 3 * hourMs) return `${Math.floor(ms / minuteMs)}m`;
  if (ms < 8 * hourMs) return two(ms, hourMs, 'h', minuteMs, 'm');
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)}h`;
  if (ms < 8 * dayMs) return two(ms, dayMs, 'd', hourMs, 'h');
  if (ms < 2 * yearMs) return `${Math.floor(ms / dayMs)}d`;
  if (ms < 8 * yearMs) return two(ms, yearMs, 'y', dayMs, 'd');
  return `${Math.floor(ms / yearMs)}y`;
}

function two(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)}${large}${rest === 0 ? '' : `${rest}${small}`}`;
}
