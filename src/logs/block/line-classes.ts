import type { HolesThatDecide, LineClasses, TemplateForm } from './block.ts';
import type { ColumnEntry } from './column-directory.ts';
import type { ColumnValues } from './column-values.ts';
import type { Templates } from './templates.ts';
import { hasBlank, wordShape } from './time-shapes.ts';

/** Classes of one text; lines beyond are in none. */
const classesMax = 1 << 20;
/** Values that fit beside a class in a key. */
const valuesEnd = 2 ** 32;

/** How a template's lines are told apart. */
interface Follow {
  /** Columns whose occurrences are counted, in the order of the holes. */
  columns: Int32Array;
  /** Which of them decide. Undefined: the lines are in no class. */
  deciding: Int32Array | undefined;
  /** Of all its lines, where none does. */
  class: number;
}

/** Sorts lines into classes, see `CompactText.classes`. Columns that decide nothing are not read. */
export function classifyLines(
  lines: Uint32Array,
  numbers: Uint16Array,
  templates: Templates,
  values: ColumnValues,
  decide: HolesThatDecide,
): LineClasses {
  const classes = new Classes(values);
  const follows = followsOf(lines, numbers, templates, values, decide, classes);
  const of = new Uint32Array(lines.length);
  const next = new Uint32Array(values.entries.length);
  const occurrences = new Uint32Array(256);
  for (let line = 0, at = 0; at < lines.length; line++) {
    const follow = follows[numbers[line]!];
    const isWanted = line === lines[at];
    if (follow === undefined) {
      if (isWanted) at++;
      continue;
    }
    const { columns, deciding } = follow;
    for (let i = 0; i < columns.length; i++) occurrences[i] = next[columns[i]!]!++;
    if (!isWanted) continue;
    if (deciding !== undefined) of[at] = classes.of(follow.class, columns, deciding, occurrences);
    at++;
  }
  return { of, count: classes.count };
}

/** Invariant: classes are numbered from 1 on. */
class Classes {
  count = 1;
  readonly #values: ColumnValues;
  readonly #byKey = new Map<number, number>();

  constructor(values: ColumnValues) {
    this.#values = values;
  }

  add(): number {
    return this.count < classesMax ? this.count++ : 0;
  }

  /** Of the lines of a class those whose columns have these values; 0 where they cannot be told. */
  of(whole: number, columns: Int32Array, deciding: Int32Array, occurrences: Uint32Array): number {
    let found = whole;
    for (let i = 0; i < deciding.length && found !== 0; i++) {
      const value = this.#value(columns[deciding[i]!]!, occurrences[deciding[i]!]!);
      found = value < 0 ? 0 : this.#part(found, value);
    }
    return found;
  }

  #part(whole: number, value: number): number {
    const key = whole * valuesEnd + value;
    let found = this.#byKey.get(key);
    if (found === undefined) this.#byKey.set(key, (found = this.add()));
    return found;
  }

  /** A number for the value; negative where each occurrence has its own, or it is too large. */
  #value(column: number, occurrence: number): number {
    if (this.#values.entries[column]!.kind === 'text') return this.#values.ids(column)?.[occurrence] ?? -1;
    const number = this.#values.numbers(column)[occurrence]!;
    return number < valuesEnd ? number : -1;
  }
}

/** Of each template that matters: those of the lines, and those that share a column that decides. */
function followsOf(
  lines: Uint32Array,
  numbers: Uint16Array,
  templates: Templates,
  { entries }: ColumnValues,
  decide: HolesThatDecide,
  classes: Classes,
): (Follow | undefined)[] {
  const { count, firstPiece, columnOf } = templates;
  const isUsed = new Uint8Array(count);
  for (let i = 0; i < lines.length; i++) isUsed[numbers[lines[i]!]!] = 1;
  const isFollowed = new Uint8Array(entries.length);
  const decidedBy: (readonly number[] | undefined)[] = new Array(count);
  for (let t = 0; t < count; t++) {
    if (isUsed[t] === 0) continue;
    const form = formOf(templates, t, entries);
    decidedBy[t] = form && decide(form);
    for (const hole of decidedBy[t] ?? []) isFollowed[columnOf[firstPiece[t]! + hole]!] = 1;
  }
  const follows: (Follow | undefined)[] = new Array(count);
  for (let t = 0; t < count; t++) {
    const [first, end] = [firstPiece[t]!, firstPiece[t + 1]! - 1];
    const pieces: number[] = [];
    for (let piece = first; piece < end; piece++) if (isFollowed[columnOf[piece]!] === 1) pieces.push(piece);
    const holes = decidedBy[t];
    if (pieces.length === 0 && holes === undefined) continue;
    follows[t] = {
      columns: Int32Array.from(pieces, (piece) => columnOf[piece]!),
      deciding: holes && Int32Array.from(holes, (hole) => pieces.indexOf(first + hole)),
      class: holes ? classes.add() : 0,
    };
  }
  return follows;
}

/** Undefined where a hole may be anything, as where whole lines are kept. */
function formOf(
  { firstPiece, pieceFrom, columnOf, text }: Templates,
  template: number,
  entries: readonly ColumnEntry[],
): TemplateForm | undefined {
  const [first, last] = [firstPiece[template]!, firstPiece[template + 1]! - 1];
  if (last === first + 1 && pieceFrom[last + 1] === pieceFrom[first]) return undefined;
  const holes: TemplateForm['holes'][number][] = [];
  const pieces: string[] = [];
  for (let piece = first; piece <= last; piece++) {
    pieces.push(text.toString('utf8', pieceFrom[piece]!, pieceFrom[piece + 1]!));
    if (piece === last) break;
    const kind = kindOf(entries[columnOf[piece]!]!);
    if (kind === undefined) return undefined;
    holes.push(kind);
  }
  return { pieces, holes };
}

const bytesOf = (chars: RegExp) =>
  Buffer.alloc(32).map((_, at) => {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) if (chars.test(String.fromCharCode(8 * at + bit))) byte |= 1 << bit;
    return byte;
  });
const [numberBytes, wordBytes] = [bytesOf(/[-0-9._]/), bytesOf(/[-A-Za-z0-9._]/)];

function kindOf(entry: ColumnEntry): TemplateForm['holes'][number] | undefined {
  if (entry.kind === 'number') {
    if (entry.shape === wordShape) return 'number';
    return hasBlank(entry.shape) ? 'date and time' : 'time';
  }
  const isWithin = (set: Uint8Array) => entry.byteSet.every((byte, at) => (byte & ~set[at]!) === 0);
  return isWithin(numberBytes) ? 'number' : isWithin(wordBytes) ? 'word' : undefined;
}
