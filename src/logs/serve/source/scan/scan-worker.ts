/** The other side of ScanThread: reads blocks where they lie and runs plans over them. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type BlockPlan,
  type BlockResult,
  type BlockRunner,
  createBlockRunner,
  createResultMerger,
  type Needle,
  PipelineError,
  QueryError,
  QueryLimitError,
  QueryStoppedError,
} from '../../../query/query.ts';
import { BlockFiles } from '../../../store/block-file.ts';
import { failureOf } from './failure.ts';
import { openFiled } from './filed-blocks.ts';
import { buffersOf, packResult } from './packed-result.ts';
import type { FromThread, ScanUnit, Shared, ToThread } from './scan-protocol.ts';
import { skippedBlock } from './skipped-block.ts';

interface Compiled {
  plan: BlockPlan;
  runner: BlockRunner;
  needles: readonly Needle[];
  checkStop(): void;
  /** Leaves out times at which no line can matter any more. */
  tighten(): void;
}

type Batch = Extract<ToThread, { kind: 'batch' }>;

const port = parentPort!;
const shared = workerData as Shared;
const stops = new Int32Array(shared.stops);
const bounds = new BigInt64Array(shared.bounds);
const plans = new Map<number, Compiled>();

port.on('message', (message: ToThread) => {
  if (message.kind === 'plan') plans.set(message.plan, compiled(message));
  else if (message.kind === 'forget') plans.delete(message.plan);
  else tell(answerTo(message));
});
tell({ kind: 'ready' });

function compiled({ plan: number, stopSlot, blockPlan: plan, needles }: Extract<ToThread, { kind: 'plan' }>): Compiled {
  const checkStop = () => {
    if (Atomics.load(stops, stopSlot) === number) throw new QueryStoppedError('canceled');
  };
  const tighten = () => {
    if (plan.kind !== 'lines') return;
    const bound = Atomics.load(bounds, stopSlot);
    if (plan.direction === 'backward') {
      if (bound > plan.sinceNs) plan.sinceNs = bound;
    } else if (bound < plan.untilNs) plan.untilNs = bound;
  };
  return { plan, runner: createBlockRunner(plan, checkStop), needles, checkStop, tighten };
}

function answerTo({ plan, batch, units, labels }: Batch): FromThread {
  const files = new BlockFiles();
  try {
    const one = plans.get(plan)!;
    const merger = createResultMerger(one.plan);
    const unread: number[] = [];
    for (const [at, unit] of units.entries()) {
      one.checkStop();
      const results = readUnit(files, one, unit, labels);
      if (results === 'unread') unread.push(at);
      else for (const result of results) merger.add(result);
    }
    return { kind: 'done', batch, result: packResult(merger.result()), unread };
  } catch (error) {
    return { kind: 'failed', batch, failure: failureOf(error) };
  } finally {
    files.close();
  }
}

/** What a block gives; `unread` where it cannot be read here: moved, gone or damaged, which the store finds out. */
function readUnit(files: BlockFiles, one: Compiled, unit: ScanUnit, labels: Batch['labels']): BlockResult[] | 'unread' {
  one.tighten();
  if (unit.timeMax < one.plan.sinceNs || unit.timeMin >= one.plan.untilNs) return [];
  try {
    const readBefore = files.bytesRead;
    const open = openFiled(files.read(unit.place));
    const bytesRead = () => files.bytesRead - readBefore;
    if (!open.mayHold(one.needles))
      return [skippedBlock(one.plan, unit, { bytes: open.textBytes, bytesRead: bytesRead() })];
    const results: BlockResult[] = [];
    for (const block of open.blocks(unit, labels)) {
      // Streams that lie in one block are one block that was read.
      results.push({ ...one.runner.run(block), ...(results.length > 0 && { blocks: 0 }) });
    }
    if (results[0]) results[0].bytesRead = bytesRead();
    return results;
  } catch (error) {
    if (isOfQuery(error)) throw error;
    return 'unread';
  }
}

/** Anything else may come from what was read. */
function isOfQuery(error: unknown): boolean {
  return [QueryStoppedError, QueryLimitError, PipelineError, QueryError].some((kind) => error instanceof kind);
}

function tell(message: FromThread): void {
  port.postMessage(message, message.kind === 'done' ? buffersOf(message.result) : []);
}
