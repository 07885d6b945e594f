import { release } from '../../base/release.ts';
import type {
  ByteSource,
  ExcerptRule,
  HolesThatDecide,
  KeptText,
  LineClasses,
  Lines,
  Occurrences,
  SoughtText,
} from './block.ts';
import { corrupt } from './bytes.ts';
import { readColumns } from './column-directory.ts';
import { ColumnValues } from './column-values.ts';
import { type Excerpt, excerptOf } from './excerpt.ts';
import { mayHold, shortBytes, soughtRuns, type TextFilter } from './gram-filter.ts';
import { classifyLines } from './line-classes.ts';
import { LineWriter } from './line-writer.ts';
import { lowered, type Needle, needleOf } from './needle.ts';
import { OccurrenceWalk } from './occurrence-walk.ts';
import { type SearchedText, TextOccurrences } from './occurrences.ts';
import { Sections, sectionKinds } from './sections.ts';
import { readTemplates, type Templates } from './templates.ts';
import { unpackTemplateIds } from './text-column.ts';

const NEWLINE = 0x0a;
/** What objects take, roughly. */
const [OPEN_BYTES, COLUMN_BYTES, SECTION_BYTES] = [2048, 320, 96];
const noTemplates = {
  firstPiece: new Uint32Array(),
  pieceFrom: new Uint32Array(),
  columnOf: new Int32Array(),
  text: Buffer.alloc(0),
};

/** A compact text, read section by section as it is asked for. */
export class OpenText implements KeptText, SearchedText {
  readonly lineCount: number;
  readonly textBytes: number;
  readonly #sections: Sections;
  #filter: TextFilter | undefined;
  #values: ColumnValues | undefined;
  #templates: Templates | undefined;
  #lowerText: Buffer | undefined;
  #lines: { numbers: Uint16Array; linesOf: Uint32Array } | undefined;

  constructor(source: ByteSource) {
    this.#sections = new Sections(source);
    this.lineCount = this.#sections.lineCount;
    this.textBytes = this.#sections.textBytes;
  }

  seek(sought: SoughtText): Occurrences {
    return new TextOccurrences(this, needleOf(sought));
  }

  classes(lines: Uint32Array, decide: HolesThatDecide): LineClasses {
    return classifyLines(lines, this.numbers, this.templates, this.values, decide);
  }

  starts(): Uint32Array {
    const { numbers, templates, values } = this;
    const { firstPiece, pieceFrom, columnOf } = templates;
    const writer = new LineWriter(templates, values);
    const next = new Uint32Array(values.entries.length);
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
    return isRising(indexes) ? this.#written(indexes) : inOrderOf(indexes, (rising) => this.#written(rising));
  }

  all(): Lines {
    const all = new Uint32Array(this.lineCount);
    for (let line = 0; line < all.length; line++) all[line] = line;
    const lines = this.#written(all);
    if (lines.text.length !== this.textBytes) throw corrupt('its lines are not as long as it says');
    return lines;
  }

  excerpts(indexes: Uint32Array, rule: ExcerptRule): Lines {
    const { numbers, templates, values } = this;
    const isUsed = new Uint8Array(templates.count);
    for (let i = 0; i < indexes.length; i++) isUsed[numbers[indexes[i]!]!] = 1;
    return this.#written(indexes, excerptOf(templates, values.entries, rule, isUsed));
  }

  /** Lines with rising numbers, or their excerpts: measured, then written. */
  #written(indexes: Uint32Array, excerpt?: Excerpt): Lines {
    const { numbers, values } = this;
    const templates = excerpt?.templates ?? this.templates;
    const { firstPiece, pieceFrom, columnOf } = templates;
    if (indexes.length > 0 && indexes.at(-1)! >= this.lineCount)
      throw new RangeError(`there is no line ${indexes.at(-1)}`);
    const writer = new LineWriter(templates, values);
    const occurrences = excerpt ? this.#keptOccurrencesOf(indexes, excerpt) : this.#occurrencesOf(indexes);
    const starts = new Uint32Array(indexes.length + 1);
    let hole = 0;
    for (let i = 0; i < indexes.length; i++) {
      const template = numbers[indexes[i]!]!;
      const [from, end] = [firstPiece[template]!, firstPiece[template + 1]!];
      let bytes = pieceFrom[end]! - pieceFrom[from]! + 1;
      for (let piece = from; piece < end - 1; piece++)
        bytes += writer.valueBytes(columnOf[piece]!, occurrences[hole++]!);
      starts[i + 1] = starts[i]! + bytes;
    }
    const text = Buffer.allocUnsafeSlow(starts[indexes.length]!);
    hole = 0;
    for (let i = 0, at = 0; i < indexes.length; i++) {
      const template = numbers[indexes[i]!]!;
      at = writer.writeLine(text, at, template, occurrences, hole);
      text[at++] = NEWLINE;
      hole += firstPiece[template + 1]! - firstPiece[template]! - 1;
    }
    return { text, starts };
  }

  /** Which occurrence of its column each hole of these lines has, line after line. */
  #occurrencesOf(indexes: Uint32Array): Uint32Array {
    const { numbers, templates } = this;
    const { firstPiece } = templates;
    let holes = 0;
    for (let i = 0; i < indexes.length; i++) {
      const template = numbers[indexes[i]!]!;
      holes += firstPiece[template + 1]! - firstPiece[template]! - 1;
    }
    const occurrences = new Uint32Array(holes);
    if (holes === 0) return occurrences;
    const { entries } = this.values;
    const walk = new OccurrenceWalk(numbers, templates, entries.length);
    walk.start(indexes[0]!, (column) => entries[column]!.count);
    for (let i = 0, hole = 0; i < indexes.length; i++) {
      walk.goTo(indexes[i]!);
      hole = walk.take(occurrences, hole);
    }
    return occurrences;
  }

  /** The same of holes that are kept. */
  #keptOccurrencesOf(indexes: Uint32Array, { templates: cut, isKept, isFollowed }: Excerpt): Uint32Array {
    const { numbers, templates } = this;
    const { firstPiece, columnOf } = templates;
    let holes = 0;
    for (let i = 0; i < indexes.length; i++) {
      const template = numbers[indexes[i]!]!;
      holes += cut.firstPiece[template + 1]! - cut.firstPiece[template]! - 1;
    }
    const isCounted = new Uint8Array(templates.count).map((_, t) => {
      for (let piece = firstPiece[t]!; piece < firstPiece[t + 1]! - 1; piece++)
        if (isFollowed[columnOf[piece]!] === 1) return 1;
      return 0;
    });
    const occurrences = new Uint32Array(holes);
    const next = new Uint32Array(this.values.entries.length);
    for (let line = 0, at = 0, hole = 0; at < indexes.length; line++) {
      const template = numbers[line]!;
      const isWanted = line === indexes[at];
      if (isWanted) at++;
      if (isCounted[template] === 0) continue;
      const end = firstPiece[template + 1]! - 1;
      for (let piece = firstPiece[template]!; piece < end; piece++) {
        const column = columnOf[piece]!;
        if (isFollowed[column] === 0) continue;
        const occurrence = next[column]!++;
        if (isWanted && isKept[piece] === 1) occurrences[hole++] = occurrence;
      }
    }
    return occurrences;
  }

  passesFilter({ bytes, ignoreCase }: Needle): boolean {
    return mayHold(this.filter, soughtRuns([{ text: bytes, ignoreCase }]));
  }

  get filter(): TextFilter {
    return (this.#filter ??= this.#readFilter());
  }

  get values(): ColumnValues {
    if (this.#values) return this.#values;
    const chunks = this.#sections.entries.filter(({ kind }) => kind === sectionKinds.chunk).map(({ bytes }) => bytes);
    this.#values = new ColumnValues(this.#sections, readColumns(this.#sections.one(sectionKinds.columns), chunks));
    return this.#values;
  }

  get templates(): Templates {
    return (this.#templates ??= readTemplates(this.#sections.one(sectionKinds.templates), this.values.entries.length));
  }

  get lowerText(): Buffer {
    return (this.#lowerText ??= lowered(this.templates.text));
  }

  get numbers(): Uint16Array {
    return (this.#lines ??= this.#readLines()).numbers;
  }

  get linesOf(): Uint32Array {
    return (this.#lines ??= this.#readLines()).linesOf;
  }

  get heldBytes(): KeptText['heldBytes'] {
    const { firstPiece, pieceFrom, columnOf, text } = this.#templates ?? noTemplates;
    const base =
      OPEN_BYTES +
      COLUMN_BYTES * (this.#values?.entries.length ?? 0) +
      SECTION_BYTES * this.#sections.entries.length +
      (this.#filter ? this.#filter.grams.length + this.#filter.shorts.length : 0) +
      firstPiece.byteLength +
      pieceFrom.byteLength +
      columnOf.byteLength +
      text.byteLength +
      (this.#lines ? this.#lines.numbers.byteLength + this.#lines.linesOf.byteLength : 0);
    return { base, values: (this.#values?.heldBytes ?? 0) + (this.#lowerText?.length ?? 0) };
  }

  forgetValues(): void {
    this.#values?.forget();
    if (this.#lowerText) release(this.#lowerText);
    this.#lowerText = undefined;
  }

  forget(): void {
    this.forgetValues();
    const { firstPiece, pieceFrom, columnOf, text } = this.#templates ?? noTemplates;
    for (const each of [firstPiece, pieceFrom, columnOf, text]) release(each);
    if (this.#lines) for (const each of [this.#lines.numbers, this.#lines.linesOf]) release(each);
    this.#values = this.#templates = this.#lines = undefined;
  }

  #readFilter(): TextFilter {
    const grams = this.#sections.one(sectionKinds.filter);
    // Texts of before have none.
    const shorts = this.#sections.oneIfAny(sectionKinds.shortRuns) ?? Buffer.alloc(0);
    // Most texts are read no further.
    this.#sections.forgetBeginning();
    if (shorts.length > 0 && shorts.length !== shortBytes) throw corrupt(`a filter has ${shorts.length} bytes`);
    return { grams, shorts };
  }

  /** The template of each line. Invariant: each column has as many values as lines ask for. */
  #readLines(): { numbers: Uint16Array; linesOf: Uint32Array } {
    const { count, firstPiece, columnOf } = this.templates;
    const packed = this.#sections.one(sectionKinds.ids);
    const { numbers, linesOf } = unpackTemplateIds(packed, this.lineCount, count);
    release(packed);
    const used = new Float64Array(this.values.entries.length);
    for (let t = 0; t < count; t++)
      for (let piece = firstPiece[t]!; piece < firstPiece[t + 1]! - 1; piece++) used[columnOf[piece]!]! += linesOf[t]!;
    for (const [column, { count: values }] of this.values.entries.entries())
      if (used[column] !== values) throw corrupt(`column ${column} has ${values} values and ${used[column]} uses`);
    return { numbers, linesOf };
  }
}

function isRising(indexes: Uint32Array): boolean {
  for (let i = 1; i < indexes.length; i++) if (indexes[i]! <= indexes[i - 1]!) return false;
  return true;
}

/** Each line is written once, and then copied to where it is wanted. */
function inOrderOf(indexes: Uint32Array, written: (rising: Uint32Array) => Lines): Lines {
  const rising = Uint32Array.from(new Set(indexes)).sort();
  const { text, starts } = written(rising);
  const rows = new Map(Array.from(rising, (line, row) => [line, row]));
  const parts = Array.from(indexes, (line) => text.subarray(starts[rows.get(line)!]!, starts[rows.get(line)! + 1]!));
  const ends = new Uint32Array(indexes.length + 1);
  for (const [i, { length }] of parts.entries()) ends[i + 1] = ends[i]! + length;
  return { text: Buffer.concat(parts), starts: ends };
}
