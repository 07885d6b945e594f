import type { InstanceId } from '../batch/batch.ts';
import { type BlockReader, sliceBlock } from './block-reader.ts';
import type { BlockRow } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import { listInstances } from './listing.ts';
import { allows } from './read.ts';
import type { LineBlock, Scope, Wants } from './store.ts';

/** Rows of blocks that a follower fetches at a time. */
const BLOCKS_PER_PAGE = 256;
/** Verdicts on instances that one follower remembers. */
const verdictsMax = 20_000;
/** So long a follower waits at a new instance for what it is to be chosen by: lines may come before the labels of their pod. */
const undecidedMsMax = 5_000;

/** Tells followers that there is more. */
export class Bell {
  #waiting = new Set<() => void>();
  /** Counts changes of what is known about instances, other than lines: verdicts from before are asked for again. */
  attributesVersion = 0;

  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next ring or abort, or after a while where that is given. */
  async wait(signal: AbortSignal, untilMs?: number): Promise<void> {
    if (untilMs === undefined) return this.#rung(signal);
    const either = new AbortController();
    const timer = setTimeout(() => either.abort(), untilMs);
    await this.#rung(AbortSignal.any([signal, either.signal]));
    clearTimeout(timer);
  }

  #rung(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}

export interface Following {
  catalogue: Catalogue;
  reader: BlockReader;
  bell: Bell;
  nowMs: () => number;
  /** Position of the newest record that is in the catalogue. */
  lastSequence: () => number;
  /** Kept up to date: how far this follower has come. */
  progress: { sequence: number };
}

/** A run of parts that follow each other in the order of storing and lie in one block. */
interface Delivery {
  block: BlockRow;
  first: number;
  last: number;
  sequence: number;
}

/**
 * Everything stored after `after`, in that order. Invariant: at each yield all wanted parts up to `progress.sequence` have
 * been delivered, once. Merged blocks remember their parts, so it makes no difference whether a batch was merged meanwhile.
 */
export async function* followBlocks(
  following: Following,
  scope: Scope,
  wants: Wants,
  signal: AbortSignal,
): AsyncGenerator<LineBlock> {
  const { catalogue, bell, lastSequence, progress } = following;
  const verdicts = new Verdicts(following, scope, wants);
  while (!signal.aborted) {
    const last = lastSequence();
    if (progress.sequence >= last) {
      await bell.wait(signal);
      continue;
    }
    const { rows, horizon } = catalogue.blocks.since(progress.sequence, last, BLOCKS_PER_PAGE);
    const wanted = rows.filter((block) => verdicts.of(block.instance) !== undefined);
    yield* deliver(following, verdicts, deliveries(wanted, progress.sequence, horizon), horizon, signal);
  }
}

async function* deliver(
  { reader, progress, bell }: Following,
  verdicts: Verdicts,
  all: readonly Delivery[],
  horizon: number,
  signal: AbortSignal,
): AsyncGenerator<LineBlock> {
  for (const delivery of all) {
    const waitMs = verdicts.waitMs(delivery.block.instance);
    if (waitMs > 0) return bell.wait(signal, waitMs);
    const lines = await reader.load(delivery.block);
    if (signal.aborted || lines === 'moved') return; // the next page begins where this delivery would have
    const id = verdicts.of(delivery.block.instance);
    if (id === 'undecided') return;
    progress.sequence = delivery.sequence;
    if (lines !== 'damaged' && id !== undefined) yield sliceBlock(id, delivery.block, lines, delivery);
  }
  progress.sequence = Math.max(progress.sequence, horizon);
}

/** The parts in (after, through] in order, neighbours of one block together. */
export function deliveries(blocks: readonly BlockRow[], after: number, through: number): Delivery[] {
  const parts = blocks.flatMap((block) =>
    block.parts.flatMap(({ sequence }, index) =>
      sequence > after && sequence <= through ? [{ block, index, sequence }] : [],
    ),
  );
  parts.sort((a, b) => a.sequence - b.sequence);
  const result: Delivery[] = [];
  for (const { block, index, sequence } of parts) {
    const last = result.at(-1);
    if (last?.block === block && last.last === index) Object.assign(last, { last: index + 1, sequence });
    else result.push({ block, first: index, last: index + 1, sequence });
  }
  return result;
}

type Verdict = InstanceId | undefined | { undecidedUntilMs: number };

/** Whether an instance is wanted, remembered while nothing about it changes. */
class Verdicts {
  readonly #following: Following;
  readonly #scope: Scope;
  readonly #wants: Wants;
  readonly #known = new Map<number, Verdict>();
  #version = -1;

  constructor(following: Following, scope: Scope, wants: Wants) {
    this.#following = following;
    this.#scope = scope;
    this.#wants = wants;
  }

  /** The instance's id if it is wanted, or may yet be. */
  of(row: number): InstanceId | undefined | 'undecided' {
    const verdict = this.#verdict(row);
    if (typeof verdict !== 'object') return verdict;
    return verdict.undecidedUntilMs > this.#following.nowMs() ? 'undecided' : undefined;
  }

  /** How long to wait at most until it is decided. */
  waitMs(row: number): number {
    const verdict = this.#verdict(row);
    return typeof verdict === 'object' ? verdict.undecidedUntilMs - this.#following.nowMs() : 0;
  }

  #verdict(row: number): Verdict {
    const { bell } = this.#following;
    if (this.#version !== bell.attributesVersion || this.#known.size > verdictsMax) this.#known.clear();
    this.#version = bell.attributesVersion;
    if (!this.#known.has(row)) this.#known.set(row, this.#ask(row));
    return this.#known.get(row);
  }

  #ask(row: number): Verdict {
    const { catalogue, nowMs } = this.#following;
    const found = catalogue.instances.byRow(row);
    if (!found || found.deleted || found.tenant !== this.#scope.tenant || !allows(this.#scope, found.namespace)) return;
    const [instance] = listInstances(catalogue, this.#scope, { ids: [found.id] });
    const wanted = instance && this.#wants(instance);
    if (wanted !== 'undecided') return wanted ? found.id : undefined;
    // A clock that was set back must hold nobody.
    return found.arrivedMs > nowMs() ? undefined : { undecidedUntilMs: found.arrivedMs + undecidedMsMax };
  }
}
