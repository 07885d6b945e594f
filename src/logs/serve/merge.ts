import { Fault } from '../../base/fault.ts';
import type { Nanos } from '../../base/nanotime.ts';
import type { PickedLines } from './picked-lines.ts';

/** Lines of one instance, in file order, which are opened only when their time has come. */
export interface Source {
  /** Names the instance in what comes out. */
  index: number;
  /** No line of it is earlier; null where that is not known. */
  firstTime: Nanos | null;
  open(): AsyncIterable<PickedLines>;
}

/** Neighbouring lines of one source: `picked.lines[from, to)`. */
export interface Slice {
  index: number;
  picked: PickedLines;
  from: number;
  to: number;
}

/** Instances that write at the same time, each of which holds a block in memory while it is merged. */
export const mergedInstancesMax = 100;

/** Invariant: `time` is that of `picked.lines[at]`, the next line to come out. */
interface Head {
  index: number;
  reader: AsyncIterator<PickedLines>;
  picked: PickedLines;
  at: number;
  time: bigint;
}

/**
 * Merges by time; lines of one source keep their order, also where their times go back. On equal times the source that comes
 * first in `sources` goes first. Throws Fault `overloaded` where more than mergedInstancesMax overlap.
 */
export async function* mergeByTime(sources: readonly Source[]): AsyncGenerator<Slice> {
  const waiting = sources.toSorted((a, b) => order(a.firstTime, b.firstTime) || a.index - b.index);
  const heap = new HeadHeap();
  let next = 0;
  try {
    for (;;) {
      while (next < waiting.length && isDue(waiting[next]!, heap.first)) {
        if (heap.size >= mergedInstancesMax) throw tooMany();
        const head = await opened(waiting[next++]!);
        if (head) heap.push(head);
      }
      const head = heap.first;
      if (!head) return;
      const { index, picked, at } = head;
      const to = endOfRun(head, heap.second, waiting[next]?.firstTime ?? undefined);
      yield { index, picked, from: at, to };
      if (await advanced(head, to)) heap.settle();
      else heap.shift();
    }
  } finally {
    await heap.close();
  }
}

function order(a: Nanos | null, b: Nanos | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

function isDue({ firstTime }: Source, first: Head | undefined): boolean {
  return first === undefined || firstTime === null || firstTime <= first.time;
}

async function opened(source: Source): Promise<Head | undefined> {
  const head: Head = {
    index: source.index,
    reader: source.open()[Symbol.asyncIterator](),
    picked: {
      block: { text: Buffer.alloc(0), starts: new Uint32Array(1), times: new BigInt64Array(), flags: new Uint8Array() },
      lines: new Uint32Array(),
    },
    at: 0,
    time: 0n,
  };
  return (await advanced(head, 0)) ? head : undefined;
}

/** False at the source's end. */
async function advanced(head: Head, to: number): Promise<boolean> {
  head.at = to;
  while (head.at >= head.picked.lines.length) {
    const step = await head.reader.next();
    if (step.done) return false;
    head.picked = step.value;
    head.at = 0;
  }
  head.time = head.picked.block.times[head.picked.lines[head.at]!]!;
  return true;
}

/** How far this source may go on before another one's turn comes; at least one line. */
function endOfRun(head: Head, second: Head | undefined, nextOpens: Nanos | undefined): number {
  const { block, lines } = head.picked;
  let to = head.at + 1;
  if (second === undefined && nextOpens === undefined) return lines.length;
  for (; to < lines.length; to++) {
    const time = block.times[lines[to]!]!;
    if (nextOpens !== undefined && time >= nextOpens) break;
    if (second !== undefined && (time > second.time || (time === second.time && second.index < head.index))) break;
  }
  return to;
}

/** A binary heap by time, then index. */
class HeadHeap {
  #heads: Head[] = [];

  get size(): number {
    return this.#heads.length;
  }

  get first(): Head | undefined {
    return this.#heads[0];
  }

  get second(): Head | undefined {
    const [, left, right] = this.#heads;
    return left && right && isBefore(right, left) ? right : left;
  }

  push(head: Head): void {
    this.#heads.push(head);
    for (let at = this.#heads.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.#heads[at]!, this.#heads[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  shift(): void {
    const last = this.#heads.pop();
    if (this.#heads.length === 0 || !last) return;
    this.#heads[0] = last;
    this.settle();
  }

  /** After the first one's time has changed. */
  settle(): void {
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heads.length && isBefore(this.#heads[child]!, this.#heads[least]!)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  async close(): Promise<void> {
    for (const { reader } of this.#heads) await reader.return?.();
  }

  #swap(a: number, b: number): void {
    [this.#heads[a], this.#heads[b]] = [this.#heads[b]!, this.#heads[a]!];
  }
}

function isBefore(a: Head, b: Head): boolean {
  return a.time < b.time || (a.time === b.time && a.index < b.index);
}

function tooMany(): Fault {
  return new Fault(
    'overloaded',
    `more than ${mergedInstancesMax} containers wrote at the same time (mergedInstancesMax)`,
    {
      hint: 'ask for fewer of them, for a shorter time, or for their last lines with --tail N',
    },
  );
}
