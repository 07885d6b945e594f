import type { DatabaseSync } from 'node:sqlite';
import type { LabelRecord, PushedRun } from '../batch/batch.ts';
import type { PushedFilter, PushedStream, Scope } from './store.ts';
import { StreamSums, type StreamTally } from './stream-sums.ts';

/** A pushed stream as it is now. */
export class IndexedStream {
  readonly row: number;
  readonly id: string;
  readonly tenant: string;
  readonly labels: LabelRecord;
  readonly #sums: StreamSums;
  /** Among the sums. */
  readonly slot: number;
  /** Among those of its tenant. */
  place = 0;

  constructor(
    row: number,
    { id, tenant, labels }: Pick<PushedStream, 'id' | 'tenant' | 'labels'>,
    sums: StreamSums,
    slot: number,
  ) {
    this.row = row;
    this.id = id;
    this.tenant = tenant;
    this.labels = labels;
    this.#sums = sums;
    this.slot = slot;
  }

  /** Null where its labels name none. */
  get namespace(): string | null {
    return namespaceOf(this.labels);
  }

  get firstTime(): bigint {
    return this.#sums.firstTime(this.slot);
  }

  get lastTime(): bigint {
    return this.#sums.lastTime(this.slot);
  }

  get tally(): StreamTally {
    return this.#sums.tally(this.slot);
  }

  /** What is said of it now. */
  get snapshot(): PushedStream {
    const { id, tenant, labels } = this;
    return { id, tenant, labels, provenance: 'asserted', ...this.tally };
  }
}

export function namespaceOf(labels: LabelRecord): string | null {
  return Object.hasOwn(labels, 'namespace') ? labels.namespace! : null;
}

/**
 * All pushed streams, in memory: clients ask for their labels again and again, and every push asks for its own. Invariant: it holds the
 * streams of the table, and what is said of each is the sum of its runs. What changes the tables changes it too, in the same transaction;
 * if that is rolled back, all is read anew.
 */
export class StreamIndex {
  readonly #database: DatabaseSync;
  #loaded: Loaded | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(id: string): IndexedStream | undefined {
    return this.load().byId.get(id);
  }

  byRow(row: number): IndexedStream | undefined {
    return this.load().byRow.get(row);
  }

  get count(): number {
    return this.load().byId.size;
  }

  /** Of all streams. */
  totals(): { streams: number; lines: number; text: number } {
    const { byId, lines, text } = this.load();
    return { streams: byId.size, lines, text };
  }

  add(row: number, stream: Omit<PushedStream, 'provenance'>): void {
    add(this.load(), row, stream);
  }

  /** The stream has one more run. */
  grow({ slot }: IndexedStream, run: PushedRun, sequence: number): void {
    const loaded = this.load();
    loaded.sums.add(slot, run, sequence);
    count(loaded, run, 1);
  }

  change(stream: IndexedStream, tally: StreamTally): void {
    const loaded = this.load();
    count(loaded, stream.tally, -1);
    loaded.sums.set(stream.slot, tally);
    count(loaded, tally, 1);
  }

  remove(stream: IndexedStream): void {
    const loaded = this.load();
    loaded.byId.delete(stream.id);
    loaded.byRow.delete(stream.row);
    const others = loaded.tenants.get(stream.tenant)!;
    const last = others.pop()!;
    if (last !== stream) {
      others[stream.place] = last;
      last.place = stream.place;
    }
    count(loaded, stream.tally, -1);
    loaded.sums.giveBack(stream.slot);
  }

  /** The transaction was rolled back: what was read within it may never have been. */
  discard(): void {
    this.#loaded = undefined;
  }

  /** Streams that the scope allows and the filter accepts, as they are now. */
  list(scope: Scope, filter: PushedFilter): PushedStream[] {
    const found = this.#select(scope, filter, ({ snapshot }) => snapshot);
    return filter.isInAnyOrder ? found : found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Their labels alone, in no order. */
  labels(scope: Scope, filter: PushedFilter): LabelRecord[] {
    return this.#select(scope, filter, ({ labels }) => labels);
  }

  /** They are looked at as they came: so they lie in memory. */
  #select<T>(
    { tenant, namespaces }: Scope,
    { since, until, ids, wants }: PushedFilter,
    pick: (stream: IndexedStream) => T,
  ): T[] {
    const { tenants, byId } = this.load();
    const allowed = namespaces === '*' ? undefined : new Set(namespaces);
    const found: T[] = [];
    for (const stream of ids ? named(byId, tenant, ids) : (tenants.get(tenant) ?? [])) {
      if (since !== undefined && stream.lastTime < since) continue;
      if (until !== undefined && stream.firstTime >= until) continue;
      if (allowed && !isAllowed(allowed, stream.namespace)) continue;
      if (wants && !wants(stream.labels)) continue;
      found.push(pick(stream));
    }
    return found;
  }

  /** Before the tables are changed, and when it is first asked for: who pushes nothing needs none of it. */
  load(): Loaded {
    if (this.#loaded) return this.#loaded;
    const loaded: Loaded = {
      ...{ byId: new Map(), byRow: new Map(), tenants: new Map(), sums: new StreamSums() },
      ...{ lines: 0, text: 0 },
    };
    const statement = this.#database.prepare(`SELECT s.row, s.id, s.tenant, s.labels, t.* FROM pushed_streams s JOIN (
      SELECT stream, min(time_min) AS first_time, max(time_max) AS last_time, sum(line_count) AS line_count,
        sum(r.text_bytes) AS text_bytes, max(b.sequence_max) AS last_sequence
      FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block GROUP BY stream) t ON t.stream = s.row ORDER BY s.row`);
    statement.setReadBigInts(true);
    let latest: LabelRecord = {};
    for (const row of statement.iterate()) {
      latest = parsedLabels(row.labels as string, latest);
      add(loaded, Number(row.row), {
        ...{ id: row.id as string, tenant: row.tenant as string, labels: latest },
        ...tallyOf(row),
      });
    }
    this.#loaded = loaded;
    return loaded;
  }
}

/** Sums over runs, as they are read from the tables. */
export function tallyOf(row: Record<string, unknown>): StreamTally {
  return {
    firstTime: row.first_time as bigint,
    lastTime: row.last_time as bigint,
    lineCount: Number(row.line_count),
    textBytes: Number(row.text_bytes),
    lastSequence: Number(row.last_sequence),
  };
}

/** Streams that came one after another have most labels in common: of two equal texts one is kept. */
function parsedLabels(json: string, latest: LabelRecord): LabelRecord {
  const labels = JSON.parse(json) as Record<string, string>;
  for (const name in labels) if (latest[name] === labels[name]) labels[name] = latest[name]!;
  return labels;
}

function isAllowed(allowed: ReadonlySet<string>, namespace: string | null): boolean {
  return namespace !== null && allowed.has(namespace);
}

interface Loaded {
  byId: Map<string, IndexedStream>;
  byRow: Map<number, IndexedStream>;
  /** Invariant: each stream is at its `place`. */
  tenants: Map<string, IndexedStream[]>;
  sums: StreamSums;
  /** Of all streams. */
  lines: number;
  text: number;
}

function count(loaded: Loaded, { lineCount, textBytes }: Pick<StreamTally, 'lineCount' | 'textBytes'>, sign: 1 | -1) {
  loaded.lines += sign * lineCount;
  loaded.text += sign * textBytes;
}

function add(loaded: Loaded, row: number, named: Omit<PushedStream, 'provenance'>): void {
  const { byId, byRow, tenants, sums } = loaded;
  const stream = new IndexedStream(row, named, sums, sums.take(named));
  count(loaded, named, 1);
  byId.set(stream.id, stream);
  byRow.set(row, stream);
  let tenant = tenants.get(stream.tenant);
  if (!tenant) tenants.set(stream.tenant, (tenant = []));
  stream.place = tenant.push(stream) - 1;
}

function named(byId: Map<string, IndexedStream>, tenant: string, ids: readonly string[]): IndexedStream[] {
  const found = [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
  return found.filter((stream) => stream.tenant === tenant);
}
