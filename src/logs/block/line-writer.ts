import { corrupt } from './bytes.ts';
import type { ColumnValues } from './column-values.ts';
import type { Templates } from './templates.ts';
import type { Texts } from './text-column.ts';
import { timeBytes, wordShape, writeTime } from './time-shapes.ts';

const LONG_BYTES = 48;

/** Puts lines together. Which occurrence of each column a line has is the caller's to know. */
export class LineWriter {
  readonly #templates: Templates;
  readonly #values: ColumnValues;
  readonly #isPrepared: Uint8Array;
  /** Of each column that was needed so far. */
  readonly #texts: (Texts | undefined)[] = [];
  readonly #ids: (Uint32Array | undefined)[] = [];
  readonly #numbers: (Float64Array | undefined)[] = [];

  constructor(templates: Templates, values: ColumnValues) {
    this.#templates = templates;
    this.#values = values;
    this.#isPrepared = new Uint8Array(values.entries.length);
  }

  /** Reads a column. */
  #prepare(column: number): void {
    this.#isPrepared[column] = 1;
    if (this.#values.entries[column]!.kind === 'number') this.#numbers[column] = this.#values.numbers(column);
    else {
      this.#texts[column] = this.#values.texts(column);
      this.#ids[column] = this.#values.ids(column);
    }
  }

  /** Bytes of value `occurrence` of a column. A line is measured before it is written. */
  valueBytes(column: number, occurrence: number): number {
    if (this.#isPrepared[column] === 0) this.#prepare(column);
    const texts = this.#texts[column];
    if (texts !== undefined) {
      const ids = this.#ids[column];
      const value = ids === undefined ? occurrence : ids[occurrence]!;
      return texts.starts[value + 1]! - texts.starts[value]!;
    }
    const { shape } = this.#values.entries[column] as { shape: number };
    return shape === wordShape ? decimalDigits(this.#numbers[column]![occurrence]!) : timeBytes(shape);
  }

  /** Writes one that was measured, and says where it ends. What does not fit is not written. */
  writeValue(target: Buffer, at: number, column: number, occurrence: number): number {
    const texts = this.#texts[column];
    if (texts !== undefined) {
      const ids = this.#ids[column];
      const value = ids === undefined ? occurrence : ids[occurrence]!;
      return copyBytes(texts.bytes, texts.starts[value]!, texts.starts[value + 1]!, target, at);
    }
    const number = this.#numbers[column]![occurrence]!;
    const { shape } = this.#values.entries[column] as { shape: number };
    return shape === wordShape ? writeDecimal(target, at, number) : writeTime(target, at, number, shape);
  }

  /** Writes the line with this template, whose holes have these occurrences of their columns. */
  writeLine(target: Buffer, into: number, template: number, occurrences: Uint32Array, from: number): number {
    const { firstPiece, pieceFrom, columnOf, text } = this.#templates;
    let [at, hole] = [into, from];
    for (let piece = firstPiece[template]!; piece < firstPiece[template + 1]!; piece++) {
      at = copyBytes(text, pieceFrom[piece]!, pieceFrom[piece + 1]!, target, at);
      const column = columnOf[piece]!;
      if (column >= 0) at = this.writeValue(target, at, column, occurrences[hole++]!);
    }
    if (at > target.length) throw corrupt('its lines are longer than it says');
    return at;
  }
}

function copyBytes(source: Buffer, from: number, to: number, target: Buffer, into: number): number {
  if (to - from > LONG_BYTES) {
    source.copy(target, into, from, to);
    return into + to - from;
  }
  let at = into;
  for (let i = from; i < to; i++) target[at++] = source[i]!;
  return at;
}

export function decimalDigits(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}

export function writeDecimal(target: Uint8Array, into: number, value: number): number {
  const end = into + decimalDigits(value);
  let rest = value;
  let at = end;
  while (rest > 0x7fffffff) {
    const next = Math.floor(rest / 10);
    target[--at] = 0x30 + (rest - next * 10);
    rest = next;
  }
  let small = rest | 0;
  do {
    const next = (small / 10) | 0;
    target[--at] = 0x30 + (small - next * 10);
    small = next;
  } while (at > into);
  return end;
}
