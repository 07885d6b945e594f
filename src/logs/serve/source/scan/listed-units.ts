import { type LabelRecord, QueryLimitError, type SelectRequest, type SourceBlock } from '../../../query/query.ts';
import type { ListedBlock, ListedPushed, LogStore, PushedStream, ReadRange } from '../../../store/store.ts';
import type { SelectedInstance, SelectedStreams } from '../selected-streams.ts';
import { instanceBlocks, pushedBlock } from '../source-blocks.ts';
import type { ScanUnit, UnitPart } from './scan-protocol.ts';

/** Blocks that a query for lines may have to put in order. */
export const listedBlocksMax = 1_000_000;

/** A block to read, as the store listed it. */
export interface ListedUnit extends Pick<ScanUnit, 'place' | 'throughStore' | 'timeMin' | 'timeMax'> {
  /** Of the place. */
  key: string;
  textBytes: number;
  /** Which streams' lines are in it. */
  parts: readonly ListedPart[];
}

export interface ListedPart {
  lineCount: number;
  ranges: UnitPart['ranges'];
  streams: SelectedInstance['streams'] | readonly { labels: LabelRecord }[];
  /** The same through the store, wherever the lines are by now. */
  read(): AsyncIterable<SourceBlock>;
}

type Limits = Pick<ReadRange, 'throughSequence'>;

/** Lists what a query reads: in the order of time where lines are wanted, else stream after stream, so that little is listed at once. */
export function* listUnits(
  store: LogStore,
  { instances, pushed }: SelectedStreams,
  request: SelectRequest,
  limits: Limits,
): Generator<ListedUnit> {
  const range = { ...limits, since: request.sinceNs, until: request.untilNs };
  const ofInstance = (selected: SelectedInstance) =>
    store
      .list(request.scope, selected.instance.id, range)
      .map((block) => instanceUnit(store, request, selected, block));
  if (request.hints.linesWanted === undefined) {
    for (const selected of instances) yield* ofInstance(selected);
    yield* pushedUnits(store, pushed, request, range);
    return;
  }
  const all: ListedUnit[] = [];
  const add = (units: Iterable<ListedUnit>) => {
    for (const unit of units) all.push(unit);
    if (all.length > listedBlocksMax) {
      throw new QueryLimitError(`the query would read more than ${listedBlocksMax} blocks; ask for a shorter time`);
    }
  };
  for (const selected of instances) add(ofInstance(selected));
  add(pushedUnits(store, pushed, request, range));
  const keyed = all.map((unit) => ({ unit, key: orderKey(unit, request.direction) }));
  for (const { unit } of keyed.sort((a, b) => compareKeys(a.key, b.key))) yield unit;
}

function instanceUnit(
  store: LogStore,
  { scope }: SelectRequest,
  selected: SelectedInstance,
  block: ListedBlock,
): ListedUnit {
  const { timeMin, timeMax, lineCount, textBytes, place, ranges, throughStore } = block;
  async function* read() {
    for await (const lines of store.readListed(scope, block)) yield* instanceBlocks(lines, selected.streams);
  }
  const parts = [{ lineCount, ranges, streams: selected.streams, read }];
  return { timeMin, timeMax, textBytes, place, key: keyOf(place), parts, ...(throughStore && { throughStore }) };
}

/** How a block compares with others: forward by its beginning, backward by its end, latest first. */
function orderKey({ timeMin, timeMax }: ListedUnit, direction: SelectRequest['direction']): bigint {
  return direction === 'forward' ? timeMin : -timeMax;
}

function compareKeys(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Streams that were stored together are read together. */
function pushedUnits(
  store: LogStore,
  streams: readonly PushedStream[],
  { scope }: SelectRequest,
  range: Limits & Pick<ReadRange, 'since' | 'until'>,
): Iterable<ListedUnit> {
  const units = new Map<string, ListedUnit & { parts: ListedPart[] }>();
  for (const { id, labels } of streams) {
    for (const block of store.listPushed(scope, id, range)) {
      const { place, timeMin, timeMax, placeTextBytes: textBytes, throughStore } = block;
      const part = pushedPart(store, scope, labels, block);
      const key = keyOf(place);
      const readKey = throughStore ? `${key}/${throughStore}` : key;
      const unit = units.get(readKey);
      if (unit === undefined) {
        const through = throughStore && { throughStore };
        units.set(readKey, { place, key, timeMin, timeMax, textBytes, parts: [part], ...through });
      } else {
        unit.parts.push(part);
        if (timeMin < unit.timeMin) unit.timeMin = timeMin;
        if (timeMax > unit.timeMax) unit.timeMax = timeMax;
      }
    }
  }
  return units.values();
}

function pushedPart(
  store: LogStore,
  scope: SelectRequest['scope'],
  labels: LabelRecord,
  block: ListedPushed,
): ListedPart {
  async function* read() {
    for await (const lines of store.readListedPushed(scope, block)) yield pushedBlock(lines, labels);
  }
  return { lineCount: block.lineCount, ranges: block.ranges, streams: [{ labels }], read };
}

function keyOf({ path, offset, bytes }: ListedUnit['place']): string {
  return `${path}/${offset}/${bytes}`;
}
