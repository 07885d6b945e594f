import { LINE_STDERR } from '../../batch/batch.ts';
import type { LogSource, SelectRequest, SourceBlock } from '../../query/query.ts';
import type { Instance, LineBlock, LogStore, ReadRange } from '../../store/store.ts';
import { inOrder } from './in-order.ts';
import { NeedleTest } from './needle-test.ts';
import { type SelectedInstance, selectInstances } from './selected-streams.ts';

/**
 * Lines of the store for one query. Streams are what each container wrote to stdout and to stderr; the scope goes to every read of
 * the store. Invariant: `instances` are all whose lines the query may have read.
 */
export class StoreSource implements LogSource {
  readonly #store: LogStore;
  readonly #limits: Pick<ReadRange, 'throughSequence'>;
  readonly #instances = new Map<string, Instance>();
  #skipped = 0;

  /** With `throughSequence` only what was stored up to that position. */
  constructor(store: LogStore, limits: Pick<ReadRange, 'throughSequence'> = {}) {
    this.#store = store;
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
    const selected = selectInstances(this.#store, { ...request, withGaps: true });
    for (const { instance } of selected) this.#instances.set(instance.id, instance);
    const needles = new NeedleTest(request.hints.needles);
    const read = (one: SelectedInstance) => this.#read(one, request);
    for await (const { block, from } of inOrder(selected, request, read)) {
      request.signal.throwIfAborted();
      if (!needles.mayMatch(block.text)) {
        this.#skipped++;
        continue;
      }
      yield* sourceBlocks(block, from);
    }
  }

  async *#read(from: SelectedInstance, { scope, sinceNs, untilNs, direction }: SelectRequest) {
    const range = { ...this.#limits, since: sinceNs, until: untilNs, direction };
    for await (const block of this.#store.read(scope, from.instance.id, range)) {
      if (block.timeMax >= sinceNs && block.timeMin < untilNs) yield { block, from };
    }
  }
}

/** One for each output that is selected and has lines in the block. */
export function* sourceBlocks(block: LineBlock, { streams }: SelectedInstance): Generator<SourceBlock> {
  const { timeMin, timeMax, text, starts, times, flags } = block;
  let errorLines = 0;
  for (let at = 0; at < flags.length; at++) errorLines += flags[at]! & LINE_STDERR;
  for (const { output, labels } of streams) {
    const wanted = output === 'stderr' ? errorLines : flags.length - errorLines;
    if (wanted === 0) continue;
    const shared = { labels, timeMin, timeMax, text, starts, times };
    const sign = output === 'stderr' ? 0 : 1;
    yield wanted === flags.length ? shared : { ...shared, only: flags.map((flag) => (flag & LINE_STDERR) ^ sign) };
  }
}
