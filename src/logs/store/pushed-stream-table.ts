import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type LabelRecord, type PushedRun, pushedStreamId, sortedLabels } from '../batch/batch.ts';
import { type IndexedStream, StreamIndex, tallyOf } from './stream-index.ts';

/** The table of pushed streams. Invariant: it has the streams that have runs, and the index has them too, with the sums of their runs. */
export class PushedStreamTable {
  readonly index: StreamIndex;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #sums: StatementSync;

  constructor(database: DatabaseSync) {
    this.index = new StreamIndex(database);
    this.#insert = database.prepare('INSERT INTO pushed_streams (id, tenant, labels) VALUES (?, ?, ?)');
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

  /** Adds what the run has; gives the row of its stream. */
  tally(tenant: string, run: PushedRun, sequence: number): number {
    const id = streamIdOf(tenant, run);
    const known = this.index.get(id);
    if (!known) return this.#made(id, tenant, run, sequence);
    this.index.grow(known, run, sequence);
    return known.row;
  }

  #made(id: string, tenant: string, run: PushedRun, lastSequence: number): number {
    const { timeMin: firstTime, timeMax: lastTime, lineCount, textBytes } = run;
    const labels = inOrder(run.labels);
    const row = Number(this.#insert.run(id, tenant, JSON.stringify(labels)).lastInsertRowid);
    this.index.add(row, { id, tenant, labels, firstTime, lastTime, lineCount, textBytes, lastSequence });
    return row;
  }

  /** After runs of these streams have gone. */
  recount(streams: Iterable<number>): void {
    for (const row of streams) {
      const stream = this.index.byRow(row);
      if (!stream) continue;
      const sums = this.#sums.get(row)!;
      if (sums.line_count !== null) this.index.change(stream, tallyOf(sums));
      else {
        this.#delete.run(row);
        this.index.remove(stream);
      }
    }
  }
}

export function streamIdOf(tenant: string, { stream, labels }: PushedRun): string {
  return stream ?? pushedStreamId(tenant, labels);
}

/** The same object where its names are in order already: pushes bring it again and again. */
function inOrder(labels: LabelRecord): LabelRecord {
  const names = Object.keys(labels);
  const isInOrder = names.every((name, i) => i === 0 || names[i - 1]! < name);
  return isInOrder ? labels : Object.fromEntries(sortedLabels(labels));
}
