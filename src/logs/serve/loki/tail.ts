import type { Nanos } from '../../../base/nanotime.ts';
import {
  type BlockResult,
  createBlockRunner,
  type LabelRecord,
  type LogExpr,
  rangeQuery,
  type StreamResult,
} from '../../query/query.ts';
import type { LogStore, Scope } from '../../store/store.ts';
import { matchesLabels, selectsInstance } from '../source/selected-streams.ts';
import { instanceBlocks, pushedBlock } from '../source/source-blocks.ts';
import { StoreSource } from '../source/store-source.ts';
import { pushedLabels } from '../source/stream-labels.ts';
import { either } from './either.ts';

export interface TailRequest {
  expr: LogExpr;
  scope: Scope;
  /** Lines from here on, and of those that are stored already at most the last `limit`. */
  sinceNs: Nanos;
  limit: number;
}

export const latestNs = 2n ** 63n - 1n;
/** Lines of one message. */
const messageLinesMax = 1000;

/**
 * Lines that are stored already, then those that come, in the order in which they were stored: nothing is skipped or comes twice at the
 * change. Streams of each message; goes on until the signal aborts.
 */
export async function* tailedStreams(
  store: LogStore,
  { expr, scope, sinceNs, limit }: TailRequest,
  signal: AbortSignal,
): AsyncGenerator<StreamResult[]> {
  const after = store.status().sequence;
  const source = new StoreSource(store, { throughSequence: after });
  const common = { query: expr, source, scope, signal, startNs: sinceNs, endNs: latestNs, stepNs: 0 };
  if (limit > 0) {
    const { value } = await rangeQuery({ ...common, limit, direction: 'backward' }, { entriesMax: limit });
    if (value.type === 'streams' && value.streams.length > 0) yield value.streams.map(reversed);
  }
  const plan = { kind: 'lines', stages: expr.stages, needed: null, direction: 'forward' } as const;
  const runner = createBlockRunner({ ...plan, sinceNs, untilNs: latestNs, limit: Number.MAX_SAFE_INTEGER });
  const blocks = either([
    followedInstances(store, expr, scope, after, signal),
    followedPushed(store, expr, scope, after, signal),
  ]);
  for await (const block of blocks) yield* messages(runner.run(block));
}

/** Labels of streams that need what is known of the pod. */
const labelsOfPods: ReadonlySet<string> = new Set(['app', 'job', 'service_name']);

async function* followedInstances(
  store: LogStore,
  { matchers }: LogExpr,
  scope: Scope,
  after: number,
  signal: AbortSignal,
) {
  const select = selectsInstance(matchers);
  const selectWithoutPod = selectsInstance(matchers.filter(({ name }) => !labelsOfPods.has(name)));
  const selected = new Map<string, NonNullable<ReturnType<typeof select>>>();
  const wants: Parameters<LogStore['follow']>[2] = (instance) => {
    const found = select(instance);
    if (found) selected.set(instance.id, found);
    else selected.delete(instance.id);
    if (found) return true;
    return instance.podFact === null && selectWithoutPod(instance) !== undefined ? 'undecided' : false;
  };
  for await (const block of store.follow(scope, after, wants, signal)) {
    const from = selected.get(block.instance);
    if (from) yield* instanceBlocks(block, from.streams);
  }
}

async function* followedPushed(
  store: LogStore,
  { matchers }: LogExpr,
  scope: Scope,
  after: number,
  signal: AbortSignal,
) {
  const matches = matchesLabels(matchers);
  const selected = new Map<string, LabelRecord>();
  const wants: Parameters<LogStore['followPushed']>[2] = ({ id, labels: given }) => {
    const labels = pushedLabels(given);
    const isWanted = matches(labels);
    if (isWanted) selected.set(id, labels);
    return isWanted;
  };
  for await (const block of store.followPushed(scope, after, wants, signal)) {
    const labels = selected.get(block.stream);
    if (labels) yield pushedBlock(block, labels);
  }
}

function* messages(result: BlockResult): Generator<StreamResult[]> {
  if (result.kind !== 'lines') return;
  const { entries, labels } = result;
  for (let from = 0; from < entries.length; from += messageLinesMax) {
    const streams = new Map<number, StreamResult>();
    for (const { timeNs, line, labels: at } of entries.slice(from, from + messageLinesMax)) {
      const categorized = labels[at]!;
      const all = { ...categorized.stream, ...categorized.metadata, ...categorized.parsed };
      const stream = streams.get(at) ?? { labels: all, categorized, entries: [] };
      stream.entries.push({ timeNs, line });
      streams.set(at, stream);
    }
    yield [...streams.values()];
  }
}

function reversed(stream: StreamResult): StreamResult {
  return { ...stream, entries: stream.entries.toReversed() };
}
