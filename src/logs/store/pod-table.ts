import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PodFact } from '../batch/batch.ts';

/** So many states of one pod over time are kept, the latest ones. */
const podStatesMax = 100;

export interface PodState {
  receivedMs: number;
  phase: string;
  reason: string;
  deletedAt: string | null;
}

export interface PodRow {
  row: number;
  tenant: string;
  cluster: string;
  podUid: string;
  fact: PodFact;
  receivedMs: number;
}

/** Pods as last seen, and their phases over time. Invariant: a pod's owners are those of its fact. */
export class PodTable {
  readonly #get: StatementSync;
  readonly #byRow: StatementSync;
  readonly #set: StatementSync;
  readonly #setState: StatementSync;
  readonly #addState: StatementSync;
  readonly #states: StatementSync;
  readonly #trimStates: StatementSync;
  readonly #addOwner: StatementSync;
  readonly #removeOwners: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeStates: StatementSync;
  readonly #stateBefore: StatementSync;
  readonly #unused: StatementSync;
  readonly #stateBytes: StatementSync;

  constructor(database: DatabaseSync) {
    const columns = 'row, tenant, cluster, pod_uid, fact, received_ms';
    this.#get = database.prepare(`SELECT ${columns} FROM pods WHERE tenant = ? AND cluster = ? AND pod_uid = ?`);
    this.#byRow = database.prepare(`SELECT ${columns} FROM pods WHERE row = ?`);
    this.#set = database.prepare(`INSERT INTO pods (tenant, cluster, pod_uid, fact, received_ms, state_pack)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant, cluster, pod_uid) DO UPDATE SET fact = excluded.fact, received_ms = excluded.received_ms
      RETURNING row`);
    this.#setState = database.prepare('UPDATE pods SET state_pack = ?, state_bytes = ? WHERE row = ?');
    this.#addState = database.prepare(
      'INSERT INTO pod_states (pod, received_ms, phase, reason, deleted_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#states = database.prepare(
      'SELECT received_ms, phase, reason, deleted_at FROM pod_states WHERE pod = ? ORDER BY rowid',
    );
    this.#trimStates = database.prepare(`DELETE FROM pod_states WHERE pod = ?1 AND rowid <=
      (SELECT rowid FROM pod_states WHERE pod = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ${podStatesMax})`);
    this.#addOwner = database.prepare('INSERT OR IGNORE INTO pod_owners (pod, kind, name) VALUES (?, ?, ?)');
    this.#removeOwners = database.prepare('DELETE FROM pod_owners WHERE pod = ?');
    this.#remove = database.prepare('DELETE FROM pods WHERE row = ?');
    this.#removeStates = database.prepare('DELETE FROM pod_states WHERE pod = ?');
    this.#stateBefore = database.prepare('SELECT row FROM pods WHERE state_pack <= ? ORDER BY row');
    this.#unused =
      database.prepare(`SELECT ${columns} FROM pods WHERE received_ms < ? AND NOT EXISTS (SELECT 1 FROM instances
      WHERE instances.tenant = pods.tenant AND instances.cluster = pods.cluster AND instances.pod_uid = pods.pod_uid)
      LIMIT ?`);
    this.#stateBytes = database.prepare(
      'SELECT state_pack AS pack, sum(state_bytes) AS bytes FROM pods WHERE state_bytes > 0 GROUP BY state_pack',
    );
  }

  get(tenant: string, cluster: string, podUid: string): PodRow | undefined {
    const row = this.#get.get(tenant, cluster, podUid);
    return row && podOf(row);
  }

  byRow(row: number): PodRow {
    return podOf(this.#byRow.get(row)!);
  }

  /** `pack` is that of the record which says so. */
  set(tenant: string, fact: PodFact, receivedMs: number, pack: number): number {
    const before = this.get(tenant, fact.cluster, fact.podUid)?.fact;
    const text = JSON.stringify(fact);
    const row = (this.#set.get(tenant, fact.cluster, fact.podUid, text, receivedMs, pack) as { row: number }).row;
    if (before?.phase !== fact.phase || before.reason !== fact.reason || before.deletedAt !== fact.deletedAt) {
      this.#addState.run(row, receivedMs, fact.phase, fact.reason, fact.deletedAt);
      this.#trimStates.run(row);
    }
    this.#removeOwners.run(row);
    for (const owner of ownersOf(fact)) this.#addOwner.run(row, owner.kind.toLowerCase(), owner.name);
    return row;
  }

  states(row: number): PodState[] {
    return this.#states.all(row).map((state) => ({
      receivedMs: state.received_ms as number,
      phase: state.phase as string,
      reason: state.reason as string,
      deletedAt: state.deleted_at as string | null,
    }));
  }

  replaceStates(row: number, states: readonly PodState[]): void {
    this.#removeStates.run(row);
    for (const state of states)
      this.#addState.run(row, state.receivedMs, state.phase, state.reason, state.deletedAt ?? null);
  }

  remove(tenant: string, cluster: string, podUid: string): void {
    const pod = this.get(tenant, cluster, podUid);
    if (!pod) return;
    this.#removeStates.run(pod.row);
    this.#removeOwners.run(pod.row);
    this.#remove.run(pod.row);
  }

  /** Pods of which something is said in `pack` or before it that no later pack repeats. */
  withStateUpTo(pack: number): number[] {
    return this.#stateBefore.all(pack).map((row) => row.row as number);
  }

  noteState(row: number, pack: number, bytes: number): void {
    this.#setState.run(pack, bytes, row);
  }

  stateBytesByPack(): Map<number, number> {
    return new Map(this.#stateBytes.all().map((row) => [row.pack as number, row.bytes as number]));
  }

  /** Pods without any instance of which nothing was heard since `beforeMs`. */
  unused(beforeMs: number, limit: number): PodRow[] {
    return this.#unused.all(beforeMs, limit).map(podOf);
  }
}

/** The chain as told, and the Deployment that a ReplicaSet's name and hash give away. */
export function ownersOf(fact: PodFact): { kind: string; name: string }[] {
  const hash = fact.labels['pod-template-hash'];
  const derived = fact.owners
    .filter((owner) => owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`))
    .map((owner) => ({ kind: 'Deployment', name: owner.name.slice(0, -(hash!.length + 1)) }));
  return [...fact.owners, ...derived];
}

function podOf(row: Record<string, unknown>): PodRow {
  return {
    row: row.row as number,
    tenant: row.tenant as string,
    cluster: row.cluster as string,
    podUid: row.pod_uid as string,
    fact: JSON.parse(row.fact as string) as PodFact,
    receivedMs: row.received_ms as number,
  };
}
