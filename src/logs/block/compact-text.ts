import { Aligner, type Condition, templatesThatHold } from './alignments.ts';
import type { ByteSource, CompactText, Lines, SoughtText } from './block.ts';
import { corrupt } from './bytes.ts';
import { readColumns } from './column-directory.ts';
import { ColumnSearch } from './column-search.ts';
import { ColumnValues } from './column-values.ts';
import { filterMayHold } from './gram-filter.ts';
import { LineWriter } from './line-writer.ts';
import { markLines, type TemplateMark } from './mark-lines.ts';
import { lowered, type Needle, needleOf } from './needle.ts';
import { Sections, sectionKinds } from './sections.ts';
import { readTemplates, type Templates } from './templates.ts';
import { unpackIds } from './text-column.ts';

const NEWLINE = 0x0a;

/** A compact text, read section by section as it is asked for. */
export class OpenText implements CompactText {
  readonly lineCount: number;
  readonly textBytes: number;
  readonly #sections: Sections;
  #filter: Buffer | undefined;
  #values: ColumnValues | undefined;
  #templates: Templates | undefined;
  #lowerText: Buffer | undefined;
  #numbers: Uint32Array | undefined;

  constructor(source: ByteSource) {
    this.#sections = new Sections(source);
    this.lineCount = this.#sections.lineCount;
    this.textBytes = this.#sections.textBytes;
  }

  mayHold(sought: SoughtText): boolean {
    const needle = needleOf(sought);
    if (needle.bytes.length === 0) return this.lineCount > 0;
    if (!this.#passesFilter(needle)) return false;
    const text = this.#templateText(needle);
    if (templatesThatHold(this.#readTemplates(), text, needle).length > 0) return true;
    const aligner = this.#aligner(needle, new ColumnSearch(this.#readValues(), needle));
    for (let t = 0; t < this.#readTemplates().count; t++) if (aligner.alternatives(t).length > 0) return true;
    return false;
  }

  mark(sought: SoughtText, hits: Uint8Array): number {
    const needle = needleOf(sought);
    if (needle.bytes.length === 0) return this.#markAll(hits);
    if (!this.#passesFilter(needle)) return 0;
    const search = new ColumnSearch(this.#readValues(), needle);
    const marks = this.#templateMarks(needle, search);
    if (marks.every((mark) => mark === 'never')) return 0;
    const { marked, unclear } = markLines(
      this.#readNumbers(),
      this.#readTemplates(),
      marks,
      search,
      this.#readValues(),
      hits,
    );
    return marked + this.#markUnclear(needle, unclear, hits);
  }

  starts(): Uint32Array {
    const writer = this.#writer();
    const [numbers, { firstPiece, pieceFrom, columnOf }] = [this.#readNumbers(), this.#readTemplates()];
    const next = new Uint32Array(this.#readValues().entries.length);
    const starts = new Uint32Array(this.lineCount + 1);
    for (let line = 0, at = 0; line < this.lineCount; line++) {
      const [first, end] = [firstPiece[numbers[line]!]!, firstPiece[numbers[line]! + 1]!];
      at += pieceFrom[end]! - pieceFrom[first]! + 1;
      for (let piece = first; piece < end - 1; piece++) {
        const column = columnOf[piece]!;
        at += writer.valueBytes(column, next[column]!++);
      }
      starts[line + 1] = at;
    }
    if (starts[this.lineCount] !== this.textBytes) throw corrupt('its lines are not as long as it says');
    return starts;
  }

  lines(indexes: Uint32Array): Lines {
    const { occurrences, first } = this.#occurrencesOf(indexes);
    const [numbers, { firstPiece, pieceFrom, columnOf }] = [this.#readNumbers(), this.#readTemplates()];
    const writer = new LineWriter(this.#readTemplates(), this.#readValues());
    const starts = new Uint32Array(indexes.length + 1);
    for (const [i, line] of indexes.entries()) {
      const [from, end] = [firstPiece[numbers[line]!]!, firstPiece[numbers[line]! + 1]!];
      let bytes = pieceFrom[end]! - pieceFrom[from]! + 1;
      for (let piece = from, hole = first[i]!; piece < end - 1; piece++) {
        writer.prepare(columnOf[piece]!);
        bytes += writer.valueBytes(columnOf[piece]!, occurrences[hole++]!);
      }
      starts[i + 1] = starts[i]! + bytes;
    }
    const text = Buffer.allocUnsafe(starts[indexes.length]!);
    for (const [i, line] of indexes.entries()) {
      const at = writer.writeLine(text, starts[i]!, numbers[line]!, occurrences, first[i]!);
      text[at] = NEWLINE;
    }
    return { text, starts };
  }

  all(): Lines {
    const writer = this.#writer();
    const [numbers, { firstPiece, columnOf }] = [this.#readNumbers(), this.#readTemplates()];
    const next = new Uint32Array(this.#readValues().entries.length);
    const occurrences = new Uint32Array(256);
    const text = Buffer.allocUnsafe(this.textBytes);
    const starts = new Uint32Array(this.lineCount + 1);
    let at = 0;
    for (let line = 0; line < this.lineCount; line++) {
      const template = numbers[line]!;
      const end = firstPiece[template + 1]! - 1;
      for (let piece = firstPiece[template]!, hole = 0; piece < end; piece++)
        occurrences[hole++] = next[columnOf[piece]!]!++;
      at = writer.writeLine(text, at, template, occurrences, 0);
      text[at++] = NEWLINE;
      starts[line + 1] = at;
    }
    if (at !== this.textBytes) throw corrupt('its lines are not as long as it says');
    return { text, starts };
  }

  #writer(): LineWriter {
    const writer = new LineWriter(this.#readTemplates(), this.#readValues());
    this.#readNumbers();
    for (let column = 0; column < this.#readValues().entries.length; column++) writer.prepare(column);
    return writer;
  }

  /** Which occurrence of its column each hole of these lines has: those of line `indexes[i]` from `first[i]` on. */
  #occurrencesOf(indexes: Uint32Array): { occurrences: Uint32Array; first: Uint32Array } {
    const [numbers, { firstPiece, columnOf }] = [this.#readNumbers(), this.#readTemplates()];
    const first = new Uint32Array(indexes.length);
    let holes = 0;
    for (const [i, line] of indexes.entries()) {
      if (line >= this.lineCount) throw new RangeError(`there is no line ${line}`);
      first[i] = holes;
      holes += firstPiece[numbers[line]! + 1]! - firstPiece[numbers[line]!]! - 1;
    }
    const order = Array.from(indexes.keys()).sort((a, b) => indexes[a]! - indexes[b]!);
    const occurrences = new Uint32Array(holes);
    const next = new Uint32Array(this.#readValues().entries.length);
    for (let line = 0, at = 0; at < order.length; line++) {
      const [from, end] = [firstPiece[numbers[line]!]!, firstPiece[numbers[line]! + 1]! - 1];
      for (; at < order.length && indexes[order[at]!] === line; at++) {
        const into = first[order[at]!]!;
        for (let piece = from; piece < end; piece++) {
          const column = columnOf[piece]!;
          let earlier = 0;
          for (let other = from; other < piece; other++) if (columnOf[other] === column) earlier++;
          occurrences[into + piece - from] = next[column]! + earlier;
        }
      }
      for (let piece = from; piece < end; piece++) next[columnOf[piece]!]!++;
    }
    return { occurrences, first };
  }

  #markAll(hits: Uint8Array): number {
    let marked = 0;
    for (let line = 0; line < this.lineCount; line++) {
      if (hits[line] === 0) marked++;
      hits[line] = 1;
    }
    return marked;
  }

  /** Lines of templates that are too involved: put together, and looked at. */
  #markUnclear(needle: Needle, unclear: number[], hits: Uint8Array): number {
    let marked = 0;
    if (unclear.length === 0) return 0;
    const { text, starts } = this.lines(Uint32Array.from(unclear));
    const plain = needle.ignoreCase ? lowered(text) : text;
    for (const [i, line] of unclear.entries()) {
      if (hits[line] !== 0 || !plain.subarray(starts[i]!, starts[i + 1]! - 1).includes(needle.bytes)) continue;
      hits[line] = 1;
      marked++;
    }
    return marked;
  }

  #templateMarks(needle: Needle, search: ColumnSearch): TemplateMark[] {
    const templates = this.#readTemplates();
    const marks: TemplateMark[] = new Array(templates.count).fill('never');
    for (const t of templatesThatHold(templates, this.#templateText(needle), needle)) marks[t] = 'always';
    const aligner = this.#aligner(needle, search);
    const isPossible = ({ piece, manner, from, to }: Condition) =>
      search.fulfilled(templates.columnOf[piece]!, manner, from, to) !== undefined;
    for (let t = 0; t < templates.count; t++) {
      if (marks[t] === 'always') continue;
      const found = aligner.alternatives(t);
      const possible = found === 'unclear' ? found : found.filter((conditions) => conditions.every(isPossible));
      if (possible.length > 0) marks[t] = possible;
    }
    return marks;
  }

  #aligner(needle: Needle, search: ColumnSearch): Aligner {
    return new Aligner(this.#readTemplates(), this.#templateText(needle), needle, search);
  }

  #templateText({ ignoreCase }: Needle): Buffer {
    const { text } = this.#readTemplates();
    return ignoreCase ? (this.#lowerText ??= lowered(text)) : text;
  }

  #passesFilter({ bytes }: Needle): boolean {
    this.#filter ??= this.#sections.one(sectionKinds.filter);
    return filterMayHold(this.#filter, bytes);
  }

  #readValues(): ColumnValues {
    if (this.#values) return this.#values;
    const chunks = this.#sections.entries.filter(({ kind }) => kind === sectionKinds.chunk).map(({ bytes }) => bytes);
    this.#values = new ColumnValues(this.#sections, readColumns(this.#sections.one(sectionKinds.columns), chunks));
    return this.#values;
  }

  #readTemplates(): Templates {
    this.#templates ??= readTemplates(this.#sections.one(sectionKinds.templates), this.#readValues().entries.length);
    return this.#templates;
  }

  /** The template of each line. Invariant: each column has as many values as lines ask for. */
  #readNumbers(): Uint32Array {
    if (this.#numbers) return this.#numbers;
    const { count, firstPiece, columnOf } = this.#readTemplates();
    const numbers = unpackIds(this.#sections.one(sectionKinds.ids), this.lineCount, count, false);
    const linesOf = new Uint32Array(count);
    for (const number of numbers) linesOf[number]!++;
    const used = new Float64Array(this.#readValues().entries.length);
    for (let t = 0; t < count; t++)
      for (let piece = firstPiece[t]!; piece < firstPiece[t + 1]! - 1; piece++) used[columnOf[piece]!]! += linesOf[t]!;
    for (const [column, { count: values }] of this.#readValues().entries.entries())
      if (used[column] !== values) throw corrupt(`column ${column} has ${values} values and ${used[column]} uses`);
    this.#numbers = numbers;
    return numbers;
  }
}
