import { constants as zlibConstants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { release } from '../../../base/release.ts';
import {
  decodePushedColumns,
  decodePushedFrame,
  type LabelRecord,
  type PushedFrame,
  type PushedLines,
  type PushedRun,
} from '../../batch/batch.ts';
import { pushedTextOf } from '../frame-lines.ts';

/** Text that is held as it is; what comes beyond it is compressed. */
const rawBytesMax = 8 * 1024 * 1024;
/** As fast as zstd compresses: what is held for some seconds. */
const HELD_COMPRESSION_LEVEL = -5;

/** Runs of blocks that go to one new block. Positions in it are those of the plan. */
export interface PlannedTarget {
  /** Row of the stream of each run; runs of one stream lie together. */
  streams: Int32Array;
}

/** The lines of one run, held for the block that they go to. */
export interface HeldRun extends Pick<PushedRun, 'lineCount' | 'textBytes' | 'timeMin' | 'timeMax'> {
  times: BigInt64Array;
  metadata: PushedLines['metadata'];
  /** As in the frame that they came from; undefined where none of its lines has a newline within. */
  starts: Uint32Array | undefined;
}

/** Text of several runs that go to the same block. */
interface Piece {
  bytes: Buffer;
  textBytes: number;
  isCompressed: boolean;
}

interface Placed extends HeldRun {
  piece: Piece;
  textAt: number;
}

/** Position of a run that goes nowhere. */
export const NOWHERE = -1;

/**
 * Lines of many blocks, by the new block that they go to. Invariant: a run that was taken is in `#runs` of its target, and its text in one of
 * the target's pieces; text beyond `rawBytesMax` is held compressed.
 */
export class LinePieces {
  readonly #runs: (Placed | undefined)[][];
  readonly #labels: Map<number, LabelRecord>[];
  readonly #targets: readonly PlannedTarget[];
  #rawBytes = 0;

  constructor(targets: readonly PlannedTarget[]) {
    this.#targets = targets;
    this.#runs = targets.map(({ streams }) => Array.from({ length: streams.length }, () => undefined));
    this.#labels = targets.map(() => new Map());
  }

  /**
   * Takes runs of blocks. `places` says of each run of each frame where it goes: target and position there, in turn. Throws Fault
   * `corrupt`, with `block` as the number of the frame.
   */
  take(frames: readonly Buffer[], places: readonly Int32Array[]): void {
    const loose = new Map<number, { run: Placed; text: Buffer }[]>();
    const decoded: Buffer[] = [];
    for (const [i, bytes] of frames.entries()) {
      try {
        const frame = decodePushedFrame(bytes);
        const text = pushedTextOf(frame);
        decoded.push(text);
        for (const taken of this.#runsOf(frame, text, places[i]!)) {
          const others = loose.get(taken.target);
          if (others) others.push(taken);
          else loose.set(taken.target, [taken]);
        }
      } catch (error) {
        throw new UnreadableFrame(i, error);
      }
    }
    for (const taken of loose.values()) this.#hold(taken);
    for (const text of decoded) release(text);
  }

  #runsOf(frame: PushedFrame, text: Buffer, places: Int32Array): { target: number; run: Placed; text: Buffer }[] {
    const { runs, hasNewlines, startsIn, times, metadata } = decodePushedColumns(frame);
    const { sets, of } = metadata();
    const starts = hasNewlines ? startsIn(text) : undefined;
    const allTimes = times();
    const found: { target: number; run: Placed; text: Buffer }[] = [];
    let [lineFrom, textFrom] = [0, 0];
    for (const [position, { labels, lineCount, textBytes, timeMin, timeMax }] of runs().entries()) {
      const [lineTo, textTo] = [lineFrom + lineCount, textFrom + textBytes];
      const target = places[2 * position]!;
      if (target !== NOWHERE) {
        const at = places[2 * position + 1]!;
        const run: Placed = {
          ...{ lineCount, textBytes, timeMin, timeMax },
          times: allTimes.subarray(lineFrom, lineTo),
          metadata: { sets, of: of.subarray(lineFrom, lineTo) },
          starts: starts?.subarray(lineFrom, lineTo + 1),
          ...{ piece: unplaced, textAt: 0 },
        };
        this.#runs[target]![at] = run;
        const stream = this.#targets[target]!.streams[at]!;
        if (!this.#labels[target]!.has(stream)) this.#labels[target]!.set(stream, labels);
        found.push({ target, run, text: text.subarray(textFrom, textTo) });
      }
      [lineFrom, textFrom] = [lineTo, textTo];
    }
    return found;
  }

  /** Makes a piece of texts that go to one target: they are views of what was decoded, which is let go. */
  #hold(taken: readonly { run: Placed; text: Buffer }[]): void {
    const text = Buffer.concat(taken.map((each) => each.text));
    const piece: Piece = { bytes: text, textBytes: text.length, isCompressed: false };
    if (this.#rawBytes + text.length <= rawBytesMax) this.#rawBytes += text.length;
    else {
      Object.assign(piece, { bytes: squeezed(text), isCompressed: true });
      release(text);
    }
    let textAt = 0;
    for (const { run } of taken) {
      run.piece = piece;
      run.textAt = textAt;
      textAt += run.textBytes;
    }
  }

  /** What goes to a target, in the order of the plan. It is not held any longer; the text belongs to the caller. */
  release(target: number): { runs: HeldRun[]; text: Buffer; labelsOf: (position: number) => LabelRecord } {
    const runs = this.#runs[target]!.map((run) => run!);
    const labels = this.#labels[target]!;
    const { streams } = this.#targets[target]!;
    this.#runs[target] = [];
    this.#labels[target] = new Map();
    const text = Buffer.allocUnsafe(runs.reduce((sum, { textBytes }) => sum + textBytes, 0));
    const open = new Map<Piece, Buffer>();
    let at = 0;
    for (const { piece, textAt, textBytes } of runs) {
      let whole = open.get(piece);
      if (!whole) open.set(piece, (whole = this.#opened(piece)));
      at += whole.copy(text, at, textAt, textAt + textBytes);
    }
    for (const whole of open.values()) release(whole);
    return { runs, text, labelsOf: (position) => labels.get(streams[position]!)! };
  }

  #opened({ bytes, textBytes, isCompressed }: Piece): Buffer {
    if (isCompressed) return zstdDecompressSync(bytes, { chunkSize: textBytes + 1, maxOutputLength: textBytes + 1 });
    this.#rawBytes -= textBytes;
    return bytes;
  }
}

/** A frame that cannot be read: its number among those of the call. */
export class UnreadableFrame extends Error {
  readonly frame: number;

  constructor(frame: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.frame = frame;
  }
}

const unplaced: Piece = { bytes: Buffer.alloc(0), textBytes: 0, isCompressed: false };

/** A copy of its own: what zstd gives lies in a buffer as large as the text. */
function squeezed(text: Buffer): Buffer {
  const bytes = zstdCompressSync(text, {
    chunkSize: text.length + (text.length >> 8) + 1024,
    pledgedSrcSize: text.length,
    params: { [zlibConstants.ZSTD_c_compressionLevel]: HELD_COMPRESSION_LEVEL },
  });
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  release(bytes);
  return own;
}
