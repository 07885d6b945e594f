import { type Manner, manners } from './alignments.ts';
import type { ColumnValues } from './column-values.ts';
import { isAt, lowered, type Needle } from './needle.ts';
import { type Fulfilled, searchDecimals, searchTimes } from './number-search.ts';
import type { Texts } from './text-column.ts';
import { timeBytes, wordShape } from './time-shapes.ts';

/** Looks for parts of a needle in the values of columns. */
export class ColumnSearch {
  readonly #values: ColumnValues;
  readonly #needle: Needle;
  readonly #found = new Map<string, Fulfilled | undefined>();

  constructor(values: ColumnValues, needle: Needle) {
    this.#values = values;
    this.#needle = needle;
  }

  mayTakePart(column: number): boolean {
    const entry = this.#values.entries[column]!;
    const { bytes } = this.#needle;
    // Numbers and times begin and end with a digit, and no two other characters stand beside each other in them.
    if (entry.kind === 'number') return bytes.some(isDigit) || (bytes.length === 1 && this.mayHoldByte(column, 0));
    for (let at = 0; at < bytes.length; at++) if (this.mayHoldByte(column, at)) return true;
    return false;
  }

  mayHoldByte(column: number, at: number): boolean {
    const entry = this.#values.entries[column]!;
    const byte = this.#needle.bytes[at]!;
    if (entry.kind === 'number') return entry.shape === wordShape ? isDigit(byte) : isOfTimes(byte, this.#needle);
    if (hasByte(entry.byteSet, byte)) return true;
    return this.#needle.ignoreCase && byte >= 0x61 && byte <= 0x7a && hasByte(entry.byteSet, byte - 0x20);
  }

  /** False is certain; looks at no value. */
  mayFulfil(column: number, manner: Manner, from: number, to: number): boolean {
    const entry = this.#values.entries[column]!;
    const length = to - from;
    if (entry.kind === 'text') {
      if (length > entry.lengthMax || (manner === manners.equals && length < entry.lengthMin)) return false;
    } else if (entry.shape !== wordShape) {
      const bytes = timeBytes(entry.shape);
      if (manner === manners.equals ? length !== bytes : length > bytes) return false;
    }
    for (let at = from; at < to; at++) if (!this.mayHoldByte(column, at)) return false;
    return true;
  }

  /** Undefined where none does. */
  fulfilled(column: number, manner: Manner, from: number, to: number): Fulfilled | undefined {
    const key = `${column} ${manner} ${from} ${to}`;
    if (this.#found.has(key)) return this.#found.get(key);
    const found = this.#search(column, manner, this.#needle.bytes.subarray(from, to));
    this.#found.set(key, found);
    return found;
  }

  #search(column: number, manner: Manner, sought: Buffer): Fulfilled | undefined {
    const entry = this.#values.entries[column]!;
    if (entry.kind === 'number') {
      const numbers = this.#values.numbers(column);
      if (entry.shape === wordShape) return searchDecimals(numbers, manner, sought);
      return searchTimes(numbers, entry.shape, manner, sought, this.#needle.ignoreCase);
    }
    const texts = this.#values.texts(column);
    const bytes = this.#needle.ignoreCase ? lowered(texts.bytes) : texts.bytes;
    return searchTexts({ bytes, starts: texts.starts }, manner, sought);
  }
}

function searchTexts({ bytes, starts }: Texts, manner: Manner, sought: Buffer): Fulfilled | undefined {
  const count = starts.length - 1;
  const { length } = sought;
  let found: Fulfilled | undefined;
  if (manner === manners.contains) {
    for (let value = 0, at = bytes.indexOf(sought); at >= 0; ) {
      while (starts[value + 1]! <= at) value++;
      const whole = at + length <= starts[value + 1]!;
      if (whole) (found ??= new Uint8Array(count))[value] = 1;
      at = bytes.indexOf(sought, whole ? starts[value + 1]! : at + 1);
    }
    return found;
  }
  for (let value = 0; value < count; value++) {
    const [from, to] = [starts[value]!, starts[value + 1]!];
    if (to - from < length || (manner === manners.equals && to - from !== length)) continue;
    if (isAt(bytes, manner === manners.suffix ? to - length : from, sought, 0, length))
      (found ??= new Uint8Array(count))[value] = 1;
  }
  return found;
}

function hasByte(set: Buffer, byte: number): boolean {
  return (set[byte >> 3]! & (1 << (byte & 7))) !== 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isOfTimes(byte: number, { ignoreCase }: Needle): boolean {
  return isDigit(byte) || ' ,-.:T'.includes(String.fromCharCode(byte)) || (ignoreCase && byte === 0x74);
}
