import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type PushedRun, pushedStreamId } from '../batch/batch.ts';
import { formatParts, type Part, parseParts } from './block-table.ts';
import { PushedStreamTable } from './pushed-stream-table.ts';
import type { Location } from './record.ts';

/** Where pushed lines lie that were stored together: one record, with a run of lines for each stream. */
export interface PushedBlockRow {
  /** Of the latest part; names the block. */
  sequence: number;
  sequenceMin: number;
  tenant: string;
  /** Of the frame; runs of streams that were deleted meanwhile are among them. */
  runCount: number;
  textBytes: number;
  receivedMs: number;
  location: Location;
  /** Its text is compact; else it may become so. */
  compact: boolean;
}

/** The lines of one stream in a block. They are those of `parts`, in that order; within a part by time. */
export interface PushedRunRow {
  block: PushedBlockRow;
  /** Among the runs of the frame. */
  position: number;
  stream: number;
  /** Among the lines of the frame. */
  lineFrom: number;
  lineCount: number;
  timeMin: bigint;
  timeMax: bigint;
  parts: Part[];
}

export interface Tombstone {
  id: string;
  tenant: string;
  through: bigint;
  sequence: number;
  deletedMs: number;
}

const RUN_COLUMNS = `b.sequence, b.sequence_min, b.tenant, b.run_count, b.text_bytes, b.received_ms, b.pack, b.pack_offset, b.record_bytes, b.compact,
  r.position, r.stream, r.line_from, r.line_count, r.time_min, r.time_max, r.parts`;
const RUNS = `SELECT ${RUN_COLUMNS} FROM pushed_runs r JOIN pushed_blocks b ON b.sequence = r.block`;
const BLOCKS = `SELECT sequence, sequence_min, tenant, run_count, text_bytes, received_ms, pack, pack_offset, record_bytes, compact FROM pushed_blocks`;

/**
 * Streams that were pushed, and where their lines lie. Invariant: a stream is here while it has lines, and what is said of it is the sum
 * of its runs; a block is here while it has runs.
 */
export class PushedTable {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /** Ids that have a tombstone, once one was asked for. */
  #buried: Set<string> | undefined;
  readonly streams: PushedStreamTable;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.streams = new PushedStreamTable(database);
  }

  commit(): void {
    this.streams.index.commit();
  }

  /** The transaction was rolled back. */
  discard(): void {
    this.streams.index.discard();
    this.#buried = undefined;
  }

  /** Adds a block. `parts` are of each run, null for a run of one part. */
  add(block: PushedBlockRow, runs: readonly PushedRun[], parts: (run: number) => string | null): void {
    this.#addBlock(block, runs, parts, (run) => this.streams.tally(block.tenant, run, block.sequence));
  }

  /** `rowOf` gives the row of a run's stream. */
  #addBlock(
    block: PushedBlockRow,
    runs: readonly PushedRun[],
    parts: (run: number) => string | null,
    rowOf: (run: PushedRun) => number,
  ): void {
    const { sequence, sequenceMin, tenant, runCount, textBytes, receivedMs, location, compact } = block;
    this.#run(
      `INSERT INTO pushed_blocks (sequence, sequence_min, tenant, run_count, text_bytes, received_ms, pack, pack_offset, record_bytes, compact)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[sequence, sequenceMin, tenant, runCount, textBytes, receivedMs],
      ...[location.pack, location.offset, location.bytes, Number(compact)],
    );
    let lineFrom = 0;
    for (const [position, run] of runs.entries()) {
      const stream = rowOf(run);
      this.#run(
        `INSERT INTO pushed_runs (block, position, stream, line_from, line_count, text_bytes, time_min, time_max, parts)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[
          sequence,
          position,
          stream,
          lineFrom,
          run.lineCount,
          run.textBytes,
          run.timeMin,
          run.timeMax,
          parts(position),
        ],
      );
      lineFrom += run.lineCount;
    }
  }

  /** Takes the lines of blocks back; streams of which nothing is left go. */
  removeBlocks(sequences: readonly number[]): void {
    this.streams.recount(this.#take(sequences).keys());
  }

  /** The same lines in another block: streams keep their rows. */
  replace(
    sequences: readonly number[],
    block: PushedBlockRow,
    runs: readonly PushedRun[],
    parts: (string | null)[],
  ): void {
    const missing = this.#take(sequences);
    const rowOf = (run: PushedRun) => {
      const known = this.streams.index.get(pushedStreamId(block.tenant, run.labels));
      const row = known?.row ?? this.streams.tally(block.tenant, run, block.sequence);
      // A row that was made just now has no lines to be missed, and is counted again.
      missing.set(row, (missing.get(row) ?? 0) - run.lineCount);
      return row;
    };
    this.#addBlock(block, runs, (run) => parts[run] ?? null, rowOf);
    // Of a stream that has its lines again nothing has changed.
    this.streams.recount([...missing].flatMap(([row, lines]) => (lines === 0 ? [] : [row])));
  }

  /** Gives how many lines of each stream went. */
  #take(sequences: readonly number[]): Map<number, number> {
    const taken = new Map<number, number>();
    for (const sequence of sequences) {
      const runs = this.#all('DELETE FROM pushed_runs WHERE block = ? RETURNING stream, line_count', sequence) as {
        stream: number;
        line_count: number;
      }[];
      for (const { stream, line_count } of runs) taken.set(stream, (taken.get(stream) ?? 0) + line_count);
      this.#run('DELETE FROM pushed_blocks WHERE sequence = ?', sequence);
    }
    return taken;
  }

  /** Takes back what the stream had up to the deletion, and remembers it. */
  bury(tombstone: Tombstone, location: Location): void {
    const { id, tenant, through, sequence, deletedMs } = tombstone;
    const stream = this.streams.get(id);
    if (stream) {
      const rows = this.#all('SELECT block FROM pushed_runs WHERE stream = ? AND block <= ?', stream.row, sequence);
      this.#run('DELETE FROM pushed_runs WHERE stream = ? AND block <= ?', stream.row, sequence);
      for (const { block } of rows)
        this.#run(
          'DELETE FROM pushed_blocks WHERE sequence = ?1 AND NOT EXISTS (SELECT 1 FROM pushed_runs WHERE block = ?1)',
          block as number,
        );
      this.streams.recount([stream.row]);
    }
    this.#buried?.add(id);
    this.#run(
      `INSERT INTO pushed_tombstones (id, tenant, through, sequence, deleted_ms, pack, pack_bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET through = max(through, excluded.through), sequence = max(sequence, excluded.sequence),
         deleted_ms = max(deleted_ms, excluded.deleted_ms), pack = excluded.pack, pack_bytes = excluded.pack_bytes`,
      ...[id, tenant, through, sequence, deletedMs, location.pack, location.bytes],
    );
  }

  /** Every push asks for each of its streams, and few are buried. */
  tombstone(id: string): Tombstone | undefined {
    this.#buried ??= new Set(this.#all('SELECT id FROM pushed_tombstones').map((row) => row.id as string));
    return this.#buried.has(id) ? this.#tombstones('WHERE id = ?', id)[0] : undefined;
  }

  tombstonesUpTo(pack: number, limit: number): Tombstone[] {
    return this.#tombstones('WHERE pack <= ? LIMIT ?', pack, limit);
  }

  oldTombstones(deletedBeforeMs: number, limit: number): Tombstone[] {
    return this.#tombstones('WHERE deleted_ms < ? LIMIT ?', deletedBeforeMs, limit);
  }

  forgetTombstone(id: string): void {
    this.#buried?.delete(id);
    this.#run('DELETE FROM pushed_tombstones WHERE id = ?', id);
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

  /** Tenants that have at least so many small blocks, and those blocks in the order of storing. */
  smallBlocks(blocksMin: number, limit: number): PushedBlockRow[][] {
    const tenants = this.#all(
      'SELECT tenant FROM pushed_blocks WHERE text_bytes < 262144 AND compact = 0 GROUP BY tenant HAVING count(*) >= ?',
      blocksMin,
    );
    return tenants.map(({ tenant }) =>
      this.#blocks(
        'WHERE text_bytes < 262144 AND compact = 0 AND tenant = ? ORDER BY sequence LIMIT ?',
        tenant as string,
        limit,
      ),
    );
  }

  /** Tenants with so much text that is not compact: as BlockTable.plainSegments. */
  plainTenants(bytesMin: number, bytesFull: number, idleSinceMs: number): string[] {
    const tenants = this.#all(
      `SELECT tenant FROM pushed_blocks WHERE compact = 0 GROUP BY tenant
       HAVING sum(text_bytes) >= ? AND (sum(text_bytes) >= ? OR max(received_ms) < ?)`,
      ...[bytesMin, bytesFull, idleSinceMs],
    );
    return tenants.map(({ tenant }) => tenant as string);
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

  /** How many of its runs are alive. */
  runCount(sequence: number): number {
    return this.#all('SELECT count(*) AS runs FROM pushed_runs WHERE block = ?', sequence)[0]!.runs as number;
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
      'WHERE r.stream = ? AND r.time_max >= ? AND r.time_min <= ? ORDER BY r.block DESC LIMIT ?',
      ...[stream, from, to, limit],
    );
  }

  /** Runs of a stream that hold parts with these numbers, or some of them. */
  runsHolding(stream: number, sequenceMin: number, sequenceMax: number): PushedRunRow[] {
    return this.#runs(
      'WHERE r.stream = ? AND b.sequence >= ? AND b.sequence_min <= ? ORDER BY b.sequence',
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
      'WHERE sequence_min < sequence AND sequence > ? AND sequence_min <= ?',
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
    const { streams, lines, text } = this.#all(`SELECT count(*) AS streams, coalesce(sum(line_count), 0) AS lines,
      coalesce(sum(text_bytes), 0) AS text FROM pushed_streams`)[0] as { streams: number; lines: number; text: number };
    return {
      streams,
      ...(this.#all(
        'SELECT count(*) AS blocks, coalesce(sum(text_bytes) FILTER (WHERE compact = 1), 0) AS compact FROM pushed_blocks',
      )[0] as { blocks: number; compact: number }),
      lines,
      text,
    };
  }

  #tombstones(where: string, ...values: SQLInputValue[]): Tombstone[] {
    const rows = this.#big(`SELECT id, tenant, through, sequence, deleted_ms FROM pushed_tombstones ${where}`, values);
    return rows.map((row) => ({
      id: row.id as string,
      tenant: row.tenant as string,
      through: row.through as bigint,
      sequence: Number(row.sequence),
      deletedMs: Number(row.deleted_ms),
    }));
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
        parts: row.parts === null ? [partOf(block.sequence, lineCount)] : parseParts(row.parts as string),
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

/** A part of a run: its place in a file says nothing here. */
export function partOf(sequence: number, lineCount: number): Part {
  return { sequence, offset: 0, lineCount };
}

/** Null for one part. The run's block is named by its latest part, which a run of one part need not be. */
export function formatRunParts(parts: readonly Part[], blockSequence: number): string | null {
  const [only] = parts;
  if (parts.length === 1 && only!.sequence !== blockSequence) return `${only!.sequence} 0 ${only!.lineCount}`;
  return formatParts(parts);
}

function blockOf(row: Record<string, unknown>): PushedBlockRow {
  return {
    sequence: Number(row.sequence),
    sequenceMin: Number(row.sequence_min),
    tenant: row.tenant as string,
    runCount: Number(row.run_count),
    textBytes: Number(row.text_bytes),
    receivedMs: Number(row.received_ms),
    location: { pack: Number(row.pack), offset: Number(row.pack_offset), bytes: Number(row.record_bytes) },
    compact: Number(row.compact) === 1,
  };
}
