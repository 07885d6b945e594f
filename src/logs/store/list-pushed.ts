import type { SQLInputValue } from 'node:sqlite';
import type { LabelRecord } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { PushedFilter, PushedStream, Scope } from './store.ts';

/** Streams that the scope allows and the filter accepts. */
export function listPushed(catalogue: Catalogue, scope: Scope, { since, until, ids }: PushedFilter): PushedStream[] {
  const terms = ['tenant = ?'];
  const values: SQLInputValue[] = [scope.tenant];
  const add = (term: string, value: SQLInputValue) => {
    terms.push(term);
    values.push(value);
  };
  if (scope.namespaces !== '*') add('namespace IN (SELECT value FROM json_each(?))', JSON.stringify(scope.namespaces));
  if (since !== undefined) add('last_time >= ?', since);
  if (until !== undefined) add('first_time < ?', until);
  if (ids) add('id IN (SELECT value FROM json_each(?))', JSON.stringify(ids));
  const statement =
    catalogue.database.prepare(`SELECT id, tenant, labels, first_time, last_time, line_count, text_bytes,
    last_sequence FROM pushed_streams WHERE ${terms.join(' AND ')} ORDER BY id`);
  statement.setReadBigInts(true);
  return statement.all(...values).map((row) => ({
    id: row.id as string,
    tenant: row.tenant as string,
    labels: JSON.parse(row.labels as string) as LabelRecord,
    provenance: 'asserted',
    firstTime: row.first_time as bigint,
    lastTime: row.last_time as bigint,
    lineCount: Number(row.line_count),
    textBytes: Number(row.text_bytes),
    lastSequence: Number(row.last_sequence),
  }));
}
