import { type LogSource, QueryLimitError, type SelectRequest, type SourceBlock } from '../../query/query.ts';
import type { Instance, ListedBlock, LogStore, PushedStream, ReadRange } from '../../store/store.ts';
import { compareKeys, inOrder, orderKey, type Sequence } from './in-order.ts';
import { NeedleTest } from './needle-test.ts';
import { type SelectedInstance, selectStreams } from './selected-streams.ts';
import { instanceBlocks, pushedBlock } from './source-blocks.ts';

/** Blocks that a query for lines may have to put in order. */
export const listedBlocksMax = 1_000_000;

/** A block before it is opened, or already as it was read. */
interface Item {
  timeMin: bigint;
  timeMax: bigint;
  open(): AsyncIterable<OpenBlock> | Iterable<OpenBlock>;
}

interface OpenBlock {
  text: Buffer;
  blocks(): Iterable<SourceBlock>;
}

/**
 * Lines of the store for one query. Streams are what each container wrote to stdout and to stderr, and what was pushed; the scope goes
 * to every read of the store. Invariant: `instances` are all whose lines the query may have read.
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
    const { instances, pushed } = selectStreams(this.#store, { ...request, withGaps: true });
    for (const { instance } of instances) this.#instances.set(instance.id, instance);
    const needles = new NeedleTest(request.hints.needles);
    for await (const item of this.#items(instances, pushed, request)) {
      request.signal.throwIfAborted();
      for await (const { text, blocks } of item.open()) {
        if (needles.mayMatch(text)) yield* blocks();
        else this.#skipped++;
      }
    }
  }

  /** Where lines are wanted, all in one order; else stream after stream, so that little is listed at once. */
  async *#items(
    instances: readonly SelectedInstance[],
    pushed: readonly PushedStream[],
    request: SelectRequest,
  ): AsyncGenerator<Item> {
    if (request.hints.linesWanted === undefined) {
      for (const selected of instances) yield* this.#listed([selected], request);
      for (const stream of pushed) yield* this.#pushed(stream, request);
      return;
    }
    const sequences: Sequence<Item>[] = pushed.map((stream) => ({
      from: request.direction === 'forward' ? stream.firstTime : stream.lastTime,
      open: () => this.#pushed(stream, request),
    }));
    sequences.push({ from: undefined, open: () => this.#listed(instances, request) });
    yield* inOrder(sequences, request.direction);
  }

  async *#listed(instances: readonly SelectedInstance[], request: SelectRequest): AsyncGenerator<Item> {
    const { scope, sinceNs, untilNs, direction } = request;
    const range = { ...this.#limits, since: sinceNs, until: untilNs };
    const listed: { key: bigint; block: ListedBlock; selected: SelectedInstance }[] = [];
    for (const selected of instances) {
      for (const block of this.#store.list(scope, selected.instance.id, range)) {
        listed.push({ key: orderKey(block, direction), block, selected });
      }
      if (listed.length > listedBlocksMax) {
        throw new QueryLimitError(`the query would read more than ${listedBlocksMax} blocks; ask for a shorter time`);
      }
    }
    listed.sort((a, b) => compareKeys(a.key, b.key));
    for (const { block, selected } of listed) {
      const { timeMin, timeMax } = block;
      yield { timeMin, timeMax, open: () => this.#readListed(block, selected, request) };
    }
  }

  async *#readListed(block: ListedBlock, selected: SelectedInstance, { scope }: SelectRequest) {
    for await (const lines of this.#store.readListed(scope, block)) {
      yield { text: lines.text, blocks: () => instanceBlocks(lines, selected) };
    }
  }

  async *#pushed({ id, labels }: PushedStream, request: SelectRequest): AsyncGenerator<Item> {
    const { scope, sinceNs, untilNs, direction } = request;
    const range = { ...this.#limits, since: sinceNs, until: untilNs, direction };
    for await (const lines of this.#store.readPushed(scope, id, range)) {
      const { timeMin, timeMax, text } = lines;
      yield { timeMin, timeMax, open: () => [{ text, blocks: () => [pushedBlock(lines, labels)] }] };
    }
  }
}
