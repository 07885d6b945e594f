import type { Nanos } from '../../../base/nanotime.ts';
import { LINE_STDERR } from '../../batch/batch.ts';
import type { LabelRecord, LineMatcher } from '../../query/query.ts';
import type { LineBlock, PushedBlock } from '../../store/store.ts';
import type { SelectedInstance } from '../source/selected-streams.ts';
import { instanceBlocks, pushedBlock } from '../source/source-blocks.ts';
import type { Output } from '../source/stream-labels.ts';

/**
 * Lines that are not to be shown: from `startNs` to `endNs`, both inclusive; of an instance, those of these outputs; with a filter, those
 * that it matches.
 */
export interface Cut {
  startNs: Nanos;
  endNs: Nanos;
  outputs: readonly Output[];
  filter?: LineMatcher;
}

/** The streams of an instance, whose labels a filter may ask for. */
export type OutputLabels = SelectedInstance['streams'];

/** What of a block stays; undefined: nothing. */
export function cutLines(block: LineBlock, cuts: readonly Cut[], labelsOf: () => OutputLabels): LineBlock | undefined {
  const masks = cuts.map(({ startNs, endNs, outputs, filter }) => {
    const marks = filter && matched(block, filter, labelsOf());
    return { startNs, endNs, marks, out: outputs.includes('stdout'), err: outputs.includes('stderr') };
  });
  const kept = keptLines(block.times, (time, line) => {
    const isError = (block.flags[line]! & LINE_STDERR) !== 0;
    return !masks.some(({ startNs, endNs, marks, out, err }) => {
      return (isError ? err : out) && time >= startNs && time <= endNs && marks?.[line] !== 0;
    });
  });
  if (kept === undefined) return block;
  if (kept.length === 0) return undefined;
  return { ...block, ...linesAt(block, kept), flags: Uint8Array.from(kept, (line) => block.flags[line]!) };
}

/** The lines that a filter matches, of whichever output. */
function matched(block: LineBlock, filter: LineMatcher, streams: OutputLabels): Uint8Array {
  const marks = new Uint8Array(block.times.length);
  for (const one of instanceBlocks(block, streams)) {
    const found = filter(one);
    for (let line = 0; line < marks.length; line++) marks[line]! |= found[line]!;
  }
  return marks;
}

export function cutPushed(
  block: PushedBlock,
  cuts: readonly Cut[],
  labelsOf: () => LabelRecord,
): PushedBlock | undefined {
  const masks = cuts.map(({ startNs, endNs, filter }) => {
    return { startNs, endNs, marks: filter?.(pushedBlock(block, labelsOf())) };
  });
  const kept = keptLines(block.times, (time, line) => {
    return !masks.some(({ startNs, endNs, marks }) => time >= startNs && time <= endNs && marks?.[line] !== 0);
  });
  if (kept === undefined) return block;
  if (kept.length === 0) return undefined;
  const { sets, of } = block.metadata;
  return { ...block, ...linesAt(block, kept), metadata: { sets, of: kept.map((line) => of[line]!) } };
}

/** Undefined: all of them. */
function keptLines(times: BigInt64Array, keeps: (time: Nanos, line: number) => boolean): Uint32Array | undefined {
  const kept: number[] = [];
  for (let line = 0; line < times.length; line++) if (keeps(times[line]!, line)) kept.push(line);
  return kept.length === times.length ? undefined : Uint32Array.from(kept);
}

function linesAt(
  { text, starts, times }: Pick<LineBlock, 'text' | 'starts' | 'times'>,
  lines: Uint32Array,
): Pick<LineBlock, 'text' | 'starts' | 'times'> {
  const newStarts = new Uint32Array(lines.length + 1);
  const pieces: Buffer[] = [];
  for (let at = 0; at < lines.length; at++) {
    const piece = text.subarray(starts[lines[at]!], starts[lines[at]! + 1]);
    pieces.push(piece);
    newStarts[at + 1] = newStarts[at]! + piece.length;
  }
  const newTimes = BigInt64Array.from(lines as unknown as ArrayLike<bigint>, () => 0n);
  for (let at = 0; at < lines.length; at++) newTimes[at] = times[lines[at]!]!;
  return { text: Buffer.concat(pieces), starts: newStarts, times: newTimes };
}
