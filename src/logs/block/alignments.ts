import type { Needle } from './needle.ts';
import { isAt } from './needle.ts';
import { needleFinder } from './needle-finder.ts';
import type { Templates } from './templates.ts';

/** How a part of what is sought lies in the value of a hole. */
export const manners = { contains: 0, prefix: 1, suffix: 2, equals: 3 } as const;
export type Manner = (typeof manners)[keyof typeof manners];

/** The hole behind piece `piece` holds `needle[from, to)` in that manner. */
export interface Condition {
  piece: number;
  manner: Manner;
  from: number;
  to: number;
}

/** What is known of the values of columns without looking at each. */
export interface Judge {
  /** False where no value of the column can hold any part of what is sought. */
  mayTakePart(column: number): boolean;
  /** Whether a value of the column may hold the byte `needle[at]`. */
  mayHoldByte(column: number, at: number): boolean;
  /** False where no value of the column does it. */
  mayFulfil(column: number, manner: Manner, from: number, to: number): boolean;
}

/** Ways in which a line of a template may hold what is sought: in each, all conditions are met. `unclear`: more than are tried. */
export type Alternatives = Condition[][] | 'unclear';

/** Ways tried for one template; one that has more is decided line by line. */
const alternativesMax = 64;
const stepsMax = 4096;

/** Templates whose fixed text holds it: their numbers, rising. `text` is that of the templates, or the same in lower case. */
export function templatesThatHold(templates: Templates, text: Buffer, { bytes }: Needle): number[] {
  const { firstPiece, pieceFrom } = templates;
  const found: number[] = [];
  const find = needleFinder(bytes);
  let template = 0;
  let piece = 0;
  for (let at = find(text, 0); at >= 0; ) {
    while (pieceFrom[piece + 1]! <= at) piece++;
    while (firstPiece[template + 1]! <= piece) template++;
    if (at + bytes.length <= pieceFrom[piece + 1]!) {
      found.push(template);
      at = find(text, pieceFrom[firstPiece[template + 1]!]!);
    } else at = find(text, at + 1);
  }
  return found;
}

/** Ways in which a hole takes part: what is sought lies within it, or goes on in it, or goes on behind it. */
const openings = { within: 1, fromPiece: 2, fromHole: 4 } as const;

/** Where one look at the byte before and the byte behind a hole tells whether it may take part. */
interface Openings {
  /** Of each column. */
  columns: Uint8Array;
  /** Of each column and byte: ways that are open where the byte is the last before the hole, or the first behind it. */
  bytes: Uint8Array;
}

function openingsOf(needle: Buffer, judge: Judge, columnCount: number): Openings {
  const columns = new Uint8Array(columnCount);
  const bytes = new Uint8Array(columnCount << 8);
  for (let column = 0; column < columnCount; column++) {
    if (!judge.mayTakePart(column)) continue;
    let ways = judge.mayFulfil(column, manners.contains, 0, needle.length) ? openings.within : 0;
    const open = (byte: number, way: number) => {
      bytes[(column << 8) | byte]! |= way;
      ways |= way;
    };
    for (let at = 1; at < needle.length; at++)
      if (judge.mayHoldByte(column, at)) open(needle[at - 1]!, openings.fromPiece);
    for (let at = 1; at < needle.length && judge.mayHoldByte(column, at - 1); at++)
      if (judge.mayFulfil(column, manners.suffix, 0, at)) open(needle[at]!, openings.fromHole);
    columns[column] = ways;
  }
  return { columns, bytes };
}

/** Lays what is sought over the pieces and holes of templates in every way in which a hole takes part. */
export class Aligner {
  readonly #templates: Templates;
  readonly #text: Buffer;
  readonly #needle: Buffer;
  readonly #judge: Judge;
  readonly #openings: Openings;
  #found: Condition[][] = [];
  #steps = 0;

  /** `text` is that of the templates, in lower case where case is ignored. */
  constructor(templates: Templates, text: Buffer, needle: Needle, judge: Judge, columnCount: number) {
    this.#templates = templates;
    this.#text = text;
    this.#needle = needle.bytes;
    this.#judge = judge;
    this.#openings = openingsOf(needle.bytes, judge, columnCount);
  }

  /** Templates of which a hole may take part, rising: most have none. */
  open(): number[] {
    const { count, firstPiece } = this.#templates;
    const open: number[] = [];
    for (let t = 0; t < count; t++) {
      const end = firstPiece[t + 1]! - 1;
      let piece = firstPiece[t]!;
      while (piece < end && !this.#isOpenAt(piece)) piece++;
      if (piece < end) open.push(t);
    }
    return open;
  }

  /** Whether it may begin in the piece and go on in the hole behind, or begin in that. */
  #isOpenAt(piece: number): boolean {
    const { pieceFrom, columnOf } = this.#templates;
    const { columns, bytes } = this.#openings;
    const column = columnOf[piece]!;
    const ways = columns[column]!;
    if (ways === 0) return false;
    if ((ways & openings.within) !== 0) return true;
    const [from, to] = [pieceFrom[piece]!, pieceFrom[piece + 1]!];
    if (from < to && (bytes[(column << 8) | this.#text[to - 1]!]! & openings.fromPiece) !== 0) return true;
    if (to === pieceFrom[piece + 2]!) return (ways & openings.fromHole) !== 0;
    return (bytes[(column << 8) | this.#text[to]!]! & openings.fromHole) !== 0;
  }

  alternatives(template: number): Alternatives {
    const { firstPiece, columnOf } = this.#templates;
    this.#found = [];
    this.#steps = 0;
    const end = firstPiece[template + 1]! - 1;
    for (let piece = firstPiece[template]!; piece < end; piece++) {
      if (!this.#isOpenAt(piece)) continue;
      this.#fromPiece(piece);
      this.#fromHole(piece, columnOf[piece]!);
      if (this.#found.length > alternativesMax || this.#steps > stepsMax) return 'unclear';
    }
    return this.#found;
  }

  /** Where it begins in fixed text and goes on in the hole. */
  #fromPiece(piece: number): void {
    const { pieceFrom, columnOf } = this.#templates;
    const [from, to] = [pieceFrom[piece]!, pieceFrom[piece + 1]!];
    const [text, needle, column] = [this.#text, this.#needle, columnOf[piece]!];
    const longest = Math.min(needle.length - 1, to - from);
    for (let length = 1; length <= longest; length++) {
      if (needle[length - 1] !== text[to - 1] || !this.#judge.mayHoldByte(column, length)) continue;
      if (isAt(text, to - length, needle, 0, length)) this.#inHole(piece, length, []);
    }
  }

  /** Where it begins in the hole. */
  #fromHole(piece: number, column: number): void {
    const [needle, judge] = [this.#needle, this.#judge];
    if (judge.mayFulfil(column, manners.contains, 0, needle.length))
      this.#found.push([{ piece, manner: manners.contains, from: 0, to: needle.length }]);
    for (let length = 1; length < needle.length && judge.mayHoldByte(column, length - 1); length++) {
      if (!this.#goesOn(piece + 1, length) || !judge.mayFulfil(column, manners.suffix, 0, length)) continue;
      this.#inPiece(piece + 1, length, [{ piece, manner: manners.suffix, from: 0, to: length }]);
    }
  }

  /** The rest from `at` on begins with the hole behind the piece. */
  #inHole(piece: number, at: number, before: Condition[]): void {
    this.#steps++;
    const [needle, judge] = [this.#needle, this.#judge];
    const column = this.#templates.columnOf[piece]!;
    if (column < 0 || this.#steps > stepsMax) return;
    if (judge.mayFulfil(column, manners.prefix, at, needle.length))
      this.#found.push([...before, { piece, manner: manners.prefix, from: at, to: needle.length }]);
    for (let to = at + 1; to < needle.length && judge.mayHoldByte(column, to - 1); to++) {
      if (!this.#goesOn(piece + 1, to) || !judge.mayFulfil(column, manners.equals, at, to)) continue;
      this.#inPiece(piece + 1, to, [...before, { piece, manner: manners.equals, from: at, to }]);
    }
  }

  /** The rest from `at` on begins with the piece. */
  #inPiece(piece: number, at: number, before: Condition[]): void {
    const { pieceFrom } = this.#templates;
    const [from, to] = [pieceFrom[piece]!, pieceFrom[piece + 1]!];
    const needle = this.#needle;
    const length = Math.min(to - from, needle.length - at);
    if (!isAt(this.#text, from, needle, at, at + length)) return;
    if (at + length === needle.length) this.#found.push(before);
    else this.#inHole(piece, at + length, before);
  }

  /** A quick look at whether the piece can come next. */
  #goesOn(piece: number, at: number): boolean {
    const { pieceFrom } = this.#templates;
    const from = pieceFrom[piece]!;
    return from === pieceFrom[piece + 1]! || this.#text[from] === this.#needle[at];
  }
}
