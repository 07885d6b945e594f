import type { TextFilter } from '../../../block/block.ts';

interface Known {
  filter: TextFilter;
  /** The number of the query that asked for it last. */
  askedBy: number;
}

/** Of the key and the table. */
const ENTRY_BYTES = 256;

/**
 * Filters of compact blocks, as threads that read them gave them: a block in which nothing can be found is not sent to a thread again.
 * Invariant: they take at most `bytesMax`, and those that were asked for longest ago come first.
 */
export class KnownFilters {
  readonly #bytesMax: number;
  readonly #filters = new Map<string, Known>();
  #bytes = 0;
  #queries = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The number of a query, which rises. */
  nextQuery(): number {
    return ++this.#queries;
  }

  /** `key` is that of the block's place. */
  get(key: string, query: number): TextFilter | undefined {
    const known = this.#filters.get(key);
    if (known === undefined) return undefined;
    if (known.askedBy !== query) {
      known.askedBy = query;
      this.#filters.delete(key);
      this.#filters.set(key, known);
    }
    return known.filter;
  }

  add(key: string, filter: TextFilter, query: number): void {
    const bytes = bytesOf(filter);
    if (this.#filters.has(key) || !this.#makeRoom(bytes, query)) return;
    this.#filters.set(key, { filter, askedBy: query });
    this.#bytes += bytes;
  }

  /** Queries go over all blocks in turn: what the latest ones asked for, the next one asks for again. */
  #makeRoom(bytes: number, query: number): boolean {
    for (const [key, { filter, askedBy }] of this.#filters) {
      if (this.#bytes + bytes <= this.#bytesMax || askedBy >= query - 1) break;
      this.#filters.delete(key);
      this.#bytes -= bytesOf(filter);
    }
    return this.#bytes + bytes <= this.#bytesMax;
  }
}

function bytesOf({ grams, shorts }: TextFilter): number {
  return grams.length + shorts.length + ENTRY_BYTES;
}
