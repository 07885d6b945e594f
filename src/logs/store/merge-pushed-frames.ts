import {
  type LabelRecord,
  type PushedFrame,
  PushedFrameBuilder,
  type PushedLines,
  sortedLabels,
  type TextForm,
} from '../batch/batch.ts';
import { pushedLinesOf } from './frame-lines.ts';
import type { MergedFrame } from './merge-frames.ts';
import { StoredText } from './stored-text.ts';

const COMPRESSION_LEVEL = 3;

interface Piece {
  frame: number;
  position: number;
  lineFrom: number;
  lineTo: number;
}

/**
 * Makes one frame of several, with the lines of each stream together, in the order of the frames. `keep` says of each frame which of its
 * runs are alive. `count` says how many frames it took: it stops before one that does not fit any more, and takes none where the text of
 * none can be stored. `compactShareMax` as in mergeFrames.
 */
export function mergePushedFrames(
  frames: readonly PushedFrame[],
  keep: readonly (readonly number[])[],
  compactShareMax = 0,
): MergedFrame & { from: [number, number][][] } {
  const decoded = frames.map((frame) => pushedLinesOf(frame));
  for (let count = frames.length; ; count--) {
    const streams = piecesByStream(decoded.slice(0, count), keep);
    const stored = new StoredText(COMPRESSION_LEVEL, compactShareMax);
    for (const frame of frames.slice(0, count)) stored.addStored(frame);
    const frame = built(
      decoded.map(({ lines }) => lines),
      [...streams.values()],
      stored,
      compactShareMax > 0 ? 'compact' : 'plain',
    );
    if (!frame && count > 1) continue;
    if (!frame) throw new RangeError('a frame does not fit into a frame');
    const from = [...streams.values()].map(({ pieces }) =>
      pieces.map(({ frame: number, position }): [number, number] => [number, position]),
    );
    const { outcome } = stored;
    return { frame, count: outcome === 'oversize' ? 0 : count, compact: outcome === 'compact', from };
  }
}

type Decoded = ReturnType<typeof pushedLinesOf>;
type Stream = { labels: LabelRecord; pieces: Piece[] };

function piecesByStream(decoded: readonly Decoded[], keep: readonly (readonly number[])[]): Map<string, Stream> {
  const streams = new Map<string, Stream>();
  for (const [frame, { runs }] of decoded.entries()) {
    const alive = new Set(keep[frame]);
    let lineFrom = 0;
    for (const [position, { labels, lineCount }] of runs.entries()) {
      const lineTo = lineFrom + lineCount;
      if (alive.has(position)) {
        const key = JSON.stringify(sortedLabels(labels));
        const stream = streams.get(key) ?? { labels, pieces: [] };
        streams.set(key, stream);
        stream.pieces.push({ frame, position, lineFrom, lineTo });
      }
      lineFrom = lineTo;
    }
  }
  return streams;
}

/** Undefined where it does not fit. */
function built(
  lines: readonly PushedLines[],
  streams: readonly Stream[],
  stored: StoredText,
  form: TextForm,
): Buffer | undefined {
  const builder = new PushedFrameBuilder(undefined, form);
  const interned = new Map<string, LabelRecord>();
  for (const { labels, pieces } of streams) {
    builder.beginRun(labels);
    for (const { frame, lineFrom, lineTo } of pieces) {
      const { text, starts, times, metadata } = lines[frame]!;
      stored.addLines(starts.subarray(lineFrom, lineTo + 1));
      const sets = metadata.sets.map((set, i) => (i === 0 ? undefined : internedOf(interned, set)));
      for (let i = lineFrom; i < lineTo; i++) {
        const [from, to] = [starts[i]!, starts[i + 1]! - 1];
        // A single frame that was made once fits again, whatever the estimate says.
        if (lines.length > 1 && !builder.fits(to - from)) return undefined;
        const nanos = Number(((times[i]! % SECOND) + SECOND) % SECOND);
        builder.add(text, from, to, Number((times[i]! - BigInt(nanos)) / SECOND), nanos, sets[metadata.of[i]!]);
      }
    }
  }
  return builder.finish(COMPRESSION_LEVEL, stored.encode).frame;
}

const SECOND = 1_000_000_000n;

function internedOf(interned: Map<string, LabelRecord>, set: LabelRecord): LabelRecord {
  const key = JSON.stringify(set);
  const known = interned.get(key);
  if (known) return known;
  interned.set(key, set);
  return set;
}
