import type { Nanos } from '../../../base/nanotime.ts';
import { LINE_STDERR } from '../../batch/batch.ts';
import type { LineBlock, PushedBlock } from '../../store/store.ts';
import type { Output } from '../source/stream-labels.ts';

/** Lines that are not to be shown: from `startNs` to `endNs`, both inclusive; of an instance, those of these outputs. */
export interface Cut {
  startNs: Nanos;
  endNs: Nanos;
  outputs: readonly Output[];
}

/** What of a block stays; undefined: nothing. */
export function cutLines(block: LineBlock, cuts: readonly Cut[]): LineBlock | undefined {
  const masks = cuts.map(({ startNs, endNs, outputs }) => {
    return { startNs, endNs, out: outputs.includes('stdout'), err: outputs.includes('stderr') };
  });
  const kept = keptLines(block.times, (time, line) => {
    const isError = (block.flags[line]! & LINE_STDERR) !== 0;
    return !masks.some(({ startNs, endNs, out, err }) => (isError ? err : out) && time >= startNs && time <= endNs);
  });
  if (kept === undefined) return block;
  if (kept.length === 0) return undefined;
  return { ...block, ...linesAt(block, kept), flags: Uint8Array.from(kept, (line) => block.flags[line]!) };
}

export function cutPushed(block: PushedBlock, cuts: readonly Cut[]): PushedBlock | undefined {
  const kept = keptLines(block.times, (time) => !cuts.some(({ startNs, endNs }) => time >= startNs && time <= endNs));
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
