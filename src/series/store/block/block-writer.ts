import type { FileLayer, LayerFile } from '../../../base/file-layer.ts';
import type { Labels } from '../../query/query.ts';
import { ByteWriter } from '../chunk/byte-writer.ts';
import { type ChunkColumns, chunkSamplesMax, writeChunk } from '../chunk/chunk.ts';
import { Int32Column } from '../head/columns.ts';
import { type BlockMeta, blockHead, blockTail, type Section } from './block-meta.ts';
import { PagedWriter } from './paged-file.ts';

export type BlockOrigin = Pick<BlockMeta, 'tenant' | 'order' | 'walNumbers' | 'replaces' | 'deletionsApplied'>;

/** A chunk as it stands in a block already. */
export interface EncodedChunk {
  bytes: Uint8Array;
  minMs: number;
  maxMs: number;
  count: number;
  hasStarts: boolean;
}

/** Writes a block, series after series in the order of their labels. Format: docs/formats/series-block.md. */
export class BlockWriter {
  readonly #file: LayerFile;
  readonly #pages: PagedWriter;
  readonly #sections = {} as Record<Section, [number, number]>;
  readonly #chunk = new ByteWriter(16 * 1024);

  /** Label name to value to pair; pairs are numbered as they come and sorted in the end. */
  readonly #pairs = new Map<string, Map<string, number>>();
  readonly #pairTexts: [name: string, value: string][] = [];
  readonly #entries = new Int32Column(4096);
  readonly #entryEnds = new Int32Column();
  readonly #refs = new ByteWriter(64 * 1024);
  readonly #refEnds = new Int32Column();
  readonly #relative = new Float64Array(chunkSamplesMax);
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;
  #samples = 0;

  static async create(files: FileLayer, path: string): Promise<BlockWriter> {
    const writer = new BlockWriter(await files.open(path, 'create'));
    await writer.#pages.write(blockHead());
    return writer;
  }

  private constructor(file: LayerFile) {
    this.#file = file;
    this.#pages = new PagedWriter(file);
  }

  /** Adds a series with samples; the columns are sorted by time. */
  async add(labels: Labels, columns: ChunkColumns, count: number): Promise<void> {
    const parts = Math.ceil(count / chunkSamplesMax);
    const chunks: EncodedChunk[] = [];
    for (let k = 0; k < parts; k++) {
      chunks.push(this.#encode(columns, Math.floor((k * count) / parts), Math.floor(((k + 1) * count) / parts)));
    }
    await this.addChunks(labels, chunks);
  }

  #encode({ times, values, starts }: ChunkColumns, from: number, to: number): EncodedChunk {
    const minMs = times[from]!;
    for (let i = from; i < to; i++) this.#relative[i - from] = times[i]! - minMs;
    this.#chunk.at = 0;
    const own = starts?.subarray(from, to) ?? null;
    writeChunk(this.#chunk, { times: this.#relative, values: values.subarray(from, to), starts: own }, to - from);
    const hasStarts = own?.some((start) => start !== 0) ?? false;
    return { bytes: this.#chunk.written().slice(), minMs, maxMs: times[to - 1]!, count: to - from, hasStarts };
  }

  /** Adds a series whose chunks are sorted by time and do not overlap. */
  async addChunks(labels: Labels, chunks: readonly EncodedChunk[]): Promise<void> {
    for (let i = 0; i < labels.names.length; i++) this.#entries.push(this.#pairOf(labels.names[i]!, labels.values[i]!));
    this.#entryEnds.push(this.#entries.length);
    this.#refs.varint(chunks.length);
    this.#refs.varint(this.#pages.position);
    let before = 0;
    for (const { bytes, minMs, maxMs, count, hasStarts } of chunks) {
      this.#refs.varint(bytes.length);
      this.#refs.signed(minMs - before);
      this.#refs.varint(maxMs - minMs);
      this.#refs.varint(count * 2 + (hasStarts ? 1 : 0));
      before = maxMs;
      this.#samples += count;
      if (minMs < this.#minMs) this.#minMs = minMs;
      if (maxMs > this.#maxMs) this.#maxMs = maxMs;
      await this.#pages.write(bytes);
    }
    this.#refEnds.push(this.#refs.at);
  }

  #pairOf(name: string, value: string): number {
    let values = this.#pairs.get(name);
    if (values === undefined) this.#pairs.set(name, (values = new Map()));
    let pair = values.get(value);
    if (pair === undefined) {
      pair = this.#pairTexts.push([name, value]) - 1;
      values.set(value, pair);
    }
    return pair;
  }

  /** Writes the index and syncs. */
  async finish(origin: BlockOrigin): Promise<BlockMeta> {
    this.#sections.chunks = [8, this.#pages.position - 8];
    const { symbols, symbolOf } = this.#sortSymbols();
    const { order, rank } = this.#sortPairs(symbolOf);
    await this.#writeSeries(rank);
    await this.#writePairs(order, rank, symbolOf);
    await this.#writeSymbols(symbols);
    await this.#pages.endPages();
    const empty = this.#samples === 0;
    const meta: BlockMeta = {
      ...origin,
      minMs: empty ? 0 : this.#minMs,
      maxMs: empty ? 0 : this.#maxMs,
      series: this.#entryEnds.length,
      samples: this.#samples,
      sections: this.#sections,
    };
    const end = this.#pages.position;
    await this.#file.write([blockTail(meta, this.#pages.checksums, end)], end);
    await this.#file.sync();
    await this.#file.close();
    return meta;
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }

  #sortSymbols() {
    const texts = new Set<string>();
    for (const [name, value] of this.#pairTexts) texts.add(name).add(value);
    const sorted = Array.from(texts, (text) => ({ text, bytes: Buffer.from(text, 'utf8') }));
    sorted.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    return {
      symbols: sorted.map(({ bytes }) => bytes),
      symbolOf: new Map(sorted.map(({ text }, symbol) => [text, symbol])),
    };
  }

  /** Pairs by name and value; `rank` is the place of each. */
  #sortPairs(symbolOf: ReadonlyMap<string, number>): { order: Int32Array; rank: Int32Array } {
    const names = Int32Array.from(this.#pairTexts, ([name]) => symbolOf.get(name)!);
    const values = Int32Array.from(this.#pairTexts, ([, value]) => symbolOf.get(value)!);
    const order = Int32Array.from({ length: names.length }, (_, pair) => pair);
    order.sort((a, b) => names[a]! - names[b]! || values[a]! - values[b]!);
    const rank = new Int32Array(order.length);
    order.forEach((pair, place) => {
      rank[pair] = place;
    });
    return { order, rank };
  }

  async #writeSeries(rank: Int32Array): Promise<void> {
    const offsets = new Uint32Array(this.#entryEnds.length + 1);
    const out = new ByteWriter(64 * 1024);
    let entry = 0;
    let ref = 0;
    for (let series = 0; series < this.#entryEnds.length; series++) {
      const end = this.#entryEnds.data[series]!;
      out.varint(end - entry);
      for (; entry < end; entry++) out.varint(rank[this.#entries.data[entry]!]!);
      out.raw(this.#refs.bytes.subarray(ref, this.#refEnds.data[series]!));
      ref = this.#refEnds.data[series]!;
      offsets[series + 1] = out.at;
    }
    await this.#section('seriesOffsets', new Uint8Array(offsets.buffer));
    await this.#section('series', out.written());
  }

  /** Pairs as rows of name, value, where the postings begin, and how many there are; postings as differences. */
  async #writePairs(order: Int32Array, rank: Int32Array, symbolOf: ReadonlyMap<string, number>): Promise<void> {
    const counts = new Int32Array(order.length);
    for (let i = 0; i < this.#entries.length; i++) counts[rank[this.#entries.data[i]!]!]!++;
    const starts = new Int32Array(order.length + 1);
    for (let place = 0; place < order.length; place++) starts[place + 1] = starts[place]! + counts[place]!;
    const lists = new Int32Array(this.#entries.length);
    const filled = starts.slice();
    let entry = 0;
    for (let series = 0; series < this.#entryEnds.length; series++) {
      const end = this.#entryEnds.data[series]!;
      for (; entry < end; entry++) lists[filled[rank[this.#entries.data[entry]!]!]!++] = series;
    }
    const rows = new Uint32Array(order.length * 4);
    const out = new ByteWriter(64 * 1024);
    order.forEach((pair, place) => {
      const [name, value] = this.#pairTexts[pair]!;
      rows.set([symbolOf.get(name)!, symbolOf.get(value)!, out.at, counts[place]!], place * 4);
      let before = 0;
      for (let i = starts[place]!; i < starts[place + 1]!; i++) {
        out.varint(lists[i]! - before);
        before = lists[i]!;
      }
    });
    await this.#section('pairs', new Uint8Array(rows.buffer));
    await this.#section('postings', out.written());
  }

  async #writeSymbols(symbols: readonly Buffer[]): Promise<void> {
    const offsets = new Uint32Array(symbols.length + 1);
    const out = new ByteWriter(64 * 1024);
    symbols.forEach((bytes, symbol) => {
      out.raw(bytes);
      offsets[symbol + 1] = out.at;
    });
    await this.#section('symbolOffsets', new Uint8Array(offsets.buffer));
    await this.#section('symbols', out.written());
  }

  async #section(section: Section, bytes: Uint8Array): Promise<void> {
    await this.#pages.align(4);
    this.#sections[section] = [this.#pages.position, bytes.length];
    await this.#pages.write(bytes);
  }
}
