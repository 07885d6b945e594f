import type { DatabaseSync } from 'node:sqlite';
import type { LabelRecord } from '../batch/batch.ts';
import type { PushedFilter, PushedStream, Scope } from './store.ts';

/** Objects of this kind are never changed: a stream that changes gets another. */
export interface IndexedStream {
  readonly row: number;
  /** Null where its labels name none. */
  readonly namespace: string | null;
  readonly stream: PushedStream;
}

/**
 * All pushed streams, in memory: clients ask for their labels again and again, and every push asks for its own. Invariant: between
 * transactions it holds what the table of streams holds; within one, `stage` has what is to become of them.
 */
export class StreamIndex {
  readonly #database: DatabaseSync;
  #tenants: Map<string, Tenant> | undefined;
  readonly #staged = new Map<string, IndexedStream | null>();
  readonly #tenantOf = new Map<string, Tenant>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(id: string): IndexedStream | undefined {
    const staged = this.#staged.get(id);
    if (staged !== undefined) return staged ?? undefined;
    this.#load();
    return this.#tenantOf.get(id)?.streams.get(id);
  }

  get count(): number {
    this.#load();
    return this.#tenantOf.size;
  }

  /** Null takes it out. It counts at once for `get`, for `list` when the transaction is committed. */
  stage(id: string, stream: IndexedStream | null): void {
    this.#staged.set(id, stream);
  }

  commit(): void {
    if (this.#staged.size > 0 && this.#tenants) for (const [id, stream] of this.#staged) this.#set(id, stream);
    this.#staged.clear();
  }

  /** The transaction was rolled back: what was read within it may never have been. */
  discard(): void {
    this.#staged.clear();
    this.#tenantOf.clear();
    this.#tenants = undefined;
  }

  /** Streams that the scope allows and the filter accepts, by id. */
  list({ tenant, namespaces }: Scope, { since, until, ids }: PushedFilter): PushedStream[] {
    const own = this.#load().get(tenant);
    if (!own) return [];
    const allowed = namespaces === '*' ? undefined : new Set<string | null>(namespaces);
    const found: PushedStream[] = [];
    for (const { stream, namespace } of ids ? own.named(ids) : own.sorted()) {
      if (since !== undefined && stream.lastTime < since) continue;
      if (until !== undefined && stream.firstTime >= until) continue;
      if (allowed && (namespace === null || !allowed.has(namespace))) continue;
      found.push(stream);
    }
    return found;
  }

  #set(id: string, stream: IndexedStream | null): void {
    const tenant = this.#tenantOf.get(id) ?? (stream && this.#tenant(stream.stream.tenant));
    if (!tenant) return;
    tenant.set(id, stream);
    if (stream) this.#tenantOf.set(id, tenant);
    else this.#tenantOf.delete(id);
  }

  #tenant(name: string): Tenant {
    let tenant = this.#tenants!.get(name);
    if (!tenant) this.#tenants!.set(name, (tenant = new Tenant()));
    return tenant;
  }

  /** When it is first asked for: who pushes nothing needs none of it. */
  #load(): Map<string, Tenant> {
    if (this.#tenants) return this.#tenants;
    this.#tenants = new Map();
    const statement =
      this.#database.prepare(`SELECT row, id, tenant, namespace, labels, first_time, last_time, line_count,
      text_bytes, last_sequence FROM pushed_streams`);
    statement.setReadBigInts(true);
    for (const row of statement.iterate()) {
      const stream: PushedStream = {
        id: row.id as string,
        tenant: row.tenant as string,
        labels: JSON.parse(row.labels as string) as LabelRecord,
        provenance: 'asserted',
        firstTime: row.first_time as bigint,
        lastTime: row.last_time as bigint,
        lineCount: Number(row.line_count),
        textBytes: Number(row.text_bytes),
        lastSequence: Number(row.last_sequence),
      };
      this.#set(stream.id, { row: Number(row.row), namespace: row.namespace as string | null, stream });
    }
    return this.#tenants;
  }
}

/** Streams of one tenant. */
class Tenant {
  readonly streams = new Map<string, IndexedStream>();
  /** Undefined when a stream has come or gone. */
  #ids: string[] | undefined;

  set(id: string, stream: IndexedStream | null): void {
    if (!stream || !this.streams.has(id)) this.#ids = undefined;
    if (stream) this.streams.set(id, stream);
    else this.streams.delete(id);
  }

  named(ids: readonly string[]): IndexedStream[] {
    return [...new Set(ids)].sort().flatMap((id) => this.streams.get(id) ?? []);
  }

  *sorted(): Generator<IndexedStream> {
    this.#ids ??= [...this.streams.keys()].sort();
    for (const id of this.#ids) yield this.streams.get(id)!;
  }
}
