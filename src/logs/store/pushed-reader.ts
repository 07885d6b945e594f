import { Fault, messageOf } from '../../base/fault.ts';
import { decodePushedFrame, type PushedLines } from '../batch/batch.ts';
import { isDamage } from './block-reader.ts';
import type { Catalogue } from './catalogue.ts';
import { pushedLinesOf } from './frame-lines.ts';
import type { Packs } from './packs.ts';
import { frameBytesOf } from './payloads.ts';
import type { PushedBlockRow, PushedRunRow } from './pushed-rows.ts';
import type { PushedBlock } from './store.ts';

/** Text of decoded blocks that is kept for whoever reads them next: many streams lie in one block. */
export const decodedPushedBytesMax = 32 * 1024 * 1024;

/** `moved`: the block has become part of another meanwhile, or is gone. `damaged`: it is lost, and counted. */
export type LoadedPushed = PushedLines | 'moved' | 'damaged';

/** Reads blocks of pushed lines. Invariant: the decoded blocks that are kept hold at most `decodedPushedBytesMax` of text, or are one. */
export class PushedReader {
  readonly #packs: Packs;
  readonly #catalogue: Catalogue;
  readonly #onDamaged: (block: PushedBlockRow, why: string) => Promise<void>;
  readonly #kept = new Map<string, { lines: Promise<PushedLines>; bytes: number }>();
  #keptBytes = 0;

  /** `onDamaged` gives the block up. */
  constructor(packs: Packs, catalogue: Catalogue, onDamaged: (block: PushedBlockRow, why: string) => Promise<void>) {
    this.#packs = packs;
    this.#catalogue = catalogue;
    this.#onDamaged = onDamaged;
  }

  /** Throws what the file system throws: a block that cannot be read just now is not lost. */
  async load(block: PushedBlockRow): Promise<LoadedPushed> {
    try {
      // Read again before it is given up: the fault may have been in memory.
      return await this.#decoded(block).catch((error) => {
        if (isDamage(error)) return this.#decoded(block);
        throw error;
      });
    } catch (error) {
      const now = this.#catalogue.pushed.block(block.sequence);
      if (!now || now.location.pack !== block.location.pack || now.location.offset !== block.location.offset)
        return 'moved';
      if (!isDamage(error)) throw error;
      await this.#onDamaged(block, messageOf(error));
      return 'damaged';
    }
  }

  #decoded(block: PushedBlockRow): Promise<PushedLines> {
    const key = `${block.location.pack}/${block.location.offset}`;
    const kept = this.#kept.get(key);
    const lines = kept?.lines ?? this.#read(block);
    if (!kept) lines.catch(() => this.#drop(key));
    this.#drop(key);
    this.#kept.set(key, { lines, bytes: block.textBytes });
    this.#keptBytes += block.textBytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= decodedPushedBytesMax || oldest === key) break;
      this.#drop(oldest);
    }
    return lines;
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    this.#keptBytes -= kept.bytes;
  }

  async #read(block: PushedBlockRow): Promise<PushedLines> {
    const record = await this.#packs.read(block.location);
    const frame = decodePushedFrame(frameBytesOf(record));
    const { runs, lines } = pushedLinesOf(frame);
    if (runs.length !== block.runCount) throw new Fault('corrupt', 'a block is not the one in the catalogue');
    return lines;
  }
}

/** The lines of the run's parts [first, last). */
export function slicePushed(
  stream: string,
  run: PushedRunRow,
  lines: PushedLines,
  { first, last }: { first: number; last: number },
): PushedBlock {
  const before = countOf(run, 0, first);
  const lineFrom = run.lineFrom + before;
  const lineTo = lineFrom + countOf(run, first, last);
  const textFrom = lines.starts[lineFrom]!;
  const times = lines.times.subarray(lineFrom, lineTo);
  const whole = first === 0 && last === run.parts.length;
  const starts = lines.starts.slice(lineFrom, lineTo + 1);
  if (textFrom > 0) for (let i = 0; i < starts.length; i++) starts[i]! -= textFrom;
  return {
    stream,
    sequence: run.parts.slice(first, last).reduce((max, part) => Math.max(max, part.sequence), 0),
    ...(whole ? { timeMin: run.timeMin, timeMax: run.timeMax } : extremes(times)),
    text: lines.text.subarray(textFrom, lines.starts[lineTo]!),
    starts,
    times,
    metadata: { sets: lines.metadata.sets, of: lines.metadata.of.subarray(lineFrom, lineTo) },
  };
}

function countOf({ parts }: PushedRunRow, first: number, last: number): number {
  let count = 0;
  for (let i = first; i < last; i++) count += parts[i]!.lineCount;
  return count;
}

function extremes(times: BigInt64Array): { timeMin: bigint; timeMax: bigint } {
  let timeMin = times[0]!;
  let timeMax = times[0]!;
  for (const time of times) {
    if (time < timeMin) timeMin = time;
    if (time > timeMax) timeMax = time;
  }
  return { timeMin, timeMax };
}
