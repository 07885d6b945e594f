import { spanMsMax } from '../merge.ts';
import type { PushedBlockRow } from '../pushed-rows.ts';

/** What is regrouped at once: it is held in memory, compressed, while new blocks are made of it. */
export interface RegroupLimits {
  textBytesMax: number;
  blocksMax: number;
  /** Each run of a stream in a block is a row of the catalogue, and an object while it is planned. */
  runsMax: number;
  /** Of one new block. */
  room?: { textBytesMax: number };
}

export const regroupLimits: RegroupLimits = { textBytesMax: 256 * 1024 * 1024, blocksMax: 16_384, runsMax: 20_000 };

/** Blocks that are regrouped together. Full: what comes behind them would be too much for it, or is too far in age. */
export interface RegroupWindow {
  blocks: PushedBlockRow[];
  isFull: boolean;
}

/** One behind the other, none of them empty. */
export function* windowsOf(candidates: Iterable<PushedBlockRow>, limits: RegroupLimits): Generator<RegroupWindow> {
  let filling = new WindowFilling(limits);
  for (const block of candidates) {
    if (filling.add(block)) continue;
    yield { blocks: filling.blocks, isFull: true };
    filling = new WindowFilling(limits);
    filling.add(block);
  }
  if (filling.blocks.length > 0) yield { blocks: filling.blocks, isFull: false };
}

/**
 * With compact blocks that are partly full, the smallest first, as long as none is more than all before it: so a line is rewritten only into
 * twice as much, a few times at most, and what comes in small amounts ends in few blocks.
 */
export function withPartlyFull(
  blocks: readonly PushedBlockRow[],
  partlyFull: readonly PushedBlockRow[],
  limits: RegroupLimits,
): PushedBlockRow[] {
  const filling = new WindowFilling(limits);
  for (const block of blocks) filling.add(block);
  for (const block of partlyFull) if (block.textBytes > filling.textBytes || !filling.add(block)) break;
  return filling.blocks;
}

/** Retention drops whole blocks, so what is far apart in age stays apart. */
class WindowFilling {
  readonly #limits: RegroupLimits;
  readonly blocks: PushedBlockRow[] = [];
  textBytes = 0;
  #runs = 0;
  #earliestMs = Number.POSITIVE_INFINITY;
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(limits: RegroupLimits) {
    this.#limits = limits;
  }

  /** False where it does not belong to the others. */
  add(block: PushedBlockRow): boolean {
    const { textBytesMax, blocksMax, runsMax } = this.#limits;
    const earliestMs = Math.min(this.#earliestMs, block.receivedMinMs);
    const latestMs = Math.max(this.#latestMs, block.receivedMs);
    const fits =
      this.textBytes + block.textBytes <= textBytesMax &&
      this.#runs + block.runCount <= runsMax &&
      this.blocks.length < blocksMax &&
      latestMs - earliestMs <= spanMsMax;
    if (!fits && this.blocks.length > 0) return false;
    this.blocks.push(block);
    this.textBytes += block.textBytes;
    this.#runs += block.runCount;
    [this.#earliestMs, this.#latestMs] = [earliestMs, latestMs];
    return true;
  }
}
