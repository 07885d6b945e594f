import { createHash } from 'node:crypto';

/** Names and values of labels, each name once. */
export type LabelRecord = Readonly<Record<string, string>>;

/** The labels by name: the same set always gives the same pairs. */
export function sortedLabels(labels: LabelRecord): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Names the stream of a tenant that has these labels; 32 hex digits. */
export function pushedStreamId(tenant: string, labels: LabelRecord): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, sortedLabels(labels)]))
    .digest('hex')
    .slice(0, 32);
}
