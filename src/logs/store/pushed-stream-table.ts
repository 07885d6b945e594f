import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type LabelRecord, type PushedRun, pushedStreamId, sortedLabels } from '../batch/batch.ts';
import type { PushedStream } from './store.ts';
import { StreamIndex } from './stream-index.ts';

export interface PushedStreamRow {
  row: number;
  id: string;
  tenant: string;
  /** Null where its labels name none. */
  namespace: string | null;
  firstTime: bigint;
  lastTime: bigint;
}

/** The table of pushed streams. Invariant: what is said of a stream is the sum of its runs, and the index says the same. */
export class PushedStreamTable {
  readonly index: StreamIndex;
  readonly #insert: StatementSync;
  readonly #change: StatementSync;
  readonly #delete: StatementSync;
  readonly #idOf: StatementSync;
  readonly #sums: StatementSync;

  constructor(database: DatabaseSync) {
    this.index = new StreamIndex(database);
    this.#insert = database.prepare(
      `INSERT INTO pushed_streams (id, tenant, namespace, labels, first_time, last_time, line_count, text_bytes, last_sequence)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#change = database.prepare(
      'UPDATE pushed_streams SET first_time = ?, last_time = ?, line_count = ?, text_bytes = ?, last_sequence = ? WHERE row = ?',
    );
    this.#delete = database.prepare('DELETE FROM pushed_streams WHERE row = ?');
    this.#idOf = database.prepare('SELECT id FROM pushed_streams WHERE row = ?');
    this.#sums =
      database.prepare(`SELECT min(time_min) AS first_time, max(time_max) AS last_time, sum(line_count) AS line_count,
      sum(r.text_bytes) AS text_bytes, max(b.sequence_max) AS last_sequence
      FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block WHERE r.stream = ?`);
    this.#sums.setReadBigInts(true);
  }

  get(id: string): PushedStreamRow | undefined {
    const found = this.index.get(id);
    if (!found) return undefined;
    const { row, namespace, stream } = found;
    return { row, id, tenant: stream.tenant, namespace, firstTime: stream.firstTime, lastTime: stream.lastTime };
  }

  byRow(row: number): PushedStreamRow | undefined {
    const found = this.#idOf.get(row);
    return found && this.get(found.id as string);
  }

  labelsOf(row: number): LabelRecord | undefined {
    const found = this.#idOf.get(row);
    return found && this.index.get(found.id as string)?.stream.labels;
  }

  /** Adds what the run has; gives the row of its stream. */
  tally(tenant: string, run: PushedRun, sequence: number): number {
    const id = pushedStreamId(tenant, run.labels);
    const known = this.index.get(id);
    const before = known?.stream;
    const stream: PushedStream = {
      ...{ id, tenant, provenance: 'asserted' },
      labels: before?.labels ?? inOrder(run.labels),
      firstTime: before && before.firstTime < run.timeMin ? before.firstTime : run.timeMin,
      lastTime: before && before.lastTime > run.timeMax ? before.lastTime : run.timeMax,
      lineCount: run.lineCount + (before?.lineCount ?? 0),
      textBytes: run.textBytes + (before?.textBytes ?? 0),
      lastSequence: Math.max(sequence, before?.lastSequence ?? 0),
    };
    const row = known ? known.row : this.#made(stream);
    if (known) this.#update(row, stream);
    this.index.stage(id, { row, namespace: namespaceOf(stream.labels), stream });
    return row;
  }

  #made({ id, tenant, labels, ...stream }: PushedStream): number {
    const { lastInsertRowid } = this.#insert.run(
      ...[id, tenant, namespaceOf(labels), JSON.stringify(labels), stream.firstTime, stream.lastTime],
      ...[stream.lineCount, stream.textBytes, stream.lastSequence],
    );
    return Number(lastInsertRowid);
  }

  #update(row: number, { firstTime, lastTime, lineCount, textBytes, lastSequence }: PushedStream): void {
    this.#change.run(firstTime, lastTime, lineCount, textBytes, lastSequence, row);
  }

  /** After runs of these streams have gone. */
  recount(streams: Iterable<number>): void {
    for (const row of streams) {
      const sums = this.#sums.get(row)!;
      const found = this.#idOf.get(row);
      if (!found) continue;
      const id = found.id as string;
      if (sums.line_count === null) {
        this.#delete.run(row);
        this.index.stage(id, null);
        continue;
      }
      const known = this.index.get(id)!;
      const stream: PushedStream = {
        ...known.stream,
        firstTime: sums.first_time as bigint,
        lastTime: sums.last_time as bigint,
        lineCount: Number(sums.line_count),
        textBytes: Number(sums.text_bytes),
        lastSequence: Number(sums.last_sequence),
      };
      this.#update(row, stream);
      this.index.stage(id, { ...known, stream });
    }
  }
}

/** The same object where its names are in order already: pushes bring it again and again. */
function inOrder(labels: LabelRecord): LabelRecord {
  const names = Object.keys(labels);
  const isInOrder = names.every((name, i) => i === 0 || names[i - 1]! < name);
  return isInOrder ? labels : Object.fromEntries(sortedLabels(labels));
}

export function namespaceOf(labels: LabelRecord): string | null {
  return Object.hasOwn(labels, 'namespace') ? labels.namespace! : null;
}
