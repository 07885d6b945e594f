import type { X509Certificate } from 'node:crypto';

const dayMs = 24 * 3600_000;
const soonMs = 14 * dayMs;

/** What its dates say against it: `expired` is of no use, `soon` will be so within two weeks. */
export function validity(
  certificate: X509Certificate,
  nowMs: number,
): { state: 'good' | 'soon' | 'bad'; says: string } {
  const { validFromDate, validToDate } = certificate;
  const until = validToDate.toISOString().slice(0, 10);
  if (nowMs > validToDate.getTime()) return { state: 'bad', says: `expired on ${until}` };
  if (nowMs < validFromDate.getTime()) return { state: 'bad', says: `not valid before ${validFromDate.toISOString()}` };
  const state = validToDate.getTime() - nowMs < soonMs ? 'soon' : 'good';
  return { state, says: `valid until ${until}` };
}

export function namesOf({ subject, subjectAltName }: X509Certificate): string {
  return subjectAltName || subject?.replaceAll('\n', ', ') || 'nobody';
}
