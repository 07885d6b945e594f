import type { BlockPlan, BlockResult, LogSource, SelectRequest, SourceBlock } from '../../query/query.ts';
import type { Instance, LogStore, ReadRange } from '../../store/store.ts';
import { NeedleTest } from './needle-test.ts';
import { BlockScan } from './scan/block-scan.ts';
import { type ListedUnit, listUnits } from './scan/listed-units.ts';
import type { ScanThreads } from './scan/scan-threads.ts';
import { listingKey, unitMemoOf } from './scan/unit-memo.ts';
import { selectStreams } from './selected-streams.ts';

export interface StoreSourceOptions extends Pick<ReadRange, 'throughSequence'> {
  /** Where blocks are read; missing: on the main thread. */
  threads?: ScanThreads;
}

/**
 * Lines of the store for one query. Streams are what each container wrote to stdout and to stderr, and what was pushed; the scope goes
 * to every read of the store. Invariant: `instances` are all whose lines the query may have read.
 */
export class StoreSource implements LogSource {
  readonly #store: LogStore;
  readonly #threads: ScanThreads | undefined;
  readonly #limits: Pick<ReadRange, 'throughSequence'>;
  readonly #instances = new Map<string, Instance>();
  #skipped = 0;

  /** With `throughSequence` only what was stored up to that position. */
  constructor(store: LogStore, { threads, ...limits }: StoreSourceOptions = {}) {
    this.#store = store;
    this.#threads = threads;
    this.#limits = limits;
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  skippedBlocks(): number {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped;
  }

  async *select(request: SelectRequest): AsyncGenerator<SourceBlock> {
    const needles = new NeedleTest(request.hints.needles);
    for (const { parts } of this.#units(request)) {
      for (const { read } of parts) {
        request.signal.throwIfAborted();
        for await (const block of read()) {
          if (needles.mayMatch(block.text.all().text)) yield block;
          else this.#skipped++;
        }
      }
    }
  }

  scan(request: SelectRequest, plan: BlockPlan): AsyncGenerator<BlockResult> {
    return new BlockScan(this.#threads, request, plan, this.#units(request)).results();
  }

  *#units(request: SelectRequest): Generator<ListedUnit> {
    const memo = unitMemoOf(this.#store);
    const key = listingKey(request, this.#limits);
    const known = memo.get(key);
    if (known !== undefined) {
      for (const instance of known.instances) this.#instances.set(instance.id, instance);
      yield* known.units;
      return;
    }
    const selected = selectStreams(this.#store, { ...request, withGaps: true });
    const instances = selected.instances.map(({ instance }) => instance);
    for (const instance of instances) this.#instances.set(instance.id, instance);
    const listed = listUnits(this.#store, selected, request, this.#limits);
    if (request.hints.linesWanted === undefined) yield* memo.noting(key, instances, listed);
    else {
      // They are put in order, so all of them are there before the first one is read.
      const units = [...listed];
      memo.note(key, { instances, units });
      yield* units;
    }
  }
}
