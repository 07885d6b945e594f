import type { SQLInputValue } from 'node:sqlite';
import type { PodFact } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { Instance, InstanceFilter, Scope } from './store.ts';

const SELECT = `SELECT i.row, i.id, i.tenant, i.cluster, i.pod_uid, i.container, i.attempt, i.namespace, i.pod, i.node,
  i.container_kind, i.container_id, i.image, i.started_at, i.finished_at, i.exit_code, i.signal, i.reason, i.message,
  i.first_time, i.last_time, i.line_count, i.text_bytes, i.excluded_bytes, i.lag_bytes, i.ended, i.first_sequence, p.fact,
  EXISTS (SELECT 1 FROM gaps WHERE gaps.instance = i.row) AS gapped
  FROM instances i LEFT JOIN pods p ON p.tenant = i.tenant AND p.cluster = i.cluster AND p.pod_uid = i.pod_uid`;
const ORDER = `ORDER BY coalesce(i.started_at, i.first_time, i.arrived_ms * 1000000), i.first_sequence, i.row`;

/** Instances that the scope allows and the filter accepts, by start. */
export function listInstances(catalogue: Catalogue, scope: Scope, filter: InstanceFilter): Instance[] {
  const { where, values } = conditions(scope, filter);
  const statement = catalogue.database.prepare(`${SELECT} WHERE ${where} ${ORDER}`);
  statement.setReadBigInts(true);
  const found: Instance[] = [];
  for (const row of statement.iterate(...values)) {
    if (filter.limit !== undefined && found.length >= filter.limit) break;
    const instance = instanceOf(catalogue, row);
    if (filter.labels && !filter.labels(instance.podFact?.labels ?? {})) continue;
    found.push(instance);
  }
  return found;
}

function conditions(scope: Scope, filter: InstanceFilter): { where: string; values: SQLInputValue[] } {
  const terms = ['i.tenant = ?', 'i.deleted = 0'];
  const values: SQLInputValue[] = [scope.tenant];
  const add = (term: string, ...more: SQLInputValue[]) => {
    terms.push(term);
    values.push(...more);
  };
  if (scope.namespaces !== '*')
    add('i.namespace IN (SELECT value FROM json_each(?))', JSON.stringify(scope.namespaces));
  if (filter.namespace !== undefined) add('i.namespace = ?', filter.namespace);
  if (filter.pod !== undefined) add('i.pod = ?', filter.pod);
  if (filter.podUid !== undefined) add('i.pod_uid = ?', filter.podUid);
  if (filter.container !== undefined) add('i.container = ?', filter.container);
  if (filter.workload) {
    const { kind, name } = filter.workload;
    add('p.row IN (SELECT pod FROM pod_owners WHERE kind = ? AND name = ?)', kind.toLowerCase(), name);
  }
  if (filter.since !== undefined) add('(i.ended = 0 OR i.last_time IS NULL OR i.last_time >= ?)', filter.since);
  if (filter.until !== undefined) add('(i.first_time IS NULL OR i.first_time < ?)', filter.until);
  if (filter.ids) {
    const ids = JSON.stringify(filter.ids);
    add(
      `(i.id IN (SELECT value FROM json_each(?)) OR i.row IN
        (SELECT instance FROM aliases WHERE id IN (SELECT value FROM json_each(?))))`,
      ids,
      ids,
    );
  }
  return { where: terms.join(' AND '), values };
}

function instanceOf(catalogue: Catalogue, row: Record<string, unknown>): Instance {
  const number = (name: string) => (row[name] === null ? null : Number(row[name]));
  const text = (name: string) => row[name] as string | null;
  return {
    id: row.id as string,
    key: {
      cluster: row.cluster as string,
      podUid: row.pod_uid as string,
      container: row.container as string,
      attempt: Number(row.attempt),
    },
    tenant: row.tenant as string,
    namespace: row.namespace as string,
    pod: row.pod as string,
    node: row.node as string,
    containerKind: row.container_kind as Instance['containerKind'],
    containerId: text('container_id'),
    image: text('image'),
    startedAt: row.started_at as bigint | null,
    finishedAt: row.finished_at as bigint | null,
    exitCode: number('exit_code'),
    signal: number('signal'),
    reason: text('reason'),
    message: text('message'),
    firstTime: row.first_time as bigint | null,
    lastTime: row.last_time as bigint | null,
    lineCount: Number(row.line_count),
    textBytes: Number(row.text_bytes),
    gaps: row.gapped === 1n ? catalogue.segments.gaps(Number(row.row)) : [],
    excludedBytes: Number(row.excluded_bytes),
    lagBytes: number('lag_bytes'),
    ended: row.ended === 1n,
    podFact: row.fact === null ? null : (JSON.parse(row.fact as string) as PodFact),
    firstSequence: Number(row.first_sequence),
  };
}
