import { openCompact, type TextFilter } from '../../../block/block.ts';
import { BlockFiles, type BlockPlace } from '../../../store/block-file.ts';

/** Reads filters of blocks, and nothing else of them. Invariant: after `close` no file is open. */
export class FilterReader {
  readonly #files = new BlockFiles();

  /** So far. */
  get bytesRead(): number {
    return this.#files.bytesRead;
  }

  /** Undefined where there is none, or it cannot be read: whoever opens the block meets what is wrong. */
  read(place: BlockPlace): TextFilter | undefined {
    try {
      const compact = this.#files.readCompact(place);
      return compact && openCompact(compact.text).filter;
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#files.close();
  }
}
