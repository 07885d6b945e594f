import { Fault, messageOf } from '../../base/fault.ts';
import type { DecodedLines, InstanceId } from '../batch/batch.ts';
import type { BlockRow, Part } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import { linesOf } from './frame-lines.ts';
import type { Packs } from './packs.ts';
import { batchOf, frameBytesOf } from './payloads.ts';
import type { LineBlock } from './store.ts';

/** Text of decoded blocks that is kept for whoever reads them next: followers read the same ones, or one in pieces. */
export const decodedBytesMax = 32 * 1024 * 1024;

/** `moved`: the block has become part of another meanwhile, ask the catalogue again. `damaged`: it is lost, and counted. */
export type Loaded = DecodedLines | 'moved' | 'damaged';

/** Reads blocks. Invariant: the decoded blocks that are kept hold at most `decodedBytesMax` of text. */
export class BlockReader {
  readonly #packs: Packs;
  readonly #catalogue: Catalogue;
  readonly #onDamaged: (block: BlockRow, why: string) => Promise<void>;
  readonly #kept = new Map<string, Promise<DecodedLines>>();
  readonly #keptBytes = new Map<string, number>();
  #totalBytes = 0;

  /** `onDamaged` gives the block up. */
  constructor(packs: Packs, catalogue: Catalogue, onDamaged: (block: BlockRow, why: string) => Promise<void>) {
    this.#packs = packs;
    this.#catalogue = catalogue;
    this.#onDamaged = onDamaged;
  }

  /** Throws what the file system throws: a block that cannot be read just now is not lost. */
  async load(block: BlockRow): Promise<Loaded> {
    try {
      // Read again before it is given up: the fault may have been in memory.
      return await this.#decoded(block).catch((error) => {
        if (isDamage(error)) return this.#decoded(block);
        throw error;
      });
    } catch (error) {
      const now = this.#catalogue.blocks.get(block.sequence);
      if (!now || now.location.pack !== block.location.pack || now.location.offset !== block.location.offset) {
        return 'moved';
      }
      if (!isDamage(error)) throw error;
      await this.#onDamaged(block, messageOf(error));
      return 'damaged';
    }
  }

  #decoded(block: BlockRow): Promise<DecodedLines> {
    const key = `${block.location.pack}/${block.location.offset}`;
    let lines = this.#kept.get(key);
    if (lines) this.#kept.delete(key);
    else {
      lines = this.#read(block);
      lines.catch(() => this.#drop(key));
      this.#keptBytes.set(key, block.textBytes);
      this.#totalBytes += block.textBytes;
    }
    this.#kept.set(key, lines);
    for (const oldest of this.#kept.keys()) {
      if (this.#totalBytes <= decodedBytesMax || oldest === key) break;
      this.#drop(oldest);
    }
    return lines;
  }

  #drop(key: string): void {
    if (!this.#kept.delete(key)) return;
    this.#totalBytes -= this.#keptBytes.get(key)!;
    this.#keptBytes.delete(key);
  }

  async #read(block: BlockRow): Promise<DecodedLines> {
    const record = await this.#packs.read(block.location);
    const frame = batchOf(frameBytesOf(record));
    const lines = linesOf(frame);
    if (frame.header.lineCount !== block.lineCount)
      throw new Fault('corrupt', 'a block is not the one in the catalogue');
    return lines;
  }
}

export function isDamage(error: unknown): boolean {
  return error instanceof Fault && error.code === 'corrupt';
}

/** Runs of neighbouring parts that `wanted` accepts: [first, last). */
export function runsOf(parts: readonly Part[], wanted: (part: Part) => boolean): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const [i, part] of parts.entries()) {
    if (!wanted(part)) continue;
    const run = runs.at(-1);
    if (run?.last === i) run.last++;
    else runs.push({ first: i, last: i + 1 });
  }
  return runs;
}

/** The lines of the block's parts [first, last). */
export function sliceBlock(
  instance: InstanceId,
  block: BlockRow,
  lines: DecodedLines,
  run: { first: number; last: number },
): LineBlock {
  const lineFrom = linesBefore(block.parts, run.first);
  const lineTo = lineFrom + linesBefore(block.parts.slice(run.first, run.last), run.last - run.first);
  const whole = run.first === 0 && run.last === block.parts.length;
  const textFrom = lines.starts[lineFrom]!;
  const times = lines.times.subarray(lineFrom, lineTo);
  let timeMin = times[0]!;
  let timeMax = times[0]!;
  for (const time of times) {
    if (time < timeMin) timeMin = time;
    if (time > timeMax) timeMax = time;
  }
  return {
    instance,
    sequence: block.parts.slice(run.first, run.last).reduce((max, part) => Math.max(max, part.sequence), 0),
    timeMin,
    timeMax,
    text: lines.text.subarray(textFrom, lines.starts[lineTo]!),
    starts: whole ? lines.starts : lines.starts.slice(lineFrom, lineTo + 1).map((start) => start - textFrom),
    times,
    flags: lines.flags.subarray(lineFrom, lineTo),
  };
}

export function linesBefore(parts: readonly Part[], end: number): number {
  let count = 0;
  for (let i = 0; i < end; i++) count += parts[i]!.lineCount;
  return count;
}
