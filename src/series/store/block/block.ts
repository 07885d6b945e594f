import { join } from 'node:path';
import { Fault } from '../../../base/fault.ts';
import type { FileLayer, LayerFile } from '../../../base/file-layer.ts';
import type { BlockCache } from './block-cache.ts';
import { BlockIndex } from './block-index.ts';
import { type BlockMeta, blockName, readTail } from './block-meta.ts';
import { PagedReader, pageBytes } from './paged-file.ts';

/** Pages that are read together, because chunks of neighbours are wanted next. */
const PAGES_AHEAD = 8;

/** One block, open for reading. Invariant: the file is closed once it is retired and nobody holds it any more. */
export class Block {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  readonly meta: BlockMeta;
  readonly #file: LayerFile;
  readonly #pages: PagedReader;
  readonly #cache: BlockCache;
  #holders = 0;
  #retired = false;
  #index: Promise<BlockIndex> | undefined;

  static async open(files: FileLayer, directory: string, number: number, cache: BlockCache): Promise<Block> {
    const path = join(directory, blockName(number));
    const bytes = await files.sizeBytes(path);
    const file = await files.open(path, 'read');
    try {
      const { meta, checksums, pagesEnd } = await readTail(file, path, bytes);
      const pages = new PagedReader(file, path, checksums, pagesEnd);
      return new Block({ number, path, bytes, meta, file, pages, cache });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(parts: {
    number: number;
    path: string;
    bytes: number;
    meta: BlockMeta;
    file: LayerFile;
    pages: PagedReader;
    cache: BlockCache;
  }) {
    this.number = parts.number;
    this.path = parts.path;
    this.bytes = parts.bytes;
    this.meta = parts.meta;
    this.#file = parts.file;
    this.#pages = parts.pages;
    this.#cache = parts.cache;
  }

  overlaps(minMs: number, maxMs: number): boolean {
    return this.meta.series > 0 && this.meta.minMs <= maxMs && this.meta.maxMs >= minMs;
  }

  hold(): void {
    this.#holders++;
  }

  async release(): Promise<void> {
    this.#holders--;
    await this.#closeIfDone();
  }

  /** The file is closed when the last that holds the block has released it. */
  async retire(): Promise<void> {
    this.#retired = true;
    this.#cache.removeAll(`${this.number}/`);
    await this.#closeIfDone();
  }

  async #closeIfDone(): Promise<void> {
    if (this.#retired && this.#holders === 0) await this.#file.close();
  }

  async index(): Promise<BlockIndex> {
    const held = this.#cache.get<BlockIndex>(`${this.number}/index`);
    if (held) return held;
    this.#index ??= BlockIndex.read(this.#pages, this.meta).finally(() => {
      this.#index = undefined;
    });
    const index = await this.#index;
    this.#cache.set(`${this.number}/index`, index, index.bytes);
    return index;
  }

  /** Bytes of chunks; at once where they are in memory. */
  chunkBytes(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    const first = Math.floor(offset / pageBytes);
    const last = Math.floor((offset + length - 1) / pageBytes);
    const pages: Uint8Array[] = [];
    for (let page = first; page <= last; page++) {
      const held = this.#cache.get<Uint8Array>(`${this.number}/${page}`);
      if (held === undefined)
        return this.#readPages(first, last).then((read) => this.#cut(read, first, offset, length));
      pages.push(held);
    }
    return this.#cut(pages, first, offset, length);
  }

  #cut(pages: readonly Uint8Array[], first: number, offset: number, length: number): Uint8Array {
    const from = offset - first * pageBytes;
    const bytes = pages.length === 1 ? pages[0]! : Buffer.concat(pages);
    if (from + length > bytes.length)
      throw new Fault('corrupt', `${this.path}: chunks at ${offset} reach beyond the end`);
    return bytes.subarray(from, from + length);
  }

  async #readPages(first: number, last: number): Promise<Uint8Array[]> {
    if (last >= this.#pages.pages) throw new Fault('corrupt', `${this.path} has no page ${last}`);
    const count = Math.min(Math.max(last - first + 1, PAGES_AHEAD), this.#pages.pages - first);
    const bytes = await this.#pages.readPages(first, count);
    const pages: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      // A page of its own, so that the cache's reckoning is true.
      const page = bytes.slice(i * pageBytes, Math.min((i + 1) * pageBytes, bytes.length));
      this.#cache.set(`${this.number}/${first + i}`, page, page.length);
      if (first + i <= last) pages.push(page);
    }
    return pages;
  }
}
