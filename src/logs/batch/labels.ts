import { hash } from 'node:crypto';

/** Names and values of labels, each name once. */
export type LabelRecord = Readonly<Record<string, string>>;

/** The labels by name: the same set always gives the same pairs. */
export function sortedLabels(labels: LabelRecord): [string, string][] {
  const pairs = Object.entries(labels);
  return pairs.every(([name], i) => i === 0 || pairs[i - 1]![0] < name)
    ? pairs
    : pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Names the stream of a tenant that has these labels; 32 hex digits. */
export function pushedStreamId(tenant: string, labels: LabelRecord): string {
  return hash('sha256', JSON.stringify([tenant, sortedLabels(labels)]), 'buffer').toString('hex', 0, 16);
}
