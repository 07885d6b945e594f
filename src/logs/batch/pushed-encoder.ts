import { endianness } from 'node:os';
import { release } from '../../base/release.ts';
import { column, compressed, grown, writeVarint, writeZigzag } from './column-writer.ts';
import {
  COLUMN_LENGTHS,
  COLUMN_METADATA,
  COLUMN_RUNS,
  COLUMN_SETS,
  COLUMN_TIMES,
  DELTA_NANOS_MAX,
  TIME_JUMP,
} from './columns.ts';
import { encodeEnvelope, frameKinds, type TextForm } from './envelope.ts';
import type { LabelRecord } from './labels.ts';
import { metadataNamesOf, type PushedHeader, type PushedLines, type PushedRun } from './pushed-frame.ts';

const SECOND_NANOS = 1_000_000_000n;
const WORD = 2 ** 32;
const [lowWord, highWord] = endianness() === 'LE' ? [0, 1] : [1, 0];
/** A count of lines, bytes or sets. */
const VARINT_BYTES_MAX = 5;
/** One time in the column, at most. */
const TIME_BYTES_MAX = 24;

/** What `decodePushedLines` gives, with the text as it is stored, and whether one of its lines has a newline within. */
interface EncodableLines extends Omit<PushedLines, 'text'> {
  text: { form: TextForm; bytes: Buffer };
  hasNewlines: boolean;
}

/** A frame of these lines, which are those of the runs, in that order. */
export function encodePushedLines(
  runs: readonly PushedRun[],
  { text, starts, times, metadata, hasNewlines }: EncodableLines,
  compressionLevel: number,
): Buffer {
  const columns = pushedColumns(runs, {
    times: timesColumn(times),
    sets: metadata.sets.slice(1),
    setRuns: runsOf(metadata.of),
    lengths: hasNewlines ? Array.from(starts.subarray(1), (end, i) => end - starts[i]! - 1) : undefined,
  });
  const header: PushedHeader = {
    ...{ runCount: runs.length, lineCount: times.length },
    ...{ textBytes: starts.at(-1)!, columnsBytes: columns.length },
    ...namesIn(metadata.sets),
  };
  return encodeEnvelope(frameKinds.pushed, header, compressed(columns, compressionLevel), text.bytes, text.form);
}

function namesIn(sets: Iterable<LabelRecord>): Pick<PushedHeader, 'metadataNames'> {
  const metadataNames = metadataNamesOf(sets);
  return metadataNames ? { metadataNames } : {};
}

/** The columns of a frame, before compression. */
export function pushedColumns(
  runs: readonly PushedRun[],
  lines: {
    times: Buffer;
    /** Without the empty one. */
    sets: readonly LabelRecord[];
    /** Set and count, in turn. */
    setRuns: readonly number[];
    lengths: readonly number[] | undefined;
  },
): Buffer {
  const described = runs.map(({ labels, lineCount, textBytes, timeMin, timeMax }) => {
    return { labels, lines: lineCount, text: textBytes, min: timeMin.toString(), max: timeMax.toString() };
  });
  const runsColumn = Buffer.from(JSON.stringify(described));
  const parts = [
    column(COLUMN_TIMES, [lines.times]),
    column(COLUMN_RUNS, [runsColumn]),
    column(COLUMN_METADATA, [Buffer.from(JSON.stringify(lines.sets))]),
    column(COLUMN_SETS, [varints(lines.setRuns)]),
  ];
  if (lines.lengths) parts.push(column(COLUMN_LENGTHS, [varints(lines.lengths)]));
  const bytes = Buffer.concat(parts.flat());
  release(runsColumn);
  return bytes;
}

/** Read as two words each: a bigint for every line would take several times longer. */
function timesColumn(times: BigInt64Array): Buffer {
  const words = new Int32Array(times.buffer, times.byteOffset, 2 * times.length);
  let bytes: Buffer = Buffer.allocUnsafe(8 * times.length + TIME_BYTES_MAX);
  let at = 0;
  let [high, low] = [0, 0];
  for (let line = 0; line < times.length; line++) {
    if (at + TIME_BYTES_MAX > bytes.length) bytes = grown(bytes, bytes.length * 2);
    const nextHigh = words[2 * line + highWord]!;
    const nextLow = words[2 * line + lowWord]! >>> 0;
    const delta = (nextHigh - high) * WORD + (nextLow - low);
    if (Math.abs(delta) < DELTA_NANOS_MAX) at = writeZigzag(bytes, at, delta);
    else {
      const nanos = ((times[line]! % SECOND_NANOS) + SECOND_NANOS) % SECOND_NANOS;
      at = writeZigzag(bytes, at, TIME_JUMP / 2);
      at = writeZigzag(bytes, at, Number((times[line]! - nanos) / SECOND_NANOS));
      at = writeVarint(bytes, at, Number(nanos));
    }
    high = nextHigh;
    low = nextLow;
  }
  return bytes.subarray(0, at);
}

function runsOf(of: Uint32Array): number[] {
  const runs: number[] = [];
  for (let from = 0; from < of.length; ) {
    let to = from + 1;
    while (to < of.length && of[to] === of[from]) to++;
    runs.push(of[from]!, to - from);
    from = to;
  }
  return runs;
}

function varints(numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(VARINT_BYTES_MAX * numbers.length);
  let at = 0;
  for (const number of numbers) at = writeVarint(bytes, at, number);
  return bytes.subarray(0, at);
}
