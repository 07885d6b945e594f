import { ByteReader, ByteWriter, corrupt } from './bytes.ts';
import { limits } from './limits.ts';
import { isTimeShape, wordShape } from './time-shapes.ts';

/** Bytes of a chunk. */
export interface Part {
  /** Which of the sections that are chunks. */
  chunk: number;
  from: number;
  bytes: number;
}

export interface TextEntry {
  kind: 'text';
  /** How often it occurs in lines. */
  count: number;
  /** How many values are stored. */
  values: number;
  lengthMin: number;
  lengthMax: number;
  byteSet: Buffer;
  part: Part;
  /** Which value each occurrence has; without it each has its own. */
  ids: { part: Part; recent: boolean } | undefined;
}

/** Decimal numbers, or times of a shape. */
export interface NumberEntry {
  kind: 'number';
  count: number;
  shape: number;
  mode: number;
  base: number;
  width: number;
  part: Part;
}

export type ColumnEntry = TextEntry | NumberEntry;

const kinds = { text: 0, dictionary: 1, recent: 2, number: 3 } as const;

export function writeColumns(columns: readonly ColumnEntry[]): Buffer {
  const writer = new ByteWriter(16 * 1024);
  writer.varint(columns.length);
  for (const column of columns) {
    if (column.kind === 'text') writeText(writer, column);
    else {
      writer.byte(kinds.number);
      for (const number of [column.count, column.shape, column.mode, column.base, column.width]) writer.varint(number);
      writePart(writer, column.part);
    }
  }
  return writer.written();
}

function writeText(writer: ByteWriter, { ids, count, values, lengthMin, lengthMax, byteSet, part }: TextEntry): void {
  writer.byte(ids === undefined ? kinds.text : ids.recent ? kinds.recent : kinds.dictionary);
  for (const number of [count, values, lengthMin, lengthMax]) writer.varint(number);
  writer.bytes(byteSet);
  writePart(writer, part);
  if (ids) writePart(writer, ids.part);
}

function writePart(writer: ByteWriter, { chunk, from, bytes }: Part): void {
  writer.varint(chunk);
  writer.varint(from);
  writer.varint(bytes);
}

/** `chunks` are the bytes of each chunk. */
export function readColumns(bytes: Buffer, chunks: readonly number[]): ColumnEntry[] {
  const reader = new ByteReader(bytes);
  const columns: ColumnEntry[] = [];
  // A few more than there may be contexts: those that are shared by all the others.
  for (let left = reader.count(2 * limits.columnsMax, 'columns'); left > 0; left--) {
    const kind = reader.byte();
    columns.push(kind === kinds.number ? readNumber(reader, chunks) : readText(reader, kind, chunks));
  }
  return columns;
}

function readText(reader: ByteReader, kind: number, chunks: readonly number[]): TextEntry {
  if (kind > kinds.recent) throw corrupt(`a column of kind ${kind}`);
  const count = reader.count(limits.linesMax * limits.lineHolesMax, 'values');
  const values = reader.count(count, 'different values');
  const lengthMin = reader.count(limits.textBytesMax, 'length');
  const lengthMax = reader.count(limits.textBytesMax, 'length');
  const byteSet = reader.bytes(32);
  const part = readPart(reader, chunks);
  if (kind === kinds.text && values !== count) throw corrupt('a column has fewer values than it is used');
  const ids = kind === kinds.text ? undefined : { part: readPart(reader, chunks), recent: kind === kinds.recent };
  return { kind: 'text', count, values, lengthMin, lengthMax, byteSet, part, ids };
}

function readNumber(reader: ByteReader, chunks: readonly number[]): NumberEntry {
  const count = reader.count(limits.linesMax * limits.lineHolesMax, 'values');
  const shape = reader.byte();
  if (shape !== wordShape && !isTimeShape(shape)) throw corrupt(`a time of shape ${shape}`);
  const mode = reader.byte();
  const base = reader.varint();
  const width = reader.byte();
  return { kind: 'number', count, shape, mode, base, width, part: readPart(reader, chunks) };
}

function readPart(reader: ByteReader, chunks: readonly number[]): Part {
  const chunk = reader.varint();
  const size = chunks[chunk];
  if (size === undefined) throw corrupt(`there is no chunk ${chunk}`);
  const from = reader.count(size, 'place in a chunk');
  return { chunk, from, bytes: reader.count(size - from, 'bytes in a chunk') };
}
