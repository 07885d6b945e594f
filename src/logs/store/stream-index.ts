import type { DatabaseSync } from 'node:sqlite';
import type { LabelRecord, PushedRun } from '../batch/batch.ts';
import type { PushedFilter, PushedStream, Scope } from './store.ts';

/** What is counted of a stream. */
export type StreamTally = Pick<PushedStream, 'firstTime' | 'lastTime' | 'lineCount' | 'textBytes' | 'lastSequence'>;

/** A pushed stream as it is now. */
export class IndexedStream {
  readonly row: number;
  readonly id: string;
  readonly tenant: string;
  readonly labels: LabelRecord;
  /** Null where its labels name none. */
  readonly namespace: string | null;
  #tally: StreamTally;
  /** What was handed out is never changed. */
  #snapshot: PushedStream | undefined;

  constructor(row: number, { id, tenant, labels, ...tally }: Omit<PushedStream, 'provenance'>) {
    this.row = row;
    this.id = id;
    this.tenant = tenant;
    this.labels = labels;
    this.namespace = namespaceOf(labels);
    this.#tally = tally;
  }

  get firstTime(): bigint {
    return this.#tally.firstTime;
  }

  get lastTime(): bigint {
    return this.#tally.lastTime;
  }

  get tally(): Readonly<StreamTally> {
    return this.#tally;
  }

  set tally(tally: StreamTally) {
    this.#tally = tally;
    this.#snapshot = undefined;
  }

  add({ timeMin, timeMax, lineCount, textBytes }: PushedRun, sequence: number): void {
    const tally = this.#tally;
    if (timeMin < tally.firstTime) tally.firstTime = timeMin;
    if (timeMax > tally.lastTime) tally.lastTime = timeMax;
    tally.lineCount += lineCount;
    tally.textBytes += textBytes;
    if (sequence > tally.lastSequence) tally.lastSequence = sequence;
    this.#snapshot = undefined;
  }

  get snapshot(): PushedStream {
    const { id, tenant, labels } = this;
    this.#snapshot ??= { id, tenant, labels, provenance: 'asserted', ...this.#tally };
    return this.#snapshot;
  }
}

export function namespaceOf(labels: LabelRecord): string | null {
  return Object.hasOwn(labels, 'namespace') ? labels.namespace! : null;
}

/**
 * All pushed streams, in memory: clients ask for their labels again and again, and every push asks for its own. Invariant: it holds what
 * the table of streams holds. What changes the table changes it too, in the same transaction; if that is rolled back, all is read anew.
 */
export class StreamIndex {
  readonly #database: DatabaseSync;
  #loaded: Loaded | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(id: string): IndexedStream | undefined {
    return this.#load().byId.get(id);
  }

  byRow(row: number): IndexedStream | undefined {
    return this.#load().byRow.get(row);
  }

  get count(): number {
    return this.#load().byId.size;
  }

  add(stream: IndexedStream): void {
    add(this.#load(), stream);
  }

  remove(stream: IndexedStream): void {
    const { byId, byRow, tenants } = this.#load();
    byId.delete(stream.id);
    byRow.delete(stream.row);
    tenants.get(stream.tenant)!.delete(stream);
  }

  /** The transaction was rolled back: what was read within it may never have been. */
  discard(): void {
    this.#loaded = undefined;
  }

  /** Streams that the scope allows and the filter accepts. They are looked at as they came: so they lie in memory. */
  list({ tenant, namespaces }: Scope, { since, until, ids, wants, isInAnyOrder }: PushedFilter): PushedStream[] {
    const { tenants, byId } = this.#load();
    const allowed = namespaces === '*' ? undefined : new Set<string | null>(namespaces);
    const found: PushedStream[] = [];
    for (const stream of ids ? named(byId, tenant, ids) : (tenants.get(tenant) ?? [])) {
      if (since !== undefined && stream.lastTime < since) continue;
      if (until !== undefined && stream.firstTime >= until) continue;
      if (allowed && (stream.namespace === null || !allowed.has(stream.namespace))) continue;
      if (wants && !wants(stream.labels)) continue;
      found.push(stream.snapshot);
    }
    return isInAnyOrder ? found : found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** When it is first asked for: who pushes nothing needs none of it. */
  #load(): Loaded {
    if (this.#loaded) return this.#loaded;
    const loaded: Loaded = { byId: new Map(), byRow: new Map(), tenants: new Map() };
    const statement = this.#database.prepare(`SELECT row, id, tenant, labels, first_time, last_time, line_count,
      text_bytes, last_sequence FROM pushed_streams`);
    statement.setReadBigInts(true);
    for (const row of statement.iterate()) {
      const stream = {
        id: row.id as string,
        tenant: row.tenant as string,
        labels: JSON.parse(row.labels as string) as LabelRecord,
        firstTime: row.first_time as bigint,
        lastTime: row.last_time as bigint,
        lineCount: Number(row.line_count),
        textBytes: Number(row.text_bytes),
        lastSequence: Number(row.last_sequence),
      };
      add(loaded, new IndexedStream(Number(row.row), stream));
    }
    this.#loaded = loaded;
    return loaded;
  }
}

interface Loaded {
  byId: Map<string, IndexedStream>;
  byRow: Map<number, IndexedStream>;
  tenants: Map<string, Set<IndexedStream>>;
}

function add({ byId, byRow, tenants }: Loaded, stream: IndexedStream): void {
  byId.set(stream.id, stream);
  byRow.set(stream.row, stream);
  let tenant = tenants.get(stream.tenant);
  if (!tenant) tenants.set(stream.tenant, (tenant = new Set()));
  tenant.add(stream);
}

function named(byId: Map<string, IndexedStream>, tenant: string, ids: readonly string[]): IndexedStream[] {
  const found = [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
  return found.filter((stream) => stream.tenant === tenant);
}
