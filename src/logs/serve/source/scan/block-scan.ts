import type { TextFilter } from '../../../block/block.ts';
import {
  type BlockPlan,
  type BlockResult,
  type BlockRunner,
  createBlockRunner,
  createResultMerger,
  type LinesResult,
  QueryStoppedError,
  type SelectRequest,
} from '../../../query/query.ts';
import { Pace } from '../../pace.ts';
import { NeedleTest } from '../needle-test.ts';
import { batchOf } from './batch-of.ts';
import { BlockCache } from './block-cache.ts';
import { errorOf } from './failure.ts';
import { FilterReader } from './filter-reader.ts';
import type { ListedUnit } from './listed-units.ts';
import { unpackResult } from './packed-result.ts';
import { readUnit } from './read-unit.ts';
import type { Answer } from './scan-thread.ts';
import type { Batch, Scan, ScanThreads } from './scan-threads.ts';
import { defaultScanSettings } from './settings.ts';
import { SettledUnits } from './settled-units.ts';
import { isSimple } from './simple-plan.ts';
import { skippedBlock } from './skipped-block.ts';
import { TimeBound } from './time-bound.ts';
import { UnitSupply } from './unit-supply.ts';

/** Batches that are under way or have been read and not been taken yet, for each thread. */
const batchesAheadPerThread = 3;
/** Starting threads takes as long as reading this many filters, or this many blocks of a simple query. */
const decidedAloneMax = 256;
const readAloneMax = 16;
const lightFactor = 4;
/** The first batches of a query that may stop early are smaller. */
const firstBatchTextBytes = 512 * 1024;

interface Issued {
  batch: Batch;
  listed: readonly ListedUnit[];
  answer?: Exclude<Answer, { kind: 'failed' }>;
}

/**
 * One query's reading, in threads; small blocks here while none has come up, and large ones where none ever does. Invariant: `#issued` are the batches that were handed out and not yet
 * taken, in order; `#returned` those that were handed out and came back unread.
 */
export class BlockScan implements Scan {
  readonly plan: BlockPlan;
  readonly needles: SelectRequest['hints']['needles'];
  readonly #threads: ScanThreads | undefined;
  readonly #request: SelectRequest;
  readonly #units: UnitSupply;
  readonly #settled: SettledUnits;
  readonly #runner: BlockRunner;
  readonly #query: number;
  readonly #issued: Issued[] = [];
  readonly #returned: Batch[] = [];
  readonly #aheadMax: number;
  readonly #batchTextBytesMax: number;
  #batchTextBytes: number;
  #error: unknown;
  #wake = () => {};

  constructor(threads: ScanThreads | undefined, request: SelectRequest, plan: BlockPlan, units: Iterator<ListedUnit>) {
    this.plan = plan;
    this.needles = request.hints.needles;
    this.#threads = threads;
    this.#request = request;
    this.#query = threads?.filters.nextQuery() ?? 0;
    const { threadsMax, batchTextBytes } = threads?.settings ?? defaultScanSettings;
    this.#aheadMax = Math.max(1, threadsMax) * batchesAheadPerThread;
    // Where filters alone decide, most blocks take no time.
    const isLight = plan.stages.every(({ kind }) => kind === 'line_filter');
    this.#batchTextBytesMax = isLight ? lightFactor * batchTextBytes : batchTextBytes;
    this.#batchTextBytes =
      plan.kind === 'lines' ? Math.min(firstBatchTextBytes, batchTextBytes) : this.#batchTextBytesMax;
    const checkStop = () => this.#checkStop();
    this.#runner = createBlockRunner(plan, checkStop);
    this.#settled = new SettledUnits(plan, this.#runner, checkStop);
    // What need not be opened is counted on the way.
    this.#units = new UnitSupply(units, threadsMax, (unit) => this.#settled.settle(unit, this.#filterOf(unit)));
  }

  /** In the order of the units where the plan gives lines. Ends the reading when nobody takes them any more. */
  async *results(): AsyncGenerator<BlockResult> {
    const { signal } = this.#request;
    this.#checkStop();
    const stop = () => this.#wake();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const threads = this.#threads;
      // Of so little, sending it to a thread takes longer.
      const smallBytesMax = threads?.settings.inlineTextBytesMax ?? 0;
      if (threads !== undefined && !threads.isReady && !this.#units.isWithin(smallBytesMax))
        yield* this.#beforeThreads(threads);
      if (threads !== undefined && !this.#units.isWithin(smallBytesMax)) yield* this.#inThreads(threads);
      else while (!this.#units.isDone) yield* this.#readHere();
      yield* this.#settled.results();
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** What is done here until a thread has come up: a thread takes longer to do so than many queries take. */
  async *#beforeThreads(threads: ScanThreads): AsyncGenerator<BlockResult> {
    const isMuch = this.#settled.takesFilters && (await this.#decideHere(threads));
    // Where there is more to do, it is not worth compiling here what they compile as well.
    if (isMuch || !isSimple(this.plan)) return;
    let read = 0;
    try {
      for (; read < readAloneMax && !this.#units.isDone; read++) yield* this.#readHere();
    } finally {
      // Threads keep blocks open, for whoever asks next.
      if (read > 0) threads.summon();
    }
  }

  /** By their filters. What these rule out is not worth starting a thread; gives whether there is so much else that one was started. */
  async #decideHere(threads: ScanThreads): Promise<boolean> {
    const open: ListedUnit[] = [];
    const openBytesMax = this.#aheadMax * this.#batchTextBytesMax;
    const [reader, pace] = [new FilterReader(), new Pace()];
    const takesFew = isSimple(this.plan);
    let isMuch = false;
    try {
      for (let units = 0, openBytes = 0; !threads.isReady && openBytes < openBytesMax; units++) {
        const unit = this.#units.next();
        if (unit === undefined) break;
        if (!this.#settleBy(reader, unit, threads)) {
          open.push(unit);
          openBytes += unit.textBytes;
        }
        isMuch ||= takesFew ? open.length > readAloneMax : openBytes > threads.settings.inlineTextBytesMax;
        isMuch ||= units >= decidedAloneMax;
        if (isMuch) threads.summon();
        if (!pace.isDue) continue;
        await pace.rest();
        this.#checkStop();
      }
    } finally {
      reader.close();
    }
    this.#units.putBack(open);
    return isMuch;
  }

  #settleBy(reader: FilterReader, unit: ListedUnit, { filters }: ScanThreads): boolean {
    if (unit.throughStore) return false;
    const readBefore = reader.bytesRead;
    const filter = reader.read(unit.place);
    if (filter === undefined) return false;
    filters.add(unit.key, filter, this.#query);
    return this.#settled.settle(unit, filter, reader.bytesRead - readBefore);
  }

  async *#inThreads(threads: ScanThreads): AsyncGenerator<BlockResult> {
    const running = threads.begin(this);
    const bound = this.plan.kind === 'lines' ? new TimeBound(this.plan) : undefined;
    try {
      for (;;) {
        threads.pump();
        this.#checkStop();
        const issued = this.#finished();
        if (issued !== undefined) {
          const result = await this.#resultOf(issued);
          if (bound?.add(result as LinesResult)) threads.bound(running, bound.time);
          yield result;
        } else if (this.#issued.length > 0) await this.#change();
        else if (this.#units.isDone) return;
        // A large block would hold up everybody for as long as the query takes over it, and nothing could end that.
        else if (threads.isReady || (threads.isComing && !this.#isNextSmall(threads))) await this.#change();
        else yield* this.#readHere();
      }
    } finally {
      threads.end(running);
    }
  }

  next(slot: number): Batch | undefined {
    const returned = this.#returned.shift();
    if (returned !== undefined || this.#units.isDone || this.#issued.length >= this.#aheadMax) return returned;
    const listed = this.#takeSafely(slot);
    if (listed.length === 0) {
      // Whoever waits for results waits for none any more.
      this.#wake();
      return undefined;
    }
    const batch = batchOf(listed, (unit) => this.#wantsFilter(unit));
    this.#issued.push({ batch, listed });
    return batch;
  }

  answered(batch: Batch, answer: Answer): void {
    if (answer.kind === 'failed') this.#error ??= errorOf(answer.failure);
    else {
      const issued = this.#issued.find((one) => one.batch === batch)!;
      issued.answer = answer;
      for (const { at, filter } of answer.filters)
        this.#threads?.filters.add(issued.listed[at]!.key, filter, this.#query);
    }
    this.#wake();
  }

  returned(batch: Batch): void {
    this.#returned.push(batch);
  }

  changed(): void {
    this.#wake();
  }

  lost(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  #checkStop(): void {
    if (this.#request.signal.aborted) throw new QueryStoppedError('canceled');
    if (this.#error !== undefined) throw this.#error;
  }

  /** Listing may fail while it is another query's turn to ask for work. */
  #takeSafely(slot: number): ListedUnit[] {
    try {
      return this.#take(slot);
    } catch (error) {
      this.#error ??= error;
      return [];
    }
  }

  #wantsFilter(unit: ListedUnit): boolean {
    return this.#settled.takesFilters && this.#filterOf(unit) === undefined;
  }

  /** Units of the next batch. */
  #take(slot: number): ListedUnit[] {
    const inOrder = this.plan.kind === 'lines';
    if (!inOrder) this.#units.queue(this.#aheadMax * this.#batchTextBytesMax);
    const taken: ListedUnit[] = [];
    let bytes = 0;
    while (bytes < this.#batchTextBytes) {
      const unit = inOrder ? this.#units.next() : this.#units.nextFor(slot);
      if (unit === undefined) break;
      taken.push(unit);
      bytes += unit.textBytes;
    }
    this.#batchTextBytes = Math.min(2 * this.#batchTextBytes, this.#batchTextBytesMax);
    return taken;
  }

  /** Where it is known. */
  #filterOf({ key }: ListedUnit): TextFilter | undefined {
    return this.#settled.takesFilters ? this.#threads?.filters.get(key, this.#query) : undefined;
  }

  #isNextSmall({ settings }: ScanThreads): boolean {
    return (this.#units.peek()?.textBytes ?? 0) <= settings.inlineTextBytesMax;
  }

  #finished(): Issued | undefined {
    const at = this.plan.kind === 'lines' ? 0 : this.#issued.findIndex(({ answer }) => answer !== undefined);
    if (this.#issued[at]?.answer === undefined) return undefined;
    return this.#issued.splice(at, 1)[0];
  }

  /** What the thread could not read, the store finds, or says that it is lost. */
  async #resultOf({ answer, listed }: Issued): Promise<BlockResult> {
    const { result, unread, received } = answer!;
    const unpacked = unpackResult(result, received);
    if (unread.length === 0) return unpacked;
    const merger = createResultMerger(this.plan);
    merger.add(unpacked);
    for (const at of unread) for await (const one of this.#readUnit(listed[at]!)) merger.add(one);
    return merger.result();
  }

  /** One block, and then others have their turn. */
  async *#readHere(): AsyncGenerator<BlockResult> {
    const unit = this.#units.next();
    if (unit !== undefined) {
      const results = this.#readFile(unit);
      if (results === 'unread') yield* this.#readUnit(unit);
      else yield* results;
    }
    await new Promise(setImmediate);
    this.#checkStop();
  }

  #readFile(unit: ListedUnit): BlockResult[] | 'unread' {
    const { labels, units } = batchOf([unit]);
    const blocks = new BlockCache(0);
    try {
      const reading = { number: 0, plan: this.plan, runner: this.#runner, needles: this.needles };
      return readUnit(blocks, reading, units[0]!, labels);
    } finally {
      blocks.closeFiles();
    }
  }

  /** Through the store, wherever its lines are by now. */
  async *#readUnit({ parts, place }: ListedUnit): AsyncGenerator<BlockResult> {
    const needles = new NeedleTest(this.needles);
    let bytesRead = place.bytes;
    for (const part of parts) {
      for await (const block of part.read()) {
        this.#checkStop();
        const { text } = block;
        if (needles.mayMatch(text.all().text)) yield { ...this.#runner.run(block), bytesRead };
        else yield skippedBlock(this.plan, block, { bytes: text.textBytes, bytesRead });
        bytesRead = 0;
      }
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
