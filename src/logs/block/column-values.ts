import { release } from '../../base/release.ts';
import { corrupt } from './bytes.ts';
import type { ColumnEntry, NumberEntry, TextEntry } from './column-directory.ts';
import { unpackNumbers } from './number-column.ts';
import { type Sections, sectionKinds } from './sections.ts';
import { type Texts, unpackIds, unpackTexts } from './text-column.ts';
import { timeEnd, wordShape } from './time-shapes.ts';

/** Columns of a text, each read when it is asked for. Invariant: a chunk is decompressed once, until all is forgotten; `heldBytes` is what is kept. */
export class ColumnValues {
  readonly entries: readonly ColumnEntry[];
  readonly #sections: Sections;
  heldBytes = 0;
  #chunks: (Buffer | undefined)[] = [];
  #texts: (Texts | undefined)[] = [];
  #ids: (Uint32Array | undefined)[] = [];
  #numbers: (Float64Array | undefined)[] = [];

  constructor(sections: Sections, entries: readonly ColumnEntry[]) {
    this.#sections = sections;
    this.entries = entries;
  }

  /** The values of a column of text. */
  texts(column: number): Texts {
    const entry = this.#text(column);
    let texts = this.#texts[column];
    if (texts === undefined) {
      texts = this.#texts[column] = unpackTexts({ ...entry, bytes: this.#part(entry.part) }, entry.values);
      this.heldBytes += texts.starts.byteLength;
    }
    return texts;
  }

  /** Which value each occurrence has; undefined where each has its own. */
  ids(column: number): Uint32Array | undefined {
    const { ids, count, values } = this.#text(column);
    if (!ids) return undefined;
    let read = this.#ids[column];
    if (read === undefined) {
      read = this.#ids[column] = unpackIds(this.#part(ids.part), count, values, ids.recent);
      this.heldBytes += read.byteLength;
    }
    return read;
  }

  numbers(column: number): Float64Array {
    const entry = this.entries[column] as NumberEntry;
    const end = entry.shape === wordShape ? Number.MAX_SAFE_INTEGER : timeEnd(entry.shape);
    let numbers = this.#numbers[column];
    if (numbers === undefined) {
      numbers = this.#numbers[column] = unpackNumbers({ ...entry, bytes: this.#part(entry.part) }, entry.count, end);
      this.heldBytes += numbers.byteLength;
    }
    return numbers;
  }

  forget(): void {
    const starts = this.#texts.map((texts) => texts?.starts);
    for (const all of [this.#chunks, this.#ids, this.#numbers, starts])
      for (const each of all) if (each !== undefined) release(each);
    this.#chunks = [];
    this.#texts = [];
    this.#ids = [];
    this.#numbers = [];
    this.heldBytes = 0;
  }

  #text(column: number): TextEntry {
    return this.entries[column] as TextEntry;
  }

  #part({ chunk, from, bytes }: { chunk: number; from: number; bytes: number }): Buffer {
    const whole = (this.#chunks[chunk] ??= this.#chunk(chunk));
    return whole.subarray(from, from + bytes);
  }

  #chunk(number: number): Buffer {
    const entry = this.#sections.entries.filter(({ kind }) => kind === sectionKinds.chunk)[number];
    if (!entry) throw corrupt(`there is no chunk ${number}`);
    const bytes = this.#sections.read(entry);
    this.heldBytes += bytes.length;
    return bytes;
  }
}
