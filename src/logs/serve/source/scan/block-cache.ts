import type { TextFilter } from '../../../block/block.ts';
import { BlockFiles, type BlockPlace, type FiledBlock } from '../../../store/block-file.ts';
import { KeptBlock } from './kept-block.ts';

interface Entry {
  block: KeptBlock;
  /** What it was counted with. */
  base: number;
  values: number;
  /** The number of the query that used it last. */
  usedBy: number;
}

/**
 * Compact blocks that queries leave open, for the next ones. Invariant: after `settle` they take at most `bytesMax`, and no file is open. A
 * block never changes where it lies, and what is removed from the catalogue is listed by no query any more.
 */
export class BlockCache {
  readonly #bytesMax: number;
  readonly #files = new BlockFiles();
  /** Those that were used last come last. */
  readonly #entries = new Map<string, Entry>();
  #heldBytes = 0;
  #last: KeptBlock | undefined;
  /** The one that is in use. */
  #latest: [string, Entry] | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytesRead(): number {
    return this.#files.bytesRead;
  }

  /** Throws what BlockFiles throws. A plain block is read, and not kept. */
  open(place: BlockPlace, query: number): KeptBlock | (FiledBlock & { form: 'plain' }) {
    const key = keyOf(place);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      known.usedBy = query;
      this.#latest = [key, known];
      this.#last = known.block;
      return known.block;
    }
    this.#last = undefined;
    const filed = this.#files.read(place);
    if (filed.form === 'plain') return filed;
    const entry = { block: (this.#last = new KeptBlock(filed)), base: 0, values: 0, usedBy: query };
    this.#entries.set(key, entry);
    this.#latest = [key, entry];
    return entry.block;
  }

  /** Of the block that was opened last, be there no room for it to stay open; undefined where it is not compact. */
  lastFilter(): TextFilter | undefined {
    return this.#last?.text.filter;
  }

  /** Called behind each block: counts again what the latest one takes, and gives up what is too much. */
  settle(): void {
    if (this.#latest === undefined) return;
    const [key, entry] = this.#latest;
    this.#latest = undefined;
    this.#count(entry);
    if (this.#heldBytes > this.#bytesMax) this.#shrink(key, entry);
  }

  /** So that a removed pack gives its room back. */
  closeFiles(): void {
    this.#files.close();
  }

  #count(entry: Entry): void {
    const { base, values } = entry.block.heldBytes;
    this.#heldBytes += base + values - entry.base - entry.values;
    entry.base = base;
    entry.values = values;
  }

  /**
   * First goes what no recent query used. Queries go over all blocks in turn, so the one that was used longest ago is the one that the next
   * query asks for first: where all are in use, the latest is not kept.
   */
  #shrink(key: string, latest: Entry): void {
    const isStale = ({ usedBy }: Entry) => usedBy < latest.usedBy - 1;
    for (const [old, entry] of this.#entries) {
      if (this.#heldBytes <= this.#bytesMax) return;
      if (isStale(entry)) this.#drop(old, entry);
    }
    if (this.#heldBytes <= this.#bytesMax) return;
    latest.block.forgetValues();
    this.#count(latest);
    if (this.#heldBytes > this.#bytesMax) this.#drop(key, latest);
  }

  /** Its memory is given back at once: for the collector to find it would take as long as reading it. */
  #drop(key: string, entry: Entry): void {
    entry.block.forget();
    this.#entries.delete(key);
    this.#heldBytes -= entry.base + entry.values;
  }
}

function keyOf({ path, offset, bytes }: BlockPlace): string {
  return `${path}/${offset}/${bytes}`;
}
