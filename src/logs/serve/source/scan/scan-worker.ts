/** The other side of ScanThread: reads blocks where they lie and runs plans over them. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type BlockPlan,
  type BlockResult,
  createBlockRunner,
  createResultMerger,
  QueryStoppedError,
} from '../../../query/blocks.ts';
import { BlockCache } from './block-cache.ts';
import { failureOf } from './failure.ts';
import { buffersOf, packResult, SentSeries } from './packed-result.ts';
import { type Reading, readUnit } from './read-unit.ts';
import type { FromThread, Shared, ToThread, UnitFilter } from './scan-protocol.ts';

interface Compiled extends Reading {
  sent: SentSeries;
  checkStop(): void;
  /** Leaves out times at which no line can matter any more. */
  tighten(): void;
}

type Batch = Extract<ToThread, { kind: 'batch' }>;
type LinesPlan = Extract<BlockPlan, { kind: 'lines' }>;

const port = parentPort!;
const shared = workerData as Shared;
const stops = new Int32Array(shared.stops);
const bounds = new BigInt64Array(shared.bounds);
const blocks = new BlockCache(shared.cacheBytesMax);
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
    tightenTo(plan, Atomics.load(bounds, stopSlot));
  };
  const runner = createBlockRunner(plan, checkStop);
  return { number, plan, runner, needles, sent: new SentSeries(), checkStop, tighten };
}

function tightenTo(plan: LinesPlan, bound: bigint): void {
  if (plan.direction === 'backward') {
    if (bound > plan.sinceNs) plan.sinceNs = bound;
  } else if (bound < plan.untilNs) plan.untilNs = bound;
}

/** What one block gave may be all that is wanted: then the next one is looked at no further than that reaches. */
function tightenBy(plan: BlockPlan, result: BlockResult): void {
  if (plan.kind !== 'lines' || result.kind !== 'lines' || result.entries.length < plan.limit) return;
  const last = result.entries.at(-1)?.timeNs;
  if (last !== undefined) tightenTo(plan, plan.direction === 'backward' ? last : last + 1n);
}

function answerTo({ plan, batch, units, labels }: Batch): FromThread {
  try {
    const one = plans.get(plan)!;
    const merger = createResultMerger(one.plan);
    const unread: number[] = [];
    const filters: UnitFilter[] = [];
    for (const [at, unit] of units.entries()) {
      one.checkStop();
      one.tighten();
      if (unit.timeMax < one.plan.sinceNs || unit.timeMin >= one.plan.untilNs) continue;
      const results = readUnit(blocks, one, unit, labels);
      if (results === 'unread') unread.push(at);
      else
        for (const result of results) {
          tightenBy(one.plan, result);
          merger.add(result);
        }
      const filter = unit.wantsFilter && results !== 'unread' && blocks.lastFilter();
      if (filter) filters.push({ at, filter });
    }
    return { kind: 'done', batch, plan, result: packResult(merger.result(), one.sent), unread, filters };
  } catch (error) {
    return { kind: 'failed', batch, failure: failureOf(error) };
  } finally {
    blocks.closeFiles();
  }
}

function tell(message: FromThread): void {
  port.postMessage(message, message.kind === 'done' ? buffersOf(message.result) : []);
}
