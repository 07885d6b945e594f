import type { Arena, Stretch } from '../../base/arena.ts';
import type { ColumnEntry, Part } from './column-directory.ts';
import type { Encoder } from './encoder.ts';
import { modeOfNumbers } from './number-column.ts';
import { columnKinds, type Plan, type PlannedColumn, shapeOfColumn } from './plan-columns.ts';
import type { ScannedLines } from './scan-lines.ts';
import { idWidth, lengthWidth } from './text-column.ts';

/** Parts of columns come together in chunks of about so many bytes: one is decompressed as a whole. */
const CHUNK_BYTES = 128 * 1024;
/** A dictionary is made where this share of the values is the same as others. */
const REPEATED_SHARE_MIN = 0.4;
/** Numbers of values are distances from the newest one where this share of them is small. */
const RECENT_SHARE_MIN = 0.6;

/** How many numbers a column has a row of, and which is what. */
const columnRow = { numbers: 5, kind: 0, nextAt: 1, placesAt: 2, values: 3, bytes: 4 } as const;
const NUMBER_BYTES = 8;
const ID_BYTES = 4;
const PLACE_BYTES = 8;
const SLOT_BYTES = 8;

/** The values of a column: addresses. */
export interface Values {
  kind: number;
  count: number;
  /** Numbers, or which of the column's different values each one is. */
  at: number;
  /** Of text: where the different values lie, and how many there are. */
  placesAt: number;
  different: number;
  /** Of all values. */
  bytes: number;
}

export interface CollectedValues {
  columns: Values[];
  /** Of each line, the number of its template. */
  numbersAt: number;
}

export function collectValues({ arena, collect }: Encoder, lines: ScannedLines, plan: Plan): CollectedValues {
  const { textAt, startsAt, linesAt, templatesAt, holesAt, lineCount } = lines;
  const texts = plan.columns.reduce((sum, { kind, count }) => sum + (kind === columnKinds.text ? count : 0), 0);
  const slotCount = 2 ** Math.ceil(Math.log2(2 * texts + 2));
  const numbersAt = arena.room(ID_BYTES * lineCount);
  const slotsAt = arena.zeros(SLOT_BYTES * slotCount);
  const columnsAt = arena.room(4 * columnRow.numbers * plan.columns.length);
  const places = plan.columns.map(({ kind, count }) => roomOf(kind, count, arena));
  const rows = arena.u32(columnsAt, columnRow.numbers * plan.columns.length);
  for (const [i, { at, placesAt }] of places.entries())
    rows.set([plan.columns[i]!.kind, at, placesAt, 0, 0], i * columnRow.numbers);
  const { wholeColumn, wholeNumber } = plan;
  collect.set({ textAt, startsAt, linesAt, templatesAt, holesAt, columnsAt, slotsAt, slotCount });
  collect.set({ wholeColumn, wholeNumber, numbersAt });
  collect.run.collect(lineCount);
  const columns = plan.columns.map(({ kind, count }, i): Values => {
    const row = i * columnRow.numbers;
    return {
      kind,
      count,
      ...places[i]!,
      different: rows[row + columnRow.values]!,
      bytes: rows[row + columnRow.bytes]!,
    };
  });
  return { columns, numbersAt };
}

function roomOf(kind: PlannedColumn['kind'], count: number, arena: Arena) {
  if (kind !== columnKinds.text) return { at: arena.room(NUMBER_BYTES * count), placesAt: 0 };
  return { at: arena.room(ID_BYTES * count), placesAt: arena.room(PLACE_BYTES * count) };
}

export interface PackedColumns {
  entries: ColumnEntry[];
  chunks: Stretch[];
}

/** Numbers first, then the values of texts, those with the fewest different bytes first, then which value is where. */
export function packColumns(encoder: Encoder, columns: readonly Values[]): PackedColumns {
  const { arena } = encoder;
  // The first part may need the most room that one may.
  const chunks = new Chunks(arena.room(0));
  const entries: ColumnEntry[] = new Array(columns.length);
  for (const [i, values] of columns.entries())
    if (values.kind !== columnKinds.text) entries[i] = packNumbers(encoder, values, chunks);
  chunks.end();
  const texts = columns.flatMap((values, i) =>
    values.kind === columnKinds.text ? [{ i, values, ...measured(encoder, values) }] : [],
  );
  texts.sort((a, b) => a.differentBytes - b.differentBytes);
  for (const { i, values, isDictionary, lengthMin, lengthMax, byteSet } of texts) {
    const { count, placesAt, at, different, bytes } = values;
    const stored = isDictionary ? different : count;
    const width = lengthWidth(lengthMin, lengthMax);
    room(encoder, chunks.at, stored * width + bytes);
    const end = encoder.pack.run.packTexts(placesAt, isDictionary ? 0 : at, stored, width, chunks.at);
    const part = chunks.add(end - chunks.at);
    entries[i] = { kind: 'text', count, values: stored, lengthMin, lengthMax, byteSet, part, ids: undefined };
  }
  chunks.end();
  for (const { i, values, isDictionary } of texts) {
    const entry = entries[i]!;
    if (isDictionary && entry.kind === 'text') entry.ids = packIdsOf(encoder, values, chunks);
  }
  chunks.end();
  arena.shorten(chunks.at);
  return { entries, chunks: chunks.done };
}

/** Reserves so many bytes for the next part. */
function room({ arena }: Encoder, at: number, bytes: number): void {
  arena.shorten(at);
  arena.room(bytes + 64);
}

function packNumbers(encoder: Encoder, { kind, count, at }: Values, chunks: Chunks): ColumnEntry {
  const { pack } = encoder;
  pack.run.measureNumbers(at, count);
  const { mode, base, width } = modeOfNumbers({
    ...{ least: pack.get('least'), greatest: pack.get('greatest'), greatestDelta: pack.get('greatestDelta') },
    ...{ plainBits: pack.get('plainBits'), deltaBits: pack.get('deltaBits') },
  });
  room(encoder, chunks.at, count * width);
  pack.run.packNumbers(at, count, mode === 1, base, width, chunks.at);
  return { kind: 'number', count, shape: shapeOfColumn(kind), mode, base, width, part: chunks.add(count * width) };
}

function measured({ arena, pack }: Encoder, { placesAt, different, count }: Values) {
  const bytesSeenAt = arena.room(256);
  pack.set({ bytesSeenAt });
  pack.run.measureTexts(placesAt, different);
  const byteSet = Buffer.alloc(32);
  let differentBytes = 0;
  for (const [byte, occurs] of arena.bytes(bytesSeenAt, 256).entries()) {
    byteSet[byte >> 3]! |= occurs << (byte & 7);
    differentBytes += occurs;
  }
  const isDictionary = different <= count * (1 - REPEATED_SHARE_MIN);
  return { byteSet, differentBytes, isDictionary, lengthMin: pack.get('lengthMin'), lengthMax: pack.get('lengthMax') };
}

function packIdsOf(
  encoder: Encoder,
  { at, count, different }: Values,
  chunks: Chunks,
): { part: Part; recent: boolean } {
  const { pack } = encoder;
  // One value has no distances.
  const recent = different > 1 && pack.run.countRecent(at, count) > count * RECENT_SHARE_MIN;
  const width = idWidth(different);
  room(encoder, chunks.at, count * width);
  pack.run.packIds(at, count, width, recent, chunks.at);
  return { part: chunks.add(count * width), recent };
}

/** The numbers of templates, as a section. */
export function packTemplateIds({ arena, pack }: Encoder, at: number, count: number, templates: number): Stretch {
  const width = idWidth(templates);
  const stretch = { at: arena.room(count * width), bytes: count * width };
  pack.run.packIds(at, count, width, false, stretch.at);
  return stretch;
}

/** Parts of columns, one behind the other, in chunks. Invariant: what lies between the last chunk and `at` is the open one. */
class Chunks {
  readonly done: Stretch[] = [];
  at: number;
  #openAt: number;
  #openParts = 0;

  constructor(at: number) {
    this.at = this.#openAt = at;
  }

  /** The next part has been written, so many bytes. */
  add(bytes: number): Part {
    if (this.at > this.#openAt && this.at - this.#openAt + bytes > CHUNK_BYTES) this.end();
    const part = { chunk: this.done.length, from: this.at - this.#openAt, bytes };
    this.at += bytes;
    this.#openParts++;
    return part;
  }

  /** What comes next lies in another chunk. */
  end(): void {
    if (this.#openParts > 0) this.done.push({ at: this.#openAt, bytes: this.at - this.#openAt });
    this.#openAt = this.at;
    this.#openParts = 0;
  }
}
