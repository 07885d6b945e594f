import type { SelectRequest } from '../../query/query.ts';
import type { LineBlock } from '../../store/store.ts';
import type { SelectedInstance } from './selected-streams.ts';

export interface ReadBlock {
  block: LineBlock;
  from: SelectedInstance;
}

interface Head {
  next: ReadBlock;
  reader: AsyncIterator<ReadBlock>;
}

/**
 * Blocks of all instances by time: forward by their beginnings, backward by their ends, latest first. An instance is opened when its
 * time has come. Where no lines are wanted the order does not matter, and one is read after the other.
 */
export async function* inOrder(
  selected: readonly SelectedInstance[],
  { direction, hints }: Pick<SelectRequest, 'direction' | 'hints'>,
  read: (from: SelectedInstance) => AsyncGenerator<ReadBlock>,
): AsyncGenerator<ReadBlock> {
  if (hints.linesWanted === undefined) {
    for (const from of selected) yield* read(from);
    return;
  }
  const isForward = direction === 'forward';
  const keyOf = ({ block }: ReadBlock) => (isForward ? block.timeMin : -block.timeMax);
  const startOf = ({ instance }: SelectedInstance) =>
    isForward ? (instance.firstTime ?? 0n) : -(instance.lastTime ?? 0n);
  const waiting = selected.toSorted((a, b) => compare(startOf(a), startOf(b)));
  const heads: Head[] = [];
  let opened = 0;
  try {
    for (;;) {
      while (opened < waiting.length && (heads.length === 0 || startOf(waiting[opened]!) <= keyOf(heads[0]!.next))) {
        const reader = read(waiting[opened++]!)[Symbol.asyncIterator]();
        await insert(heads, reader, keyOf);
      }
      const head = heads.shift();
      if (head === undefined) return;
      yield head.next;
      await insert(heads, head.reader, keyOf);
    }
  } finally {
    for (const { reader } of heads) await reader.return?.();
  }
}

async function insert(
  heads: Head[],
  reader: AsyncIterator<ReadBlock>,
  keyOf: (next: ReadBlock) => bigint,
): Promise<void> {
  const { done, value } = await reader.next();
  if (done) return;
  const key = keyOf(value);
  let at = heads.findIndex(({ next }) => keyOf(next) > key);
  if (at < 0) at = heads.length;
  heads.splice(at, 0, { next: value, reader });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
