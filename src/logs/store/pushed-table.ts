import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { PushedRun } from '../batch/batch.ts';
import {
  blockOf,
  type PlainTenant,
  type PushedBlockRow,
  type PushedRunPlace,
  type PushedRunRow,
  partlyFullTextBytes,
  runParts,
  type TakenRuns,
} from './pushed-rows.ts';
import { PushedStreamTable, streamIdOf } from './pushed-stream-table.ts';
import { PushedTombstones, type Tombstone } from './pushed-tombstones.ts';
import type { Location } from './record.ts';

const BLOCK_COLUMNS = [
  ...[
    'sequence',
    'sequence_min',
    'sequence_max',
    'tenant',
    'run_count',
    'text_bytes',
    'received_ms',
    'received_min_ms',
  ],
  ...['pack', 'pack_offset', 'record_bytes', 'compact'],
];
const RUN_COLUMNS = 'block position stream line_from line_count text_bytes time_min time_max parts'.split(' ');
const rowsPerInsert = 16;
const insertRuns: Record<number, string> = { 1: insertOf(1), [rowsPerInsert]: insertOf(rowsPerInsert) };
const BLOCKS = `SELECT ${BLOCK_COLUMNS.join(', ')} FROM pushed_blocks`;
const RUNS = `SELECT ${BLOCK_COLUMNS.map((column) => `b.${column}`).join(', ')}, r.position, r.stream, r.line_from, r.line_count,
  r.time_min, r.time_max, r.parts FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block`;

/**
 * Streams that were pushed, and where their lines lie. Invariant: a stream is here while it has lines, and what is said of it is the sum
 * of its runs; a block is here while it has runs.
 */
export class PushedTable {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /** Counts how often lines were taken out of blocks: while it stands still, every run is where it was. */
  removals = 0;
  readonly streams: PushedStreamTable;
  readonly tombstones: PushedTombstones;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.streams = new PushedStreamTable(database);
    this.tombstones = new PushedTombstones(database);
  }

  /** The transaction was rolled back. */
  discard(): void {
    this.streams.index.discard();
    this.tombstones.discard();
    this.removals++;
  }

  /** Adds a block. `parts` are of each run, null for a run of one part. */
  add(block: PushedBlockRow, runs: readonly PushedRun[], parts: (run: number) => string | null): void {
    this.#addBlock(block, runs, parts, (run) => this.streams.tally(block.tenant, run, block.sequenceMax));
  }

  /** `rowOf` gives the row of a run's stream. */
  #addBlock(
    block: PushedBlockRow,
    runs: readonly PushedRun[],
    parts: (run: number) => string | null,
    rowOf: (run: PushedRun) => number,
  ): void {
    const { sequence } = block;
    this.#addBlockRow(block);
    const values: SQLInputValue[] = [];
    let lineFrom = 0;
    for (let position = 0; position < runs.length; position++) {
      const run = runs[position]!;
      const { lineCount, textBytes, timeMin, timeMax } = run;
      values.push(sequence, position, rowOf(run), lineFrom, lineCount, textBytes, timeMin, timeMax, parts(position));
      lineFrom += lineCount;
    }
    this.#insertRuns(values);
  }

  #addBlockRow(block: PushedBlockRow): void {
    const { sequence, tenant, runCount, textBytes, location } = block;
    this.#run(
      `INSERT INTO pushed_blocks (${BLOCK_COLUMNS.join(', ')}) VALUES (${BLOCK_COLUMNS.map(() => '?').join(', ')})`,
      ...[sequence, block.sequenceMin, block.sequenceMax, tenant, runCount, textBytes],
      ...[block.receivedMs, block.receivedMinMs, location.pack, location.offset, location.bytes, Number(block.compact)],
    );
  }

  /** Several rows by one statement: that saves a quarter of the time. */
  #insertRuns(values: readonly SQLInputValue[]): void {
    const width = RUN_COLUMNS.length;
    for (let from = 0; from < values.length; ) {
      const rows = values.length - from >= rowsPerInsert * width ? rowsPerInsert : 1;
      this.#run(insertRuns[rows]!, ...values.slice(from, from + rows * width));
      from += rows * width;
    }
  }

  /** Takes the lines of blocks back; streams of which nothing is left go. */
  removeBlocks(sequences: readonly number[]): void {
    this.streams.recount(this.#take(sequences.map((block) => ({ block, positions: null }))).keys());
  }

  /** The same lines in another block: streams keep their rows. `parts` are of each run, as in `add`. */
  replace(
    taken: readonly TakenRuns[],
    block: PushedBlockRow,
    runs: readonly PushedRun[],
    parts: readonly (string | null)[],
  ): void {
    const missing = this.#take(taken);
    const rowOf = (run: PushedRun) => {
      const known = this.streams.get(streamIdOf(block.tenant, run));
      const row = known?.row ?? this.streams.tally(block.tenant, run, block.sequenceMax);
      // A row that was made just now has no lines to be missed, and is counted again.
      missing.set(row, (missing.get(row) ?? 0) - run.lineCount);
      return row;
    };
    this.#addBlock(block, runs, (run) => parts[run] ?? null, rowOf);
    // Of a stream that has its lines again nothing has changed.
    this.streams.recount([...missing].flatMap(([row, lines]) => (lines === 0 ? [] : [row])));
  }

  /** A copy of a block takes its place. False, with nothing done, where not all its runs are there: in a replay its pack may be gone. */
  move(from: number, block: PushedBlockRow): boolean {
    const count = this.#all('SELECT count(*) AS count FROM pushed_runs WHERE block = ?', from)[0]!.count as number;
    if (count !== block.runCount || this.block(from)?.sequenceMax !== block.sequenceMax) return false;
    this.removals++;
    this.#run('DELETE FROM pushed_blocks WHERE sequence = ?', from);
    this.#addBlockRow(block);
    this.#run('UPDATE pushed_runs SET block = ? WHERE block = ?', block.sequence, from);
    return true;
  }

  /** Gives how many lines of each stream went. */
  #take(taken: readonly TakenRuns[]): Map<number, number> {
    // As it was before: a stream that loses its last line here may get it back.
    this.streams.index.load();
    this.removals++;
    const lines = new Map<number, number>();
    const remove = 'DELETE FROM pushed_runs WHERE block = ?';
    for (const { block, positions } of taken) {
      const gone = positions
        ? rangesOf(positions).flatMap(([from, to]) =>
            this.#all(`${remove} AND position BETWEEN ? AND ? RETURNING stream, line_count`, block, from, to),
          )
        : this.#all(`${remove} RETURNING stream, line_count`, block);
      for (const { stream, line_count } of gone as { stream: number; line_count: number }[])
        lines.set(stream, (lines.get(stream) ?? 0) + line_count);
      this.#dropIfEmpty(block);
    }
    return lines;
  }

  #dropIfEmpty(block: number): void {
    this.#run(
      'DELETE FROM pushed_blocks WHERE sequence = ?1 AND NOT EXISTS (SELECT 1 FROM pushed_runs WHERE block = ?1)',
      block,
    );
  }

  /** Takes back what the stream had up to the deletion, and remembers it. Blocks from before it have lower numbers, those after it higher ones. */
  bury(tombstone: Tombstone, location: Location): void {
    const { id, sequence } = tombstone;
    this.removals++;
    const stream = this.streams.get(id);
    if (stream) {
      const rows = this.#all('SELECT block FROM pushed_runs WHERE stream = ? AND block <= ?', stream.row, sequence);
      this.#run('DELETE FROM pushed_runs WHERE stream = ? AND block <= ?', stream.row, sequence);
      for (const { block } of rows) this.#dropIfEmpty(block as number);
      this.streams.recount([stream.row]);
    }
    this.tombstones.add(tombstone, location);
  }

  /** Every push asks for each of its streams. */
  tombstone(id: string): Tombstone | undefined {
    return this.tombstones.get(id);
  }

  block(sequence: number): PushedBlockRow | undefined {
    return this.#blocks('WHERE sequence = ?', sequence)[0];
  }

  inPack(pack: number): PushedBlockRow[] {
    return this.#blocks('WHERE pack = ? ORDER BY pack_offset', pack);
  }

  oldest(limit: number): PushedBlockRow[] {
    return this.#blocks('ORDER BY received_ms, sequence LIMIT ?', limit);
  }

  /** Tenants that have blocks which are not compact. `smallTextBytes`: less makes a small block. */
  plainTenants(smallTextBytes: number): PlainTenant[] {
    return this.#all(
      `SELECT tenant, sum(text_bytes) AS textBytes,
         count(*) FILTER (WHERE text_bytes < ? AND sequence_min = sequence) AS smallCount
       FROM pushed_blocks WHERE compact = 0 GROUP BY tenant`,
      smallTextBytes,
    ) as unknown as PlainTenant[];
  }

  /** A tenant's compact blocks with less than `partlyFullTextBytes` of text, the smallest first. */
  partlyFull(tenant: string, limit: number): PushedBlockRow[] {
    return this.#blocks(
      `WHERE compact = 1 AND tenant = ? AND text_bytes < ${partlyFullTextBytes} ORDER BY text_bytes LIMIT ?`,
      tenant,
      limit,
    );
  }

  /** A tenant's blocks that are not compact, behind one of them, in the order of storing. */
  plainOf(tenant: string, after: number, limit: number): PushedBlockRow[] {
    return this.#blocks(
      'WHERE compact = 0 AND tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?',
      tenant,
      after,
      limit,
    );
  }

  /** By position. */
  placesOf({ sequence, sequenceMax }: PushedBlockRow): PushedRunPlace[] {
    const rows = this.#all(
      'SELECT position, stream, line_count, text_bytes, parts FROM pushed_runs WHERE block = ? ORDER BY position',
      sequence,
    );
    return rows.map((row) => {
      const lineCount = row.line_count as number;
      return {
        ...{ position: row.position as number, stream: row.stream as number, lineCount },
        textBytes: row.text_bytes as number,
        parts: runParts(row.parts as string | null, sequenceMax, lineCount),
      };
    });
  }

  hasRun(block: number, position: number): boolean {
    return this.#all('SELECT 1 FROM pushed_runs WHERE block = ? AND position = ?', block, position).length > 0;
  }

  /** By position. */
  runsOf(sequence: number): PushedRunRow[] {
    return this.#runs('WHERE r.block = ? ORDER BY r.position', sequence);
  }

  /** Runs of a stream with lines in [since, until), in the order in which they are read. */
  runsBetween(stream: number, since: bigint, until: bigint, direction: 'forward' | 'backward'): PushedRunRow[] {
    const order = direction === 'forward' ? 'r.time_min, r.block' : 'r.time_max DESC, r.block DESC';
    return this.#runs(
      `WHERE r.stream = ? AND r.time_max >= ? AND r.time_min < ? ORDER BY ${order}`,
      stream,
      since,
      until,
    );
  }

  /** Runs of a stream that have lines at or between these times, newest first. */
  runsAround(stream: number, from: bigint, to: bigint, limit: number): PushedRunRow[] {
    return this.#runs(
      'WHERE r.stream = ? AND r.time_max >= ? AND r.time_min <= ? ORDER BY b.sequence_max DESC, r.block DESC LIMIT ?',
      ...[stream, from, to, limit],
    );
  }

  /** Runs of a stream that hold parts with these numbers, or some of them. */
  runsHolding(stream: number, sequenceMin: number, sequenceMax: number): PushedRunRow[] {
    return this.#runs(
      'WHERE r.stream = ? AND b.sequence_max >= ? AND b.sequence_min <= ? ORDER BY b.sequence_min, r.block',
      ...[stream, sequenceMin, sequenceMax],
    );
  }

  /** Blocks that have parts after `sequence`, up to a horizon that about `limit` blocks reach; at most `last`. */
  since(sequence: number, last: number, limit: number): { blocks: PushedBlockRow[]; horizon: number } {
    const next = this.#all(
      'SELECT sequence_min FROM pushed_blocks WHERE sequence_min > ? ORDER BY sequence_min LIMIT 1 OFFSET ?',
      ...[sequence, limit],
    )[0];
    const horizon = Math.min(last, (next?.sequence_min as number | undefined) ?? last);
    const straddling = this.#blocks(
      'WHERE sequence_min < sequence_max AND sequence_max > ? AND sequence_min <= ?',
      sequence,
      sequence,
    );
    const whole = this.#blocks('WHERE sequence_min > ? AND sequence_min <= ? ORDER BY sequence_min', sequence, horizon);
    return { blocks: [...straddling, ...whole], horizon };
  }

  liveBytesByPack(): Map<number, number> {
    const rows = this.#all(`SELECT pack, sum(bytes) AS bytes FROM (SELECT pack, record_bytes AS bytes FROM pushed_blocks
      UNION ALL SELECT pack, pack_bytes FROM pushed_tombstones) GROUP BY pack`);
    return new Map(rows.map(({ pack, bytes }) => [pack as number, bytes as number]));
  }

  packs(): number[] {
    return this.#all('SELECT DISTINCT pack FROM pushed_blocks').map(({ pack }) => pack as number);
  }

  totals(): { streams: number; blocks: number; lines: number; text: number; compact: number } {
    return {
      ...this.streams.index.totals(),
      ...(this.#all(
        'SELECT count(*) AS blocks, coalesce(sum(text_bytes) FILTER (WHERE compact = 1), 0) AS compact FROM pushed_blocks',
      )[0] as { blocks: number; compact: number }),
    };
  }

  #blocks(where: string, ...values: SQLInputValue[]): PushedBlockRow[] {
    return this.#all(`${BLOCKS} ${where}`, ...values).map(blockOf);
  }

  #runs(where: string, ...values: SQLInputValue[]): PushedRunRow[] {
    return this.#big(`${RUNS} ${where}`, values).map((row): PushedRunRow => {
      const block = blockOf(row);
      const lineCount = Number(row.line_count);
      return {
        block,
        position: Number(row.position),
        stream: Number(row.stream),
        lineFrom: Number(row.line_from),
        lineCount,
        timeMin: row.time_min as bigint,
        timeMax: row.time_max as bigint,
        parts: runParts(row.parts as string | null, block.sequenceMax, lineCount),
      };
    });
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#prepare(sql).all(...values);
  }

  #big(sql: string, values: readonly SQLInputValue[]): Record<string, unknown>[] {
    const statement = this.#prepare(sql);
    statement.setReadBigInts(true);
    return statement.all(...values);
  }
}

/** First and last of those that follow each other. */
function rangesOf(positions: readonly number[]): [from: number, to: number][] {
  const ranges: [from: number, to: number][] = [];
  for (const at of positions.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === at - 1) last[1] = at;
    else ranges.push([at, at]);
  }
  return ranges;
}

function insertOf(rows: number): string {
  const row = `(${RUN_COLUMNS.map(() => '?').join(', ')})`;
  return `INSERT INTO pushed_runs (${RUN_COLUMNS.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')}`;
}
