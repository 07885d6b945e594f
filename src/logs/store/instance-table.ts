import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { parseRfc3339 } from '../../base/nanotime.ts';
import type { InstanceFact, InstanceId, InstanceKey } from '../batch/batch.ts';

/** What deciding over identity and appending needs of an instance; listings read more (see listing.ts). */
export interface InstanceRow {
  row: number;
  id: InstanceId;
  tenant: string;
  key: InstanceKey;
  namespace: string;
  pod: string;
  node: string;
  containerId: string | null;
  deleted: boolean;
  /** When the store first heard of it. */
  arrivedMs: number;
}

export interface NewInstance {
  id: InstanceId;
  tenant: string;
  key: InstanceKey;
  namespace: string;
  pod: string;
  node: string;
  sequence: number;
  receivedMs: number;
  /** Of the first record that speaks of it. */
  pack: number;
}

/** What a block adds to, or takes from, its instance. */
export interface Tally {
  lineCount: number;
  textBytes: number;
}

const COLUMNS =
  'row, id, tenant, cluster, pod_uid, container, attempt, namespace, pod, node, container_id, deleted, arrived_ms' as const;

/** Columns that a state record carries over as they are. */
const STATE_COLUMNS = [
  ...['id', 'cluster', 'pod_uid', 'container', 'attempt', 'namespace', 'pod', 'node', 'container_id', 'container_kind'],
  ...['image', 'started_at', 'finished_at', 'exit_code', 'signal', 'reason', 'message', 'first_time', 'last_time'],
  ...['line_count', 'text_bytes', 'excluded_bytes', 'lag_bytes', 'ended', 'deleted', 'first_sequence', 'arrived_ms'],
] as const;

export type InstanceColumns = Record<string, string | number | null>;

/** Instances and the ids under which they are known. Invariant: an id is an instance's own or an alias, never both. */
export class InstanceTable {
  readonly #byId: StatementSync;
  readonly #byAlias: StatementSync;
  readonly #byRow: StatementSync;
  readonly #byKey: StatementSync;
  readonly #insert: StatementSync;
  readonly #where: StatementSync;
  readonly #seen: StatementSync;
  readonly #containerId: StatementSync;
  readonly #facts: StatementSync;
  readonly #tally: StatementSync;
  readonly #untally: StatementSync;
  readonly #excluded: StatementSync;
  readonly #progress: StatementSync;
  readonly #delete: StatementSync;
  readonly #absorb: StatementSync;
  readonly #remove: StatementSync;
  readonly #addAlias: StatementSync;
  readonly #moveAliases: StatementSync;
  readonly #aliases: StatementSync;
  readonly #removeAliases: StatementSync;
  readonly #noteState: StatementSync;
  readonly #stateBefore: StatementSync;
  readonly #stateBytes: StatementSync;
  readonly #columns: StatementSync;
  readonly #restore: StatementSync;
  readonly #forgettable: StatementSync;
  readonly #recount: StatementSync;
  readonly #count: StatementSync;

  constructor(database: DatabaseSync) {
    const select = (rest: string) => database.prepare(`SELECT ${COLUMNS} FROM instances ${rest}`);
    this.#byId = select('WHERE id = ?');
    this.#byAlias = select('WHERE row = (SELECT instance FROM aliases WHERE id = ?)');
    this.#byRow = select('WHERE row = ?');
    this.#byKey = select(
      'WHERE tenant = ? AND cluster = ? AND pod_uid = ? AND container = ? AND attempt = ? ORDER BY row',
    );
    this.#insert = database.prepare(`INSERT INTO instances (id, tenant, cluster, pod_uid, container, attempt, namespace,
      pod, node, first_sequence, arrived_ms, seen_ms, state_pack) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING row`);
    this.#where = database.prepare(`UPDATE instances SET cluster = ?, pod_uid = ?, container = ?, attempt = ?,
      namespace = ?, pod = ?, node = ? WHERE row = ?`);
    this.#seen = database.prepare('UPDATE instances SET seen_ms = max(seen_ms, ?) WHERE row = ?');
    this.#containerId = database.prepare('UPDATE instances SET container_id = ? WHERE row = ?');
    this.#facts = database.prepare(`UPDATE instances SET container_kind = coalesce(?, container_kind),
      image = coalesce(?, image), started_at = coalesce(?, started_at), finished_at = coalesce(?, finished_at),
      exit_code = coalesce(?, exit_code), signal = coalesce(?, signal), reason = coalesce(?, reason),
      message = coalesce(?, message) WHERE row = ?`);
    this.#tally = database.prepare(`UPDATE instances SET line_count = line_count + ?, text_bytes = text_bytes + ?,
      first_time = min(coalesce(first_time, ?3), ?3), last_time = max(coalesce(last_time, ?4), ?4) WHERE row = ?5`);
    this.#untally = database.prepare(`UPDATE instances SET line_count = line_count - ?1, text_bytes = text_bytes - ?2,
      first_time = (SELECT min(time_min) FROM blocks WHERE instance = ?3),
      last_time = (SELECT max(time_max) FROM blocks WHERE instance = ?3) WHERE row = ?3`);
    this.#excluded = database.prepare('UPDATE instances SET excluded_bytes = excluded_bytes + ? WHERE row = ?');
    this.#progress = database.prepare(
      'UPDATE instances SET lag_bytes = ?, ended = ?, seen_ms = max(seen_ms, ?) WHERE row = ?',
    );
    this.#delete =
      database.prepare(`UPDATE instances SET deleted = 1, line_count = 0, text_bytes = 0, excluded_bytes = 0,
      first_time = NULL, last_time = NULL, image = NULL, reason = NULL, message = NULL WHERE row = ?`);
    this.#absorb = database.prepare(`UPDATE instances SET
      line_count = instances.line_count + other.line_count, text_bytes = instances.text_bytes + other.text_bytes,
      excluded_bytes = instances.excluded_bytes + other.excluded_bytes,
      first_time = min(coalesce(instances.first_time, other.first_time), coalesce(other.first_time, instances.first_time)),
      last_time = max(coalesce(instances.last_time, other.last_time), coalesce(other.last_time, instances.last_time)),
      container_kind = coalesce(instances.container_kind, other.container_kind),
      image = coalesce(instances.image, other.image),
      started_at = coalesce(instances.started_at, other.started_at),
      finished_at = coalesce(other.finished_at, instances.finished_at),
      exit_code = coalesce(other.exit_code, instances.exit_code), signal = coalesce(other.signal, instances.signal),
      reason = coalesce(other.reason, instances.reason), message = coalesce(other.message, instances.message),
      lag_bytes = coalesce(other.lag_bytes, instances.lag_bytes), ended = other.ended,
      first_sequence = min(instances.first_sequence, other.first_sequence), seen_ms = max(instances.seen_ms, other.seen_ms)
      FROM (SELECT * FROM instances WHERE row = ?1) AS other WHERE instances.row = ?2`);
    this.#remove = database.prepare('DELETE FROM instances WHERE row = ?');
    this.#addAlias = database.prepare('INSERT INTO aliases (id, instance) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#moveAliases = database.prepare('UPDATE aliases SET instance = ? WHERE instance = ?');
    this.#aliases = database.prepare('SELECT id FROM aliases WHERE instance = ?');
    this.#removeAliases = database.prepare('DELETE FROM aliases WHERE instance = ?');
    this.#noteState = database.prepare('UPDATE instances SET state_pack = ?, state_bytes = ? WHERE row = ?');
    this.#stateBefore = database.prepare('SELECT row FROM instances WHERE state_pack <= ? ORDER BY row');
    this.#stateBytes = database.prepare(
      'SELECT state_pack AS pack, sum(state_bytes) AS bytes FROM instances WHERE state_bytes > 0 GROUP BY state_pack',
    );
    this.#columns = database.prepare(`SELECT ${STATE_COLUMNS.map(asText).join(', ')} FROM instances WHERE row = ?`);
    this.#restore = database.prepare(
      `UPDATE instances SET ${STATE_COLUMNS.map((name) => `${name} = ?`).join(', ')} WHERE row = ?`,
    );
    this.#recount = database.prepare(`UPDATE instances SET (line_count, text_bytes, first_time, last_time) =
      (SELECT coalesce(sum(line_count), 0), coalesce(sum(text_bytes), 0), min(time_min), max(time_max)
       FROM blocks WHERE blocks.instance = instances.row)`);
    this.#count = database.prepare('SELECT count(*) AS count FROM instances WHERE deleted = 0');
    this.#forgettable = select(`WHERE seen_ms < CASE deleted WHEN 1 THEN ? ELSE ? END AND NOT EXISTS
      (SELECT 1 FROM blocks WHERE blocks.instance = instances.row) LIMIT ?`);
  }

  /** By its own id or an alias. */
  find(tenant: string, id: InstanceId): InstanceRow | undefined {
    const row = this.#byId.get(id) ?? this.#byAlias.get(id);
    return row && row.tenant === tenant ? instanceOf(row) : undefined;
  }

  byRow(row: number): InstanceRow | undefined {
    const found = this.#byRow.get(row);
    return found && instanceOf(found);
  }

  byKey(tenant: string, key: InstanceKey): InstanceRow[] {
    return this.#byKey.all(tenant, key.cluster, key.podUid, key.container, key.attempt).map(instanceOf);
  }

  insert(instance: NewInstance): number {
    const { id, tenant, key, namespace, pod, node, sequence, receivedMs, pack } = instance;
    const values = [id, tenant, key.cluster, key.podUid, key.container, key.attempt, namespace, pod, node];
    return (this.#insert.get(...values, sequence, receivedMs, receivedMs, pack) as { row: number }).row;
  }

  setPlace(row: number, key: InstanceKey, namespace: string, pod: string, node: string): void {
    this.#where.run(key.cluster, key.podUid, key.container, key.attempt, namespace, pod, node, row);
  }

  markSeen(row: number, nowMs: number): void {
    this.#seen.run(nowMs, row);
  }

  setContainerId(row: number, containerId: string): void {
    this.#containerId.run(containerId, row);
  }

  setFacts(row: number, fact: InstanceFact): void {
    const { containerKind, image, startedAt, finishedAt, exitCode, signal, reason, message } = fact;
    const values = [containerKind, image, nanosOf(startedAt), nanosOf(finishedAt), exitCode, signal, reason, message];
    this.#facts.run(...values.map((value): SQLInputValue => value ?? null), row);
  }

  addTally(row: number, tally: Tally, timeMin: bigint, timeMax: bigint): void {
    this.#tally.run(tally.lineCount, tally.textBytes, timeMin, timeMax, row);
  }

  /** After the blocks are gone from their table. */
  removeTally(row: number, tally: Tally): void {
    this.#untally.run(tally.lineCount, tally.textBytes, row);
  }

  addExcluded(row: number, bytes: number): void {
    this.#excluded.run(bytes, row);
  }

  setProgress(row: number, lagBytes: number, ended: boolean, nowMs: number): void {
    this.#progress.run(lagBytes, ended ? 1 : 0, nowMs, row);
  }

  markDeleted(row: number): void {
    this.#delete.run(row);
  }

  /** `from` turns out to be the same run as `to`; its blocks and segments must have been moved already. */
  absorb(from: InstanceRow, to: InstanceRow): void {
    this.#absorb.run(from.row, to.row);
    this.#moveAliases.run(to.row, from.row);
    this.#remove.run(from.row);
    this.#addAlias.run(from.id, to.row);
  }

  aliases(row: number): InstanceId[] {
    return this.#aliases.all(row).map((alias) => alias.id as string);
  }

  addAlias(row: number, id: InstanceId): void {
    this.#addAlias.run(id, row);
  }

  remove(row: number): void {
    this.#removeAliases.run(row);
    this.#remove.run(row);
  }

  noteState(row: number, pack: number, bytes: number): void {
    this.#noteState.run(pack, bytes, row);
  }

  /** Instances of which something is said in `pack` or before it that no later pack repeats. */
  withStateUpTo(pack: number): number[] {
    return this.#stateBefore.all(pack).map((row) => row.row as number);
  }

  stateBytesByPack(): Map<number, number> {
    return new Map(this.#stateBytes.all().map((row) => [row.pack as number, row.bytes as number]));
  }

  count(): number {
    return this.#count.get()!.count as number;
  }

  /** Counts again from the blocks; after a replay, which may have met only part of what was there. */
  recount(): void {
    this.#recount.run();
  }

  /** All columns as plain JSON; times as decimal text. */
  columns(row: number): InstanceColumns {
    return { ...this.#columns.get(row) } as InstanceColumns;
  }

  restore(row: number, columns: InstanceColumns): void {
    this.#restore.run(...STATE_COLUMNS.map((name): SQLInputValue => restored(name, columns[name] ?? null)), row);
  }

  /** Instances without any block that no agent has spoken of since `seenBeforeMs`; deleted ones have a time of their own. */
  forgettable(seenBeforeMs: number, deletedSeenBeforeMs: number, limit: number): InstanceRow[] {
    return this.#forgettable.all(deletedSeenBeforeMs, seenBeforeMs, limit).map(instanceOf);
  }
}

const isTime = (name: string) => name.endsWith('_at') || name.endsWith('_time');
const asText = (name: string) => (isTime(name) ? `CAST(${name} AS TEXT) AS ${name}` : name);
const restored = (name: string, value: string | number | null) =>
  isTime(name) && value !== null ? BigInt(value) : value;

function nanosOf(text: string | undefined): bigint | null {
  return text === undefined || text === null ? null : (parseRfc3339(text) ?? null);
}

function instanceOf(row: Record<string, unknown>): InstanceRow {
  return {
    row: row.row as number,
    id: row.id as string,
    tenant: row.tenant as string,
    key: {
      cluster: row.cluster as string,
      podUid: row.pod_uid as string,
      container: row.container as string,
      attempt: row.attempt as number,
    },
    namespace: row.namespace as string,
    pod: row.pod as string,
    node: row.node as string,
    containerId: row.container_id as string | null,
    deleted: row.deleted === 1,
    arrivedMs: row.arrived_ms as number,
  };
}
