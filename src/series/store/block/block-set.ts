import { join } from 'node:path';
import { Fault } from '../../../base/fault.ts';
import type { FileLayer } from '../../../base/file-layer.ts';
import type { Counter, Logger } from '../../../telemetry/telemetry.ts';
import { Block } from './block.ts';
import { BlockCache } from './block-cache.ts';
import { blockName, blockNumberOf } from './block-meta.ts';

export interface BlockSetOptions {
  files: FileLayer;
  directory: string;
  log: Logger;
  /** Counts blocks that could not be read. */
  damaged: Counter;
  cacheBytesMax: number;
}

/** The blocks on disk. Invariant: what is in `#blocks` is complete and durable, and none of them is replaced by another. */
export class BlockSet {
  readonly #options: BlockSetOptions;
  readonly #cache: BlockCache;
  #blocks: Block[] = [];
  /** Left alone, for a person to look at: number to size. */
  readonly #damaged = new Map<number, number>();
  #numberMax = 0;

  /** Throws Fault `newer-format`. A block that is damaged is named in the log and left alone. */
  static async open(options: BlockSetOptions): Promise<BlockSet> {
    const set = new BlockSet(options);
    const { files, directory } = options;
    for (const name of (await files.list(directory)).sort()) {
      if (name.endsWith('.tmp')) await files.unlink(join(directory, name));
      const number = blockNumberOf(name);
      if (number !== undefined) await set.#openOne(number);
    }
    await set.#removeReplaced();
    return set;
  }

  private constructor(options: BlockSetOptions) {
    this.#options = options;
    this.#cache = new BlockCache(options.cacheBytesMax);
  }

  async #openOne(number: number): Promise<void> {
    const { files, directory } = this.#options;
    this.#numberMax = Math.max(this.#numberMax, number);
    try {
      this.#blocks.push(await Block.open(files, directory, number, this.#cache));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'corrupt') throw error;
      this.#report(number, await files.sizeBytes(join(directory, blockName(number))), error);
    }
  }

  /** A compaction was done, but its inputs were not removed yet. */
  async #removeReplaced(): Promise<void> {
    const replaced = new Set(this.#blocks.flatMap(({ meta }) => meta.replaces));
    await this.remove(this.#blocks.filter(({ number }) => replaced.has(number)));
  }

  get directory(): string {
    return this.#options.directory;
  }

  get all(): readonly Block[] {
    return this.#blocks;
  }

  of(tenant: string): Block[] {
    return this.#blocks.filter(({ meta }) => meta.tenant === tenant);
  }

  get bytes(): number {
    let bytes = 0;
    for (const block of this.#blocks) bytes += block.bytes;
    for (const size of this.#damaged.values()) bytes += size;
    return bytes;
  }

  nextNumber(): number {
    return ++this.#numberMax;
  }

  /** Where a block is written before it has its name. */
  draftPath(number: number): string {
    return join(this.#options.directory, `${blockName(number)}.tmp`);
  }

  /** Gives a written block its name, durably, and opens it. */
  async adopt(number: number): Promise<Block> {
    const { files, directory } = this.#options;
    await files.rename(this.draftPath(number), join(directory, blockName(number)));
    await files.syncDirectory(directory);
    return Block.open(files, directory, number, this.#cache);
  }

  add(block: Block): void {
    this.#blocks.push(block);
  }

  async discardDraft(number: number): Promise<void> {
    await this.#options.files.unlink(this.draftPath(number)).catch(() => {});
  }

  /** Takes blocks out of reads at once, and off the disk. */
  async remove(blocks: readonly Block[]): Promise<void> {
    if (blocks.length === 0) return;
    this.#blocks = this.#blocks.filter((block) => !blocks.includes(block));
    const { files, directory } = this.#options;
    for (const block of blocks) {
      await files.unlink(block.path);
      await block.retire();
    }
    await files.syncDirectory(directory);
  }

  /** A block could not be read: it is no longer asked. */
  async refuse(block: Block, fault: Fault): Promise<void> {
    if (!this.#blocks.includes(block)) return;
    this.#blocks = this.#blocks.filter((each) => each !== block);
    this.#report(block.number, block.bytes, fault);
    await block.retire();
  }

  #report(number: number, bytes: number, fault: Fault): void {
    const { log, damaged, directory } = this.#options;
    log.error('a block of series is damaged and left out; the rest is served', {
      block: join(directory, blockName(number)),
      error: fault.message,
    });
    damaged.add();
    this.#damaged.set(number, bytes);
  }

  get damaged(): number {
    return this.#damaged.size;
  }

  async close(): Promise<void> {
    for (const block of this.#blocks) await block.retire();
    this.#blocks = [];
  }
}
