import { type CompactText, type Occurrences, OccurrencesWithin } from '../../block/block.ts';
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
  readonly #found = new Map<string, Occurrences>();
  #lines: Lines | undefined;
  #starts: Uint32Array | undefined;

  constructor(text: CompactText) {
    this.#text = text;
    this.compact = this.searchable(this, [0, text.lineCount]);
  }

  /** Of some of its lines, whose text `part` is. */
  searchable(part: Omit<BlockText, 'compact'>, [from, to]: LineRange): CompactText {
    const isWhole = to - from === this.#text.lineCount;
    return {
      lineCount: to - from,
      textBytes: part.textBytes,
      seek: (sought) => (isWhole ? this.#seek(sought) : new OccurrencesWithin(this.#seek(sought), from, to)),
      starts: () => part.starts(),
      classes: (lines, decide) => this.#text.classes(from === 0 ? lines : lines.map((line) => line + from), decide),
      excerpts: (lines, rule) => this.#text.excerpts(from === 0 ? lines : lines.map((line) => line + from), rule),
      lines: (indexes) => this.#text.lines(from === 0 ? indexes : indexes.map((index) => index + from)),
      all: () => part.all(),
    };
  }

  get textBytes(): number {
    return this.#text.textBytes;
  }

  /** Filters ask for the same needles again, of each stream. */
  mayHold(needles: readonly Needle[]): boolean {
    return needles.every((needle) => this.#seek(needle).isPossible);
  }

  starts(): Uint32Array {
    return (this.#starts ??= this.#lines?.starts ?? this.#text.starts());
  }

  all(): Lines {
    return (this.#lines ??= this.#text.all());
  }

  #seek(sought: Needle): Occurrences {
    const key = keyOf(sought);
    let found = this.#found.get(key);
    if (found === undefined) this.#found.set(key, (found = this.#text.seek(sought)));
    return found;
  }
}

function keyOf({ text, ignoreCase }: Needle): string {
  return `${ignoreCase} ${text}`;
}
