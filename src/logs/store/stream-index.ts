import type { DatabaseSync } from 'node:sqlite';
import type { LabelRecord, PushedRun } from '../batch/batch.ts';
import type { PushedFilter, PushedStream, Scope } from './store.ts';

/** What is counted of a stream. */
export type StreamTally = Pick<PushedStream, 'firstTime' | 'lastTime' | 'lineCount' | 'textBytes' | 'lastSequence'>;

/** A pushed stream as it is now. Invariant: what was handed out is never changed. */
export class IndexedStream {
  readonly row: number;
  /** Among those of its tenant. */
  place = 0;
  #stream: PushedStream;
  #isHandedOut = false;

  constructor(row: number, stream: Omit<PushedStream, 'provenance'>) {
    const { id, tenant, labels, firstTime, lastTime, lineCount, textBytes, lastSequence } = stream;
    this.row = row;
    this.#stream = {
      ...{ id, tenant, labels, provenance: 'asserted', firstTime, lastTime, lineCount, textBytes, lastSequence },
    };
  }

  get id(): string {
    return this.#stream.id;
  }

  get tenant(): string {
    return this.#stream.tenant;
  }

  get labels(): LabelRecord {
    return this.#stream.labels;
  }

  /** Null where its labels name none. */
  get namespace(): string | null {
    return namespaceOf(this.#stream.labels);
  }

  get firstTime(): bigint {
    return this.#stream.firstTime;
  }

  get lastTime(): bigint {
    return this.#stream.lastTime;
  }

  get tally(): Readonly<StreamTally> {
    return this.#stream;
  }

  set tally(tally: StreamTally) {
    Object.assign(this.#own(), tally);
  }

  add({ timeMin, timeMax, lineCount, textBytes }: PushedRun, sequence: number): void {
    const stream = this.#own();
    if (timeMin < stream.firstTime) stream.firstTime = timeMin;
    if (timeMax > stream.lastTime) stream.lastTime = timeMax;
    stream.lineCount += lineCount;
    stream.textBytes += textBytes;
    if (sequence > stream.lastSequence) stream.lastSequence = sequence;
  }

  get snapshot(): PushedStream {
    this.#isHandedOut = true;
    return this.#stream;
  }

  #own(): PushedStream {
    if (this.#isHandedOut) this.#stream = { ...this.#stream };
    this.#isHandedOut = false;
    return this.#stream;
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

  add(stream: IndexedStream): void {
    add(this.load(), stream);
  }

  /** The stream has one more run. */
  grow(stream: IndexedStream, run: PushedRun, sequence: number): void {
    stream.add(run, sequence);
    count(this.load(), run, 1);
  }

  change(stream: IndexedStream, tally: StreamTally): void {
    count(this.load(), stream.tally, -1);
    stream.tally = tally;
    count(this.load(), tally, 1);
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
  }

  /** The transaction was rolled back: what was read within it may never have been. */
  discard(): void {
    this.#loaded = undefined;
  }

  /** Streams that the scope allows and the filter accepts. They are looked at as they came: so they lie in memory. */
  list({ tenant, namespaces }: Scope, { since, until, ids, wants, isInAnyOrder }: PushedFilter): PushedStream[] {
    const { tenants, byId } = this.load();
    const allowed = namespaces === '*' ? undefined : new Set(namespaces);
    const found: PushedStream[] = [];
    for (const stream of ids ? named(byId, tenant, ids) : (tenants.get(tenant) ?? [])) {
      if (since !== undefined && stream.lastTime < since) continue;
      if (until !== undefined && stream.firstTime >= until) continue;
      if (allowed && !isAllowed(allowed, stream.namespace)) continue;
      if (wants && !wants(stream.labels)) continue;
      found.push(stream.snapshot);
    }
    return isInAnyOrder ? found : found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Before the tables are changed, and when it is first asked for: who pushes nothing needs none of it. */
  load(): Loaded {
    if (this.#loaded) return this.#loaded;
    const loaded: Loaded = { byId: new Map(), byRow: new Map(), tenants: new Map(), lines: 0, text: 0 };
    const statement = this.#database.prepare(`SELECT s.row, s.id, s.tenant, s.labels, t.* FROM pushed_streams s JOIN (
      SELECT stream, min(time_min) AS first_time, max(time_max) AS last_time, sum(line_count) AS line_count,
        sum(r.text_bytes) AS text_bytes, max(b.sequence_max) AS last_sequence
      FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block GROUP BY stream) t ON t.stream = s.row ORDER BY s.row`);
    statement.setReadBigInts(true);
    let latest: LabelRecord = {};
    for (const row of statement.iterate()) {
      latest = parsedLabels(row.labels as string, latest);
      const stream = { id: row.id as string, tenant: row.tenant as string, labels: latest, ...tallyOf(row) };
      add(loaded, new IndexedStream(Number(row.row), stream));
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
  /** Of all streams. */
  lines: number;
  text: number;
}

function count(loaded: Loaded, { lineCount, textBytes }: Pick<StreamTally, 'lineCount' | 'textBytes'>, sign: 1 | -1) {
  loaded.lines += sign * lineCount;
  loaded.text += sign * textBytes;
}

function add(loaded: Loaded, stream: IndexedStream): void {
  const { byId, byRow, tenants } = loaded;
  count(loaded, stream.tally, 1);
  byId.set(stream.id, stream);
  byRow.set(stream.row, stream);
  let tenant = tenants.get(stream.tenant);
  if (!tenant) tenants.set(stream.tenant, (tenant = []));
  stream.place = tenant.push(stream) - 1;
}

function named(byId: Map<string, IndexedStream>, tenant: string, ids: readonly string[]): IndexedStream[] {
  const found = [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
  return found.filter((stream) => stream.tenant === tenant);
}
