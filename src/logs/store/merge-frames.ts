import { BatchBuilder, type BatchFrame, type BatchHeader, limits } from '../batch/batch.ts';
import { linesOf } from './frame-lines.ts';
import { StoredText } from './stored-text.ts';

const NEWLINE = 0x0a;
const COMPRESSION_LEVEL = 3;

export interface MergedFrame {
  frame: Buffer;
  count: number;
  compact: boolean;
}

/**
 * Makes one frame of several of one segment, in their order, and says how many it took: it stops before a jump in time
 * that one frame cannot hold, and takes none where they do not fit into one. The frame covers nothing: coverage is the catalogue's from
 * here on. With `compactShareMax` their text becomes compact where it then takes at most this share of what it took.
 */
export function mergeFrames(frames: readonly BatchFrame[], compactShareMax = 0): MergedFrame {
  const first = frames[0]!.header;
  const textBytes = frames.reduce((sum, { header }) => sum + header.textBytes, 0);
  const builder = new BatchBuilder(textBytes + 1);
  const stored = new StoredText(COMPRESSION_LEVEL, compactShareMax);
  let count = 0;
  for (const frame of frames) {
    if (!addFrame(builder, stored, frame)) break;
    count++;
  }
  if (compactShareMax === 0 && builder.textBytes > limits.batchTextBytesMax)
    throw new RangeError('frames do not fit into one');
  const frame = builder.finish(first.instance, orderOf(first), [], COMPRESSION_LEVEL, stored.encode);
  return { frame, count: stored.outcome === 'oversize' ? 0 : count, compact: stored.outcome === 'compact' };
}

/** False, with nothing added, where it is too far in time from what is there. */
function addFrame(builder: BatchBuilder, stored: StoredText, frame: BatchFrame): boolean {
  const { timeMin, timeMax } = frame.header;
  if (![timeMin, timeMax].every((time) => builder.fits(split(BigInt(time)).seconds))) return false;
  const { text, starts, times, flags } = linesOf(frame);
  stored.addLines(starts);
  stored.addStored(frame);
  for (let i = 0; i < times.length; i++) {
    const from = starts[i]!;
    const to = starts[i + 1]! - 1;
    const { seconds, nanos } = split(times[i]!);
    const newline = text.indexOf(NEWLINE, from);
    builder.append(text, from, to);
    builder.endLine(seconds, nanos, flags[i]!, newline >= 0 && newline < to);
  }
  return true;
}

function split(time: bigint): { seconds: number; nanos: number } {
  const nanos = Number(((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  return { seconds: Number((time - BigInt(nanos)) / 1_000_000_000n), nanos };
}

function orderOf({ order }: BatchHeader): BatchHeader['order'] {
  return { segment: order.segment, offset: order.offset };
}
