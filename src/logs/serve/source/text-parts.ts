import type { CompactText } from '../../block/block.ts';
import type { BlockText, Lines, Needle } from '../../query/query.ts';
import type { LineRange } from '../../store/block-file.ts';
import { NeedleTest } from './needle-test.ts';

/** Lines from (inclusive) to (exclusive) of a text, which is got once for all its parts. */
export function partOf(text: BlockText, range: LineRange, lineCount: number): BlockText {
  const [from, to] = range;
  if (from === 0 && to === lineCount) return text;
  const part = {
    // What it is exactly, only the lengths of all lines tell.
    textBytes: Math.round((text.textBytes * (to - from)) / lineCount),
    starts: () => startsOf(text.starts(), from, to),
    all() {
      const { text: bytes, starts } = text.all();
      return { text: bytes.subarray(starts[from]!, starts[to]!), starts: startsOf(starts, from, to) };
    },
  };
  return text instanceof SearchableText ? { ...part, compact: text.searchable(part, range) } : part;
}

function startsOf(starts: Uint32Array, from: number, to: number): Uint32Array {
  const base = starts[from]!;
  return starts.subarray(from, to + 1).map((start) => start - base);
}

/** Text in one piece, decompressed when somebody asks for it. Invariant: it is decompressed once at most. */
export class PlainText {
  readonly textBytes: number;
  readonly #decode: () => Buffer;
  #text: Buffer | undefined;

  constructor(textBytes: number, decode: () => Buffer) {
    this.textBytes = textBytes;
    this.#decode = decode;
  }

  mayHold(needles: readonly Needle[]): boolean {
    return needles.length === 0 || new NeedleTest(needles).mayMatch(this.#bytes());
  }

  lines(startsIn: (text: Buffer) => Uint32Array): BlockText {
    let lines: Lines | undefined;
    const all = () => (lines ??= { text: this.#bytes(), starts: startsIn(this.#bytes()) });
    return { textBytes: this.textBytes, starts: () => all().starts, all };
  }

  #bytes(): Buffer {
    return (this.#text ??= this.#decode());
  }
}

/** Text that is searched without being put together. Invariant: it is put together once at most, and searched once for each needle. */
export class SearchableText implements BlockText {
  readonly compact: CompactText;
  readonly #text: CompactText;
  readonly #marks = new Map<string, Uint8Array | undefined>();
  readonly #mayHold = new Map<string, boolean>();
  #lines: Lines | undefined;
  #starts: Uint32Array | undefined;

  constructor(text: CompactText) {
    this.#text = text;
    this.compact = this.searchable(this, [0, text.lineCount]);
  }

  /** Of some of its lines, whose text `part` is. */
  searchable(part: Omit<BlockText, 'compact'>, [from, to]: LineRange): CompactText {
    return {
      lineCount: to - from,
      textBytes: part.textBytes,
      mayHold: (sought) => this.#holds(sought),
      mark: (sought, hits) => added(this.#marked(sought)?.subarray(from, to), hits),
      starts: () => part.starts(),
      lines: (indexes) => this.#text.lines(from === 0 ? indexes : indexes.map((index) => index + from)),
      all: () => part.all(),
    };
  }

  get textBytes(): number {
    return this.#text.textBytes;
  }

  /** Filters ask for the same needles again, of each stream. */
  mayHold(needles: readonly Needle[]): boolean {
    return needles.every((needle) => this.#marked(needle) !== undefined);
  }

  starts(): Uint32Array {
    return (this.#starts ??= this.#lines?.starts ?? this.#text.starts());
  }

  all(): Lines {
    return (this.#lines ??= this.#text.all());
  }

  #holds(sought: Needle): boolean {
    const key = keyOf(sought);
    let mayHold = this.#mayHold.get(key);
    if (mayHold === undefined) this.#mayHold.set(key, (mayHold = this.#text.mayHold(sought)));
    return mayHold;
  }

  /** Lines that hold it; undefined where none does. */
  #marked(sought: Needle): Uint8Array | undefined {
    const key = keyOf(sought);
    if (this.#marks.has(key)) return this.#marks.get(key);
    const hits = new Uint8Array(this.#text.lineCount);
    const marked = this.#text.mark(sought, hits) > 0 ? hits : undefined;
    this.#marks.set(key, marked);
    return marked;
  }
}

function keyOf({ text, ignoreCase }: Needle): string {
  return `${ignoreCase} ${text}`;
}

/** Says how many were not there before. */
function added(marks: Uint8Array | undefined, hits: Uint8Array): number {
  let found = 0;
  for (let line = 0; marks !== undefined && line < marks.length; line++) {
    if (marks[line] === 0 || hits[line] === 1) continue;
    hits[line] = 1;
    found++;
  }
  return found;
}
