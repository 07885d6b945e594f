import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type LabelRecord, type PushedRun, pushedStreamId, sortedLabels } from '../batch/batch.ts';
import { IndexedStream, namespaceOf, StreamIndex, type StreamTally } from './stream-index.ts';

/** The table of pushed streams. Invariant: what is said of a stream is the sum of its runs, and the index says the same. */
export class PushedStreamTable {
  readonly index: StreamIndex;
  readonly #insert: StatementSync;
  readonly #change: StatementSync;
  readonly #delete: StatementSync;
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
    this.#sums =
      database.prepare(`SELECT min(time_min) AS first_time, max(time_max) AS last_time, sum(line_count) AS line_count,
      sum(r.text_bytes) AS text_bytes, max(b.sequence_max) AS last_sequence
      FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block WHERE r.stream = ?`);
    this.#sums.setReadBigInts(true);
  }

  get(id: string): IndexedStream | undefined {
    return this.index.get(id);
  }

  byRow(row: number): IndexedStream | undefined {
    return this.index.byRow(row);
  }

  labelsOf(row: number): LabelRecord | undefined {
    return this.index.byRow(row)?.labels;
  }

  /** Adds what the run has; gives the row of its stream. */
  tally(tenant: string, run: PushedRun, sequence: number): number {
    const id = pushedStreamId(tenant, run.labels);
    const known = this.index.get(id);
    if (!known) return this.#made(id, tenant, run, sequence);
    known.add(run, sequence);
    this.#update(known.row, known.tally);
    return known.row;
  }

  #made(id: string, tenant: string, run: PushedRun, lastSequence: number): number {
    const { timeMin: firstTime, timeMax: lastTime, lineCount, textBytes } = run;
    const labels = inOrder(run.labels);
    const text = JSON.stringify(labels);
    const { lastInsertRowid } = this.#insert.run(
      ...[id, tenant, namespaceOf(labels), text, firstTime, lastTime, lineCount, textBytes, lastSequence],
    );
    const row = Number(lastInsertRowid);
    const tally = { firstTime, lastTime, lineCount, textBytes, lastSequence };
    this.index.add(new IndexedStream(row, { id, tenant, labels, ...tally }));
    return row;
  }

  #update(row: number, { firstTime, lastTime, lineCount, textBytes, lastSequence }: Readonly<StreamTally>): void {
    this.#change.run(firstTime, lastTime, lineCount, textBytes, lastSequence, row);
  }

  /** After runs of these streams have gone. */
  recount(streams: Iterable<number>): void {
    for (const row of streams) {
      const stream = this.index.byRow(row);
      if (!stream) continue;
      const sums = this.#sums.get(row)!;
      if (sums.line_count === null) {
        this.#delete.run(row);
        this.index.remove(stream);
        continue;
      }
      stream.tally = {
        firstTime: sums.first_time as bigint,
        lastTime: sums.last_time as bigint,
        lineCount: Number(sums.line_count),
        textBytes: Number(sums.text_bytes),
        lastSequence: Number(sums.last_sequence),
      };
      this.#update(row, stream.tally);
    }
  }
}

/** The same object where its names are in order already: pushes bring it again and again. */
function inOrder(labels: LabelRecord): LabelRecord {
  const names = Object.keys(labels);
  const isInOrder = names.every((name, i) => i === 0 || names[i - 1]! < name);
  return isInOrder ? labels : Object.fromEntries(sortedLabels(labels));
}
