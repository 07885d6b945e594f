import type { Nanos } from '../../../base/nanotime.ts';

export interface Timed {
  timeMin: Nanos;
  timeMax: Nanos;
}

/** Items in order, which are opened when their time has come. */
export interface Sequence<T extends Timed> {
  /** No item begins earlier (backward: ends later). Undefined: not known, it is opened first. */
  from: Nanos | undefined;
  open(): AsyncIterable<T>;
}

const [earliestNs, latestNs] = [-(2n ** 63n), 2n ** 63n - 1n];

interface Head<T> {
  key: bigint;
  item: T;
  reader: AsyncIterator<T>;
}

/** How an item compares with others: forward by its beginning, backward by its end, latest first. */
export function orderKey({ timeMin, timeMax }: Timed, direction: 'forward' | 'backward'): bigint {
  return direction === 'forward' ? timeMin : -timeMax;
}

export function compareKeys(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Merges sequences. One item of each that is open is held. */
export async function* inOrder<T extends Timed>(
  sequences: readonly Sequence<T>[],
  direction: 'forward' | 'backward',
): AsyncGenerator<T> {
  const unknown = direction === 'forward' ? earliestNs : latestNs;
  const begins = ({ from = unknown }: Sequence<T>) => (direction === 'forward' ? from : -from);
  const waiting = sequences.toSorted((a, b) => compareKeys(begins(a), begins(b)));
  const heads: Head<T>[] = [];
  let opened = 0;
  const advance = async (reader: AsyncIterator<T>) => {
    const { done, value } = await reader.next();
    if (!done) insert(heads, { key: orderKey(value, direction), item: value, reader });
  };
  try {
    for (;;) {
      while (opened < waiting.length && (heads.length === 0 || begins(waiting[opened]!) <= heads[0]!.key)) {
        await advance(waiting[opened++]!.open()[Symbol.asyncIterator]());
      }
      const head = heads.shift();
      if (head === undefined) return;
      heads.unshift(head);
      yield head.item;
      heads.shift();
      await advance(head.reader);
    }
  } finally {
    for (const { reader } of heads) await reader.return?.();
  }
}

/** Behind those of the same time. */
function insert<T>(heads: Head<T>[], head: Head<T>): void {
  let [low, high] = [0, heads.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heads[middle]!.key <= head.key) low = middle + 1;
    else high = middle;
  }
  heads.splice(low, 0, head);
}
