import { Fault, messageOf } from '../../base/fault.ts';
import { decodePushedFrame, type PushedFrame, type PushedLines } from '../batch/batch.ts';
import { isDamage } from './block-reader.ts';
import type { Catalogue } from './catalogue.ts';
import { type ComparableLines, comparable, comparableCompact } from './comparable-lines.ts';
import { pushedLinesOf } from './frame-lines.ts';
import type { Packs } from './packs.ts';
import { frameBytesOf } from './payloads.ts';
import type { PushedBlockRow, PushedRunRow } from './pushed-rows.ts';
import type { PushedBlock } from './store.ts';

/** Text of decoded blocks that is kept for whoever reads them next: many streams lie in one block. */
export const decodedPushedBytesMax = 32 * 1024 * 1024;

/** Compact blocks that are kept open for comparing: as stored, and their times. */
const openMax = 4;

/** `moved`: the block has become part of another meanwhile, or is gone. `damaged`: it is lost, and counted. */
export type LoadedPushed = PushedLines | 'moved' | 'damaged';

/** Reads blocks of pushed lines. Invariant: the decoded blocks that are kept hold at most `decodedPushedBytesMax` of text, or are one. */
export class PushedReader {
  readonly #packs: Packs;
  readonly #catalogue: Catalogue;
  readonly #onDamaged: (block: PushedBlockRow, why: string) => Promise<void>;
  readonly #kept = new Map<string, { lines: Promise<PushedLines>; bytes: number }>();
  #keptBytes = 0;
  readonly #open = new Map<string, ComparableLines>();

  /** `onDamaged` gives the block up. */
  constructor(packs: Packs, catalogue: Catalogue, onDamaged: (block: PushedBlockRow, why: string) => Promise<void>) {
    this.#packs = packs;
    this.#catalogue = catalogue;
    this.#onDamaged = onDamaged;
  }

  /** Throws what the file system throws: a block that cannot be read just now is not lost. */
  load(block: PushedBlockRow): Promise<LoadedPushed> {
    return this.#sound(block, () => this.#decoded(block));
  }

  /** Lines to compare others with; `find` may be called twice. Of a compact block only what it asks for is put together. */
  compare<T>(block: PushedBlockRow, find: (lines: ComparableLines) => T): Promise<T | 'moved' | 'damaged'> {
    return this.#sound(block, async () => {
      const isKept = this.#kept.has(keyOf(block));
      return find(block.compact && !isKept ? await this.#opened(block) : comparable(await this.#decoded(block)));
    });
  }

  async #sound<T>(block: PushedBlockRow, read: () => Promise<T>): Promise<T | 'moved' | 'damaged'> {
    try {
      // Read again before it is given up: the fault may have been in memory.
      return await read().catch((error) => {
        if (isDamage(error)) return read();
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

  async #opened(block: PushedBlockRow): Promise<ComparableLines> {
    const key = keyOf(block);
    const lines = this.#open.get(key) ?? comparableCompact(await this.#frame(block));
    this.#open.delete(key);
    this.#open.set(key, lines);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= openMax) break;
      this.#open.delete(oldest);
    }
    return lines;
  }

  #decoded(block: PushedBlockRow): Promise<PushedLines> {
    const key = keyOf(block);
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
    return pushedLinesOf(await this.#frame(block)).lines;
  }

  async #frame(block: PushedBlockRow): Promise<PushedFrame> {
    const frame = decodePushedFrame(frameBytesOf(await this.#packs.read(block.location)));
    if (frame.header.runCount !== block.runCount) throw new Fault('corrupt', 'a block is not the one in the catalogue');
    return frame;
  }
}

function keyOf({ location }: PushedBlockRow): string {
  return `${location.pack}/${location.offset}`;
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
