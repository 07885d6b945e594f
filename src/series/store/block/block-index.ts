import { Labels, type Matcher } from '../../query/query.ts';
import { ByteReader } from '../chunk/byte-reader.ts';
import type { BlockMeta, Section } from './block-meta.ts';
import type { PagedReader } from './paged-file.ts';

/** Where a chunk is, and what is known of it. */
export interface ChunkRef {
  offset: number;
  length: number;
  minMs: number;
  maxMs: number;
  count: number;
  hasStarts: boolean;
}

const PAIR_WORDS = 4;
type IndexSection = Exclude<Section, 'chunks'>;
const indexSections: readonly IndexSection[] = [
  'seriesOffsets',
  'series',
  'pairs',
  'postings',
  'symbolOffsets',
  'symbols',
];

/** The index of one block in memory, as it is on disk: strings are made when they are asked for. Series are numbered in the order of their labels. */
export class BlockIndex {
  readonly bytes: number;
  readonly #series: number;
  readonly #seriesOffsets: Uint32Array;
  readonly #seriesBytes: Uint8Array;
  readonly #pairs: Uint32Array;
  readonly #postings: Uint8Array;
  readonly #symbolOffsets: Uint32Array;
  readonly #symbols: Buffer;
  readonly #texts: string[] = [];

  static async read(pages: PagedReader, meta: BlockMeta): Promise<BlockIndex> {
    const sections = {} as Record<IndexSection, Uint8Array<ArrayBuffer>>;
    for (const section of indexSections) sections[section] = await pages.read(...meta.sections[section]);
    return new BlockIndex(meta, sections);
  }

  private constructor(meta: BlockMeta, sections: Record<IndexSection, Uint8Array<ArrayBuffer>>) {
    this.#series = meta.series;
    this.#seriesOffsets = new Uint32Array(sections.seriesOffsets.buffer);
    this.#seriesBytes = sections.series;
    this.#pairs = new Uint32Array(sections.pairs.buffer);
    this.#postings = sections.postings;
    this.#symbolOffsets = new Uint32Array(sections.symbolOffsets.buffer);
    this.#symbols = Buffer.from(sections.symbols.buffer);
    this.bytes = indexSections.reduce((sum, section) => sum + sections[section].length, 0);
  }

  #text(symbol: number): string {
    return (this.#texts[symbol] ??= this.#symbols.toString(
      'utf8',
      this.#symbolOffsets[symbol]!,
      this.#symbolOffsets[symbol + 1]!,
    ));
  }

  /** The symbol of a text, or -1. */
  #symbolOf(text: string): number {
    const wanted = Buffer.from(text, 'utf8');
    let low = 0;
    let high = this.#symbolOffsets.length - 2;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const [from, to] = [this.#symbolOffsets[middle]!, this.#symbolOffsets[middle + 1]!];
      const order = wanted.compare(this.#symbols, from, to);
      if (order === 0) return middle;
      if (order > 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The first pair that does not come before name and value. */
  #firstPair(name: number, value: number): number {
    let low = 0;
    let high = this.#pairs.length / PAIR_WORDS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * PAIR_WORDS;
      if (this.#pairs[at]! < name || (this.#pairs[at] === name && this.#pairs[at + 1]! < value)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Pairs of a label whose value the matcher takes. */
  #pairsThatMatch(matcher: Matcher): number[] {
    const name = this.#symbolOf(matcher.name);
    if (name < 0) return [];
    if (matcher.op === '=') {
      const value = this.#symbolOf(matcher.value);
      const pair = value < 0 ? -1 : this.#firstPair(name, value);
      const at = pair * PAIR_WORDS;
      return pair >= 0 && this.#pairs[at] === name && this.#pairs[at + 1] === value ? [pair] : [];
    }
    const pairs: number[] = [];
    for (let pair = this.#firstPair(name, 0); this.#pairs[pair * PAIR_WORDS] === name; pair++) {
      if (matcher.matches(this.#text(this.#pairs[pair * PAIR_WORDS + 1]!))) pairs.push(pair);
    }
    return pairs;
  }

  /** Names of labels that some series has. */
  *names(): Generator<string> {
    let last = -1;
    for (let at = 0; at < this.#pairs.length; at += PAIR_WORDS) {
      if (this.#pairs[at] === last) continue;
      last = this.#pairs[at]!;
      yield this.#text(last);
    }
  }

  *values(label: string): Generator<string> {
    const name = this.#symbolOf(label);
    if (name < 0) return;
    for (let pair = this.#firstPair(name, 0); this.#pairs[pair * PAIR_WORDS] === name; pair++) {
      yield this.#text(this.#pairs[pair * PAIR_WORDS + 1]!);
    }
  }

  /** Numbers of the series that meet all matchers, in order. */
  matching(matchers: readonly Matcher[]): number[] {
    let candidates: number[] | undefined;
    const absent: Matcher[] = [];
    const sets: number[][] = [];
    for (const matcher of matchers) {
      if (matcher.matches('')) absent.push(matcher);
      else sets.push(this.#pairsThatMatch(matcher));
    }
    const seriesOf = (pairs: number[]) => pairs.reduce((sum, pair) => sum + this.#pairs[pair * PAIR_WORDS + 3]!, 0);
    sets.sort((a, b) => seriesOf(a) - seriesOf(b));
    for (const pairs of sets) {
      if (candidates === undefined) candidates = this.#union(pairs);
      else candidates = this.#keep(candidates, pairs);
    }
    candidates ??= Array.from({ length: this.#series }, (_, series) => series);
    for (const matcher of absent) {
      const refused = new Set<number>();
      const inverse = { ...matcher, op: '!=' as const, matches: (value: string) => !matcher.matches(value) };
      for (const series of this.#union(this.#pairsThatMatch(inverse))) refused.add(series);
      candidates = candidates.filter((series) => !refused.has(series));
    }
    return candidates;
  }

  /** Those of the series, which are sorted, that have one of the pairs. */
  #keep(series: readonly number[], pairs: readonly number[]): number[] {
    if (pairs.length === 0) return [];
    const wanted = new Set(pairs);
    return series.filter((each) => {
      const input = new ByteReader(this.#seriesBytes, this.#seriesOffsets[each]!);
      for (let left = input.varint(); left > 0; left--) if (wanted.has(input.varint())) return true;
      return false;
    });
  }

  #union(pairs: readonly number[]): number[] {
    const series: number[] = [];
    for (const pair of pairs) {
      const input = new ByteReader(this.#postings, this.#pairs[pair * PAIR_WORDS + 2]!);
      let each = 0;
      for (let left = this.#pairs[pair * PAIR_WORDS + 3]!; left > 0; left--) series.push((each += input.varint()));
    }
    return pairs.length > 1 ? series.sort((a, b) => a - b) : series;
  }

  labels(series: number): Labels {
    const input = new ByteReader(this.#seriesBytes, this.#seriesOffsets[series]!);
    const count = input.varint();
    const names = new Array<string>(count);
    const values = new Array<string>(count);
    for (let i = 0; i < count; i++) {
      const at = input.varint() * PAIR_WORDS;
      names[i] = this.#text(this.#pairs[at]!);
      values[i] = this.#text(this.#pairs[at + 1]!);
    }
    return new Labels(names, values);
  }

  /** Chunks of a series with a sample in the time, sorted. */
  chunks(series: number, minMs: number, maxMs: number): ChunkRef[] {
    const input = new ByteReader(this.#seriesBytes, this.#seriesOffsets[series]!);
    for (let left = input.varint(); left > 0; left--) input.varint();
    const found: ChunkRef[] = [];
    const count = input.varint();
    let offset = input.varint();
    let before = 0;
    for (let i = 0; i < count; i++) {
      const length = input.varint();
      const first = before + input.signed();
      const last = first + input.varint();
      const samples = input.varint();
      before = last;
      if (first <= maxMs && last >= minMs) {
        found.push({ offset, length, minMs: first, maxMs: last, count: samples >>> 1, hasStarts: samples % 2 === 1 });
      }
      offset += length;
    }
    return found;
  }
}
