import type { Amounts, PartialAmounts } from './amounts.ts';
import type { Explained } from './explain.ts';
import type { Row } from './row.ts';
import type { View } from './view.ts';

/** For `-o json` and `-o yaml`. Amounts are whole nanocores and bytes; what is not known or not set is left out. */
export function dataOf(view: View, explained: readonly Explained[]): object {
  return {
    level: view.level,
    ...(view.cluster ? { cluster: clusterData(view.cluster) } : { items: view.rows.map(rowData) }),
    total: rowData(view.total),
    unserved: explained,
    ...(view.notes.length > 0 ? { notes: view.notes } : {}),
  };
}

function rowData({ namespace, name, container, usage, available, timestamp, window, facts }: Row): object {
  return {
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(container === undefined ? {} : { container }),
    ...(timestamp ? { timestamp } : {}),
    ...(window ? { window } : {}),
    ...(usage ? { usage: numbers(usage) } : {}),
    ...(available ? { available: numbers(available) } : {}),
    ...(facts
      ? {
          requests: numbers(facts.requests),
          limits: numbers(facts.limits),
          restarts: facts.restarts,
          ...(Number.isFinite(facts.createdMs) ? { createdAt: new Date(facts.createdMs).toISOString() } : {}),
          ...(facts.pods ? { pods: facts.pods } : {}),
        }
      : {}),
  };
}

function clusterData({ nodes, pods, ...parts }: NonNullable<View['cluster']>): object {
  return { nodes, pods, ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, numbers(part)])) };
}

function numbers({ cpuNanocores, memoryBytes }: Amounts | PartialAmounts): object {
  return {
    ...(cpuNanocores === undefined ? {} : { cpuNanocores: Number(cpuNanocores) }),
    ...(memoryBytes === undefined ? {} : { memoryBytes: Number(memoryBytes) }),
  };
}
