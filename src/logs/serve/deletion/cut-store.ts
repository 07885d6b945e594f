import type { Nanos } from '../../../base/nanotime.ts';
import type { Instance, LogStore, PushedStream } from '../../store/store.ts';
import { type Cut, cutLines, cutPushed } from './cut-lines.ts';

export type { Cut };

/** By instance or pushed stream; undefined where nothing is cut. */
type CutsOf = (stream: string) => readonly Cut[] | undefined;

/**
 * The store without the lines that are cut. A listed block with such lines is read through the store, never where it lies. What is counted of streams is still all of them, unless nothing is left.
 */
export function withCuts(store: LogStore, cutsOf: CutsOf): LogStore {
  const overrides: Partial<LogStore> = {
    instances: (scope, filter) => store.instances(scope, filter).map((instance) => withoutCut(instance, cutsOf)),
    pushedStreams: (scope, filter) =>
      store.pushedStreams(scope, filter).filter((stream) => !isWhollyCut(stream, cutsOf(stream.id))),
    list: (scope, instance, range) =>
      store.list(scope, instance, range).map((block) => throughStore(block, cutsOf(instance))),
    listPushed: (scope, stream, range) =>
      store.listPushed(scope, stream, range).map((block) => throughStore(block, cutsOf(stream))),
    read: (scope, instance, range) =>
      mapped(store.read(scope, instance, range), ({ instance }) => cutsOf(instance), cutLines),
    readListed: (scope, block) => mapped(store.readListed(scope, block), ({ instance }) => cutsOf(instance), cutLines),
    follow: (...request) => mapped(store.follow(...request), ({ instance }) => cutsOf(instance), cutLines),
    readPushed: (...request) => mapped(store.readPushed(...request), ({ stream }) => cutsOf(stream), cutPushed),
    readListedPushed: (...request) =>
      mapped(store.readListedPushed(...request), ({ stream }) => cutsOf(stream), cutPushed),
    followPushed: (...request) => mapped(store.followPushed(...request), ({ stream }) => cutsOf(stream), cutPushed),
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
function withoutCut(instance: Instance, cutsOf: CutsOf): Instance {
  const cuts = cutsOf(instance.id)?.filter(({ outputs }) => outputs.length === 2);
  if (!isWhollyCut(instance, cuts)) return instance;
  return { ...instance, firstTime: null, lastTime: null, lineCount: 0, textBytes: 0 };
}

function isWhollyCut(
  { firstTime, lastTime }: Pick<Instance | PushedStream, 'firstTime' | 'lastTime'>,
  cuts: readonly Cut[] | undefined,
): boolean {
  if (cuts === undefined || firstTime === null || lastTime === null) return false;
  return cuts.some(({ startNs, endNs }) => startNs <= firstTime && endNs >= lastTime);
}
