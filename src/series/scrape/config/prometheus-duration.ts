const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const unitNames = ['y', 'w', 'd', 'h', 'm', 's', 'ms'];
const unitsMs = [365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1];

/** Milliseconds of a duration as prometheus.yml writes it: `15s`, `1m30s`, `500ms`, `1d`. Undefined where the text is none. */
export function parsePrometheusDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  if (!match) return undefined;
  const totalMs = unitsMs.reduce((sum, unitMs, at) => sum + Number(match[at + 1] ?? 0) * unitMs, 0);
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** As Prometheus writes it: years, weeks and days only where nothing is left over. */
export function formatPrometheusDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = durationMs;
  let text = '';
  unitNames.forEach((name, at) => {
    const unitMs = unitsMs[at]!;
    if (at < 3 && rest % unitMs !== 0) return;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${name}`;
    rest -= count * unitMs;
  });
  return text;
}
