import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { segmentTime } from '../batch/batch.ts';
import type { Location } from './record.ts';

/** What one appended batch is within a block. */
export interface Part {
  sequence: number;
  /** The batch's order.offset. */
  offset: number;
  lineCount: number;
}

/** Where a block lies and what is in it. Its lines are those of `parts`, in that order. */
export interface BlockRow {
  /** Of the latest part; names the block. */
  sequence: number;
  sequenceMin: number;
  /** Row of the instance. */
  instance: number;
  segment: string;
  offset: number;
  offsetLast: number;
  lineCount: number;
  textBytes: number;
  /** When the latest part came. */
  receivedMs: number;
  location: Location;
  /** Its text is compact; else it may become so. */
  compact: boolean;
  parts: Part[];
}

export interface BlockTimes {
  timeMin: bigint;
  timeMax: bigint;
}

/** A place in an instance's file order; the next block is the first one that ends behind it. */
export interface FilePosition {
  segment: string;
  offset: number;
}

const COLUMNS = `sequence, sequence_min, instance, segment, offset, offset_last, line_count, text_bytes, received_ms,
  pack, pack_offset, record_bytes, compact, parts`;

/** Blocks: where every stored line lies. A part is in exactly one block. */
export class BlockTable {
  readonly #insert: StatementSync;
  readonly #get: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeInstance: StatementSync;
  readonly #sequences: StatementSync;
  readonly #forward: StatementSync;
  readonly #backward: StatementSync;
  readonly #whole: StatementSync;
  readonly #straddling: StatementSync;
  readonly #horizon: StatementSync;
  readonly #inPack: StatementSync;
  readonly #liveBytes: StatementSync;
  readonly #oldest: StatementSync;
  readonly #totals: StatementSync;
  readonly #smallRuns: StatementSync;
  readonly #plain: StatementSync;
  readonly #ofSegment: StatementSync;
  readonly #move: StatementSync;
  readonly #within: StatementSync;
  readonly #holding: StatementSync;

  constructor(database: DatabaseSync) {
    const select = (rest: string) => database.prepare(`SELECT ${COLUMNS} FROM blocks ${rest}`);
    this.#insert =
      database.prepare(`INSERT INTO blocks (sequence, sequence_min, instance, segment_time, segment, offset,
      offset_last, time_min, time_max, line_count, text_bytes, received_ms, pack, pack_offset, record_bytes, compact, parts)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#get = select('WHERE sequence = ?');
    this.#remove = database.prepare('DELETE FROM blocks WHERE sequence = ?');
    this.#removeInstance = database.prepare('DELETE FROM blocks WHERE instance = ?');
    this.#sequences = database.prepare('SELECT sequence FROM blocks WHERE instance = ? ORDER BY sequence');
    const within = 'instance = ? AND time_max >= ? AND time_min < ?';
    this.#forward = select(`WHERE ${within} AND (segment_time, segment, offset_last) > (?, ?, ?)
      ORDER BY segment_time, segment, offset_last LIMIT ?`);
    this.#backward = select(`WHERE ${within} AND (segment_time, segment, offset) < (?, ?, ?)
      ORDER BY segment_time DESC, segment DESC, offset_last DESC LIMIT ?`);
    this.#whole = select('WHERE sequence_min > ? AND sequence_min <= ? ORDER BY sequence_min');
    this.#straddling = select('WHERE parts IS NOT NULL AND sequence > ? AND sequence_min <= ?');
    this.#horizon = database.prepare(
      'SELECT sequence_min FROM blocks WHERE sequence_min > ? ORDER BY sequence_min LIMIT 1 OFFSET ?',
    );
    this.#inPack = select('WHERE pack = ? ORDER BY pack_offset');
    this.#liveBytes = database.prepare('SELECT pack, sum(record_bytes) AS bytes FROM blocks GROUP BY pack');
    this.#oldest = select('ORDER BY received_ms, sequence LIMIT ?');
    this.#totals = database.prepare(`SELECT count(*) AS blocks, coalesce(sum(line_count), 0) AS lines,
      coalesce(sum(text_bytes), 0) AS text, coalesce(sum(record_bytes), 0) AS stored, coalesce(sum(text_bytes) FILTER (WHERE compact = 1), 0) AS compact FROM blocks`);
    this.#smallRuns =
      database.prepare(`SELECT instance, segment, count(*) AS blocks FROM blocks WHERE text_bytes < 262144 AND compact = 0
      GROUP BY instance, segment HAVING count(*) >= ? ORDER BY count(*) DESC LIMIT ?`);
    this.#plain =
      database.prepare(`SELECT instance, segment FROM blocks WHERE compact = 0 AND (instance, segment) > (?, ?)
      GROUP BY instance, segment HAVING sum(text_bytes) >= ? AND (sum(text_bytes) >= ? OR max(received_ms) < ?)
      ORDER BY instance, segment LIMIT ?`);
    this.#ofSegment = select('WHERE instance = ? AND segment_time = ? AND segment = ? ORDER BY offset_last');
    // Halves of times are small integers: reading every column of a long list as a bigint would take several times longer.
    this.#within = database.prepare(`SELECT ${COLUMNS}, time_min >> 32 AS min_high, time_min & 4294967295 AS min_low,
      time_max >> 32 AS max_high, time_max & 4294967295 AS max_low FROM blocks WHERE ${within}`);
    this.#holding = select('WHERE instance = ? AND sequence >= ? AND sequence_min <= ? ORDER BY sequence');
    this.#move = database.prepare('UPDATE blocks SET instance = ? WHERE instance = ?');
  }

  add(row: BlockRow, times: BlockTimes): void {
    this.#insert.run(
      ...([row.sequence, row.sequenceMin, row.instance, segmentTime(row.segment), row.segment] as SQLInputValue[]),
      ...([row.offset, row.offsetLast, times.timeMin, times.timeMax, row.lineCount, row.textBytes] as SQLInputValue[]),
      ...[row.receivedMs, row.location.pack, row.location.offset, row.location.bytes],
      ...[Number(row.compact), formatParts(row.parts)],
    );
  }

  get(sequence: number): BlockRow | undefined {
    const row = this.#get.get(sequence);
    return row && blockOf(row as unknown as StoredBlock);
  }

  remove(sequence: number): void {
    this.#remove.run(sequence);
  }

  removeOfInstance(instance: number): void {
    this.#removeInstance.run(instance);
  }

  move(from: number, to: number): void {
    this.#move.run(to, from);
  }

  sequencesOf(instance: number): number[] {
    return this.#sequences.all(instance).map((row) => row.sequence as number);
  }

  /** Blocks with lines in [since, until) that end behind the position, in file order. */
  after(instance: number, since: bigint, until: bigint, position: FilePosition | undefined, limit: number): BlockRow[] {
    const from = position ? [segmentTime(position.segment), position.segment, position.offset] : [INT64_MIN, '', -1];
    return this.#list(this.#forward, [instance, since, until, ...from, limit]);
  }

  /** Blocks with lines in [since, until) that begin before the position, last one first. */
  before(
    instance: number,
    since: bigint,
    until: bigint,
    position: FilePosition | undefined,
    limit: number,
  ): BlockRow[] {
    const to = position ? [segmentTime(position.segment), position.segment, position.offset] : [INT64_MAX, '~', -1];
    return this.#list(this.#backward, [instance, since, until, ...to, limit]);
  }

  /** Blocks that have parts after `sequence`, up to a horizon that about `limit` blocks reach; at most `last`. */
  since(sequence: number, last: number, limit: number): { rows: BlockRow[]; horizon: number } {
    const row = this.#horizon.get(sequence, limit) as { sequence_min: number } | undefined;
    const horizon = Math.min(last, row?.sequence_min ?? last);
    const rows = this.#list(this.#straddling, [sequence, sequence]);
    return { rows: [...rows, ...this.#list(this.#whole, [sequence, horizon])], horizon };
  }

  inPack(pack: number): BlockRow[] {
    return this.#list(this.#inPack, [pack]);
  }

  liveBytesByPack(): Map<number, number> {
    return new Map(this.#liveBytes.all().map((row) => [row.pack as number, row.bytes as number]));
  }

  oldest(limit: number): BlockRow[] {
    return this.#list(this.#oldest, [limit]);
  }

  totals(): { blocks: number; lines: number; text: number; stored: number; compact: number } {
    return this.#totals.get() as ReturnType<BlockTable['totals']>;
  }

  /** Segments that have at least `blocksMin` small blocks. */
  smallRuns(blocksMin: number, limit: number): { instance: number; segment: string }[] {
    return this.#smallRuns.all(blocksMin, limit) as { instance: number; segment: string }[];
  }

  /** Segments behind `after` with so much text that is not compact: `bytesMin`, where nothing came since `idleSinceMs`, else `bytesFull`. */
  plainSegments(
    after: { instance: number; segment: string },
    bytesMin: number,
    bytesFull: number,
    idleSinceMs: number,
    limit: number,
  ): { instance: number; segment: string }[] {
    return this.#plain.all(after.instance, after.segment, bytesMin, bytesFull, idleSinceMs, limit) as {
      instance: number;
      segment: string;
    }[];
  }

  /** In file order. */
  ofSegment(instance: number, segment: string): BlockRow[] {
    return this.#list(this.#ofSegment, [instance, segmentTime(segment), segment]);
  }

  /** Blocks with lines in [since, until), in no order, with their times. */
  *within(instance: number, since: bigint, until: bigint): Generator<BlockRow & BlockTimes> {
    for (const row of this.#within.iterate(instance, since, until)) {
      const { min_high, min_low, max_high, max_low } = row as Record<string, number>;
      yield {
        ...blockOf(row as unknown as StoredBlock),
        timeMin: joined(min_high!, min_low!),
        timeMax: joined(max_high!, max_low!),
      };
    }
  }

  /** Blocks of an instance that may have parts from `least` to `most`. */
  holding(instance: number, least: number, most: number): BlockRow[] {
    return this.#list(this.#holding, [instance, least, most]);
  }

  #list(statement: StatementSync, values: SQLInputValue[]): BlockRow[] {
    return statement.all(...values).map((row) => blockOf(row as unknown as StoredBlock));
  }
}

function joined(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

interface StoredBlock {
  sequence: number;
  sequence_min: number;
  instance: number;
  segment: string;
  offset: number;
  offset_last: number;
  line_count: number;
  text_bytes: number;
  received_ms: number;
  pack: number;
  pack_offset: number;
  record_bytes: number;
  compact: number;
  parts: string | null;
}

function blockOf(row: StoredBlock): BlockRow {
  return {
    sequence: row.sequence,
    sequenceMin: row.sequence_min,
    instance: row.instance,
    segment: row.segment,
    offset: row.offset,
    offsetLast: row.offset_last,
    lineCount: row.line_count,
    textBytes: row.text_bytes,
    receivedMs: row.received_ms,
    location: { pack: row.pack, offset: row.pack_offset, bytes: row.record_bytes },
    compact: row.compact === 1,
    parts:
      row.parts === null
        ? [{ sequence: row.sequence, offset: row.offset, lineCount: row.line_count }]
        : parseParts(row.parts),
  };
}

/** Each part as the differences from the one before, which are small. A block of one part says nothing. */
export function formatParts(parts: readonly Part[]): string | null {
  if (parts.length === 1) return null;
  let sequence = 0;
  let offset = 0;
  const numbers: number[] = [];
  for (const part of parts) {
    numbers.push(part.sequence - sequence, part.offset - offset, part.lineCount);
    sequence = part.sequence;
    offset = part.offset;
  }
  return numbers.join(' ');
}

export function parseParts(text: string): Part[] {
  const numbers = text.split(' ').map(Number);
  const parts: Part[] = [];
  let sequence = 0;
  let offset = 0;
  for (let i = 0; i + 2 < numbers.length; i += 3) {
    sequence += numbers[i]!;
    offset += numbers[i + 1]!;
    parts.push({ sequence, offset, lineCount: numbers[i + 2]! });
  }
  return parts;
}
