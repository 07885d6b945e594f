import type { Lines } from './block.ts';
import { type ColumnEntry, type Part, writeColumns } from './column-directory.ts';
import { type Plan, type PlannedColumn, planColumns } from './column-plan.ts';
import { gramFilter } from './gram-filter.ts';
import { limits } from './limits.ts';
import { LineScanner, wordShape } from './line-scanner.ts';
import { packNumbers } from './number-column.ts';
import { type Section, sectionKinds, writeSections } from './sections.ts';
import { TemplateTable } from './template-table.ts';
import { type Templates, templatesOf, writeTemplates } from './templates.ts';
import { isRecent, packIds, packTexts } from './text-column.ts';
import { timeAt } from './time-shapes.ts';
import { ValueTable } from './value-table.ts';

const NEWLINE = 0x0a;
const COMPRESSION_LEVEL = 3;
/** Parts of columns come together in chunks of about so many bytes: one is decompressed as a whole. */
const CHUNK_BYTES = 128 * 1024;
/** A dictionary is made where this share of the values is the same as others. */
const REPEATED_SHARE_MIN = 0.4;

/** The compact form of lines. Throws RangeError where there are more than `limits` allows, or one does not end with a newline. */
export function encodeCompact({ text, starts }: Lines, level = COMPRESSION_LEVEL): Buffer {
  const lineCount = starts.length - 1;
  if (lineCount > limits.linesMax || text.length > limits.textBytesMax) throw new RangeError('too much for one text');
  const scanned = scanLines(text, starts, lineCount);
  const plan = planColumns(scanned.table, text, scanned.wholeLines);
  const values = collectValues(text, scanned, plan);
  const chunks = new Chunks();
  const columns = packColumns(text, plan.columns, values, chunks);
  const templates = templatesOf(plan.drafts, plan.text);
  const sections: Section[] = [
    { kind: sectionKinds.filter, bytes: filterOf(text, templates, values) },
    { kind: sectionKinds.columns, bytes: writeColumns(columns) },
    { kind: sectionKinds.templates, bytes: writeTemplates(templates) },
    { kind: sectionKinds.ids, bytes: packIds(values.numbers, templates.count, false) },
    ...chunks.sections(),
  ];
  return writeSections(lineCount, text.length, sections, level);
}

interface Scanned {
  table: TemplateTable;
  scanner: LineScanner;
  /** Of each line, its template in the table; -1 where it is kept whole. */
  templates: Int32Array;
  wholeLines: number;
}

function scanLines(text: Buffer, starts: Uint32Array, lineCount: number): Scanned {
  const table = new TemplateTable(text);
  const scanner = new LineScanner(lineCount * 8 + limits.lineHolesMax + 1);
  const templates = new Int32Array(lineCount);
  let wholeLines = 0;
  for (let i = 0; i < lineCount; i++) {
    const from = starts[i]!;
    const to = starts[i + 1]! - 1;
    if (text[to] !== NEWLINE) throw new RangeError(`line ${i} does not end with a newline`);
    const template = scanner.scan(text, from, to) ? table.add(scanner, from, to) : -1;
    templates[i] = template;
    if (template >= 0) continue;
    scanner.whole(from, to);
    wholeLines++;
  }
  return { table, scanner, templates, wholeLines };
}

interface Values {
  /** Of each line, the number of its template. */
  numbers: Uint32Array;
  /** Of each column of text, which value each occurrence has. */
  ids: (Uint32Array | undefined)[];
  floats: (Float64Array | undefined)[];
  /** Where the values of each column of text lie: from and to, in turn. */
  places: Uint32Array[];
}

function collectValues(text: Buffer, scanned: Scanned, plan: Plan): Values {
  const { columns, holeColumns, whole } = plan;
  const values = new ValueCollector(text, scanned, columns);
  const numbers = new Uint32Array(scanned.templates.length);
  const wholeColumns = Int32Array.of(whole.column);
  for (let i = 0; i < numbers.length; i++) {
    const template = scanned.templates[i]!;
    numbers[i] = template < 0 ? whole.number : plan.numbers[template]!;
    values.take(template < 0 ? wholeColumns : holeColumns[template]!);
  }
  return { numbers, ids: values.ids, floats: values.floats, places: values.table.byColumn() };
}

/** Sorts the values of lines into columns. Invariant: the holes up to `#hole` have been taken. */
class ValueCollector {
  readonly ids: (Uint32Array | undefined)[];
  readonly floats: (Float64Array | undefined)[];
  readonly table: ValueTable;
  readonly #text: Buffer;
  readonly #scanner: LineScanner;
  readonly #shapes: Uint8Array;
  readonly #filled: Uint32Array;
  #hole = 0;

  constructor(text: Buffer, { scanner }: Scanned, columns: readonly PlannedColumn[]) {
    this.#text = text;
    this.#scanner = scanner;
    this.ids = columns.map(({ kind, count }) => (kind === 'text' ? new Uint32Array(count) : undefined));
    this.floats = columns.map(({ kind, count }) => (kind === 'number' ? new Float64Array(count) : undefined));
    this.#shapes = Uint8Array.from(columns, ({ shape }) => shape);
    this.#filled = new Uint32Array(columns.length);
    this.table = new ValueTable(text, columns.length);
  }

  /** The values of the next line, whose holes have these columns. */
  take(columns: Int32Array): void {
    for (let i = 0; i < columns.length; i++) {
      const hole = this.#hole++;
      const column = columns[i]!;
      if (column < 0) continue;
      const from = this.#scanner.from[hole]!;
      const to = this.#scanner.to[hole]!;
      const at = this.#filled[column]!++;
      const floats = this.floats[column];
      if (floats === undefined) this.ids[column]![at] = this.table.add(column, from, to);
      else floats[at] = numberAt(this.#text, from, to, this.#shapes[column]!);
    }
  }
}

function numberAt(text: Buffer, from: number, to: number, shape: number): number {
  if (shape !== wordShape) return timeAt(text, from, shape);
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text[at]! - 0x30;
  return value;
}

/** Numbers first, then the values of texts, those with the fewest different bytes first, then which value is where. */
function packColumns(
  text: Buffer,
  columns: readonly PlannedColumn[],
  { ids, floats, places }: Values,
  chunks: Chunks,
): ColumnEntry[] {
  const entries: ColumnEntry[] = new Array(columns.length);
  for (const [i, { shape, count }] of columns.entries()) {
    if (!floats[i]) continue;
    const { mode, base, width, bytes } = packNumbers(floats[i]);
    entries[i] = { kind: 'number', count, shape, mode, base, width, part: chunks.add(bytes) };
  }
  chunks.end();
  const texts = columns.flatMap((_, i) => (ids[i] ? [{ i, ...packedText(text, places[i]!, ids[i]) }] : []));
  texts.sort((a, b) => a.different - b.different);
  for (const { i, packed, isDictionary } of texts) {
    const { lengthMin, lengthMax, byteSet, bytes } = packed;
    const count = columns[i]!.count;
    const values = isDictionary ? places[i]!.length / 2 : count;
    const part = chunks.add(bytes);
    entries[i] = { kind: 'text', count, values, lengthMin, lengthMax, byteSet, part, ids: undefined };
  }
  chunks.end();
  for (const { i, isDictionary } of texts) {
    const entry = entries[i]!;
    if (!isDictionary || entry.kind !== 'text') continue;
    const recent = isRecent(ids[i]!, entry.values);
    entry.ids = { part: chunks.add(packIds(ids[i]!, entry.values, recent)), recent };
  }
  return entries;
}

/** Of all fixed text and all values of text. */
function filterOf(text: Buffer, { text: fixed, pieceFrom }: Templates, { places }: Values): Buffer {
  const pieces = new Uint32Array(2 * (pieceFrom.length - 1));
  for (let i = 0; i < pieces.length; i++) pieces[i] = pieceFrom[(i + 1) >> 1]!;
  return gramFilter([{ text: fixed, places: pieces }, ...places.map((each) => ({ text, places: each }))]);
}

function packedText(text: Buffer, places: Uint32Array, ids: Uint32Array) {
  const isDictionary = places.length / 2 <= ids.length * (1 - REPEATED_SHARE_MIN);
  const packed = packTexts(text, isDictionary ? places : occurrences(places, ids));
  const different = packed.byteSet.reduce((sum, byte) => sum + bitCount(byte), 0);
  return { packed, isDictionary, different };
}

function occurrences(places: Uint32Array, ids: Uint32Array): Uint32Array {
  const all = new Uint32Array(2 * ids.length);
  for (const [i, id] of ids.entries()) {
    all[2 * i] = places[2 * id]!;
    all[2 * i + 1] = places[2 * id + 1]!;
  }
  return all;
}

function bitCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
}

/** Parts of columns, in chunks. */
class Chunks {
  #done: Buffer[] = [];
  #open: Buffer[] = [];
  #openBytes = 0;

  add(bytes: Buffer): Part {
    if (this.#openBytes > 0 && this.#openBytes + bytes.length > CHUNK_BYTES) this.end();
    const part = { chunk: this.#done.length, from: this.#openBytes, bytes: bytes.length };
    this.#open.push(bytes);
    this.#openBytes += bytes.length;
    return part;
  }

  /** What comes next lies in another chunk. */
  end(): void {
    if (this.#open.length === 0) return;
    this.#done.push(Buffer.concat(this.#open));
    this.#open = [];
    this.#openBytes = 0;
  }

  sections(): Section[] {
    this.end();
    return this.#done.map((bytes) => ({ kind: sectionKinds.chunk, bytes }));
  }
}
