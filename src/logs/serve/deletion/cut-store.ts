import type { Nanos } from '../../../base/nanotime.ts';
import type { LabelRecord } from '../../query/query.ts';
import type { Instance, LineBlock, LogStore, PushedBlock, PushedStream, Scope } from '../../store/store.ts';
import { outputs, pushedLabels, streamLabels } from '../source/stream-labels.ts';
import { type Cut, cutLines, cutPushed, type OutputLabels } from './cut-lines.ts';

export type { Cut };

/** By instance or pushed stream. */
type Cuts = ReadonlyMap<string, readonly Cut[]>;

/** How often what is cut has changed. */
type CutChanges = () => number;

/**
 * The store without the lines that are cut. A listed block with such lines is read through the store, never where it lies. What is counted of streams is still all of them, unless nothing is left.
 */
export function withCuts(store: LogStore, all: Cuts, changes: CutChanges): LogStore {
  const cutsOf = (stream: string) => all.get(stream);
  const linesOf = (scope: Scope, blocks: AsyncIterable<LineBlock>) =>
    mapped(
      blocks,
      ({ instance }) => cutsOf(instance),
      (block, cuts) => cutLines(block, cuts, () => outputLabels(store, scope, block.instance)),
    );
  const pushedOf = (scope: Scope, blocks: AsyncIterable<PushedBlock>) =>
    mapped(
      blocks,
      ({ stream }) => cutsOf(stream),
      (block, cuts) => cutPushed(block, cuts, () => labelsOfPushed(store, scope, block.stream)),
    );
  const pushedStreams: LogStore['pushedStreams'] = (scope, filter) =>
    store.pushedStreams(scope, filter).filter((stream) => !isWhollyCut(stream, cutsOf(stream.id)));
  const overrides: Partial<LogStore> = {
    revision: () => `${store.revision()}/${changes()}`,
    instances: (scope, filter) => store.instances(scope, filter).map((instance) => withoutCut(instance, cutsOf)),
    pushedStreams,
    pushedLabels: (scope, filter) =>
      all.size === 0 ? store.pushedLabels(scope, filter) : pushedStreams(scope, filter).map(({ labels }) => labels),
    list: (scope, instance, range) =>
      store.list(scope, instance, range).map((block) => throughStore(block, cutsOf(instance))),
    listPushed: (scope, stream, range) =>
      store.listPushed(scope, stream, range).map((block) => throughStore(block, cutsOf(stream))),
    read: (scope, ...request) => linesOf(scope, store.read(scope, ...request)),
    readListed: (scope, ...request) => linesOf(scope, store.readListed(scope, ...request)),
    follow: (scope, ...request) => linesOf(scope, store.follow(scope, ...request)),
    readPushed: (scope, ...request) => pushedOf(scope, store.readPushed(scope, ...request)),
    readListedPushed: (scope, ...request) => pushedOf(scope, store.readListedPushed(scope, ...request)),
    followPushed: (scope, ...request) => pushedOf(scope, store.followPushed(scope, ...request)),
  };
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(overrides, name)) return overrides[name as keyof LogStore];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function* mapped<T extends { timeMin: Nanos; timeMax: Nanos }>(
  blocks: AsyncIterable<T>,
  cutsOf: (block: T) => readonly Cut[] | undefined,
  cut: (block: T, cuts: readonly Cut[]) => T | undefined,
): AsyncGenerator<T> {
  for await (const block of blocks) {
    const cuts = cutsOf(block)?.filter((one) => overlaps(block, one));
    const left = cuts === undefined || cuts.length === 0 ? block : cut(block, cuts);
    if (left !== undefined) yield left;
  }
}

/** Whoever reads, a filter sees the same labels. */
function outputLabels(store: LogStore, { tenant }: Scope, id: string): OutputLabels {
  const [instance] = store.instances({ tenant, namespaces: '*' }, { ids: [id] });
  return outputs.map((output) => ({ output, labels: instance === undefined ? {} : streamLabels(instance, output) }));
}

function labelsOfPushed(store: LogStore, { tenant }: Scope, id: string): LabelRecord {
  const [stream] = store.pushedStreams({ tenant, namespaces: '*' }, { ids: [id] });
  return stream === undefined ? {} : pushedLabels(stream.labels);
}

function overlaps({ timeMin, timeMax }: { timeMin: Nanos; timeMax: Nanos }, { startNs, endNs }: Cut): boolean {
  return timeMax >= startNs && timeMin <= endNs;
}

function throughStore<T extends { timeMin: Nanos; timeMax: Nanos; throughStore?: true }>(
  block: T,
  cuts: readonly Cut[] | undefined,
): T {
  return cuts?.some((cut) => overlaps(block, cut)) ? { ...block, throughStore: true } : block;
}

/** An instance stays addressable; of its lines nothing is told where nothing is left. */
function withoutCut(instance: Instance, cutsOf: (stream: string) => readonly Cut[] | undefined): Instance {
  const cuts = cutsOf(instance.id)?.filter((cut) => cut.outputs.length === outputs.length);
  if (!isWhollyCut(instance, cuts)) return instance;
  return { ...instance, firstTime: null, lastTime: null, lineCount: 0, textBytes: 0 };
}

function isWhollyCut(
  { firstTime, lastTime }: Pick<Instance | PushedStream, 'firstTime' | 'lastTime'>,
  cuts: readonly Cut[] | undefined,
): boolean {
  if (cuts === undefined || firstTime === null || lastTime === null) return false;
  return cuts.some(({ startNs, endNs, filter }) => !filter && startNs <= firstTime && endNs >= lastTime);
}
