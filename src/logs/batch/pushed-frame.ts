import { Fault } from '../../base/fault.ts';
import type { Nanos } from '../../base/nanotime.ts';
import { release } from '../../base/release.ts';
import { columnsOf, corruptColumns, decompressed, required, VarintReader } from './column-reader.ts';
import { COLUMN_LENGTHS, COLUMN_METADATA, COLUMN_RUNS, COLUMN_SETS, COLUMN_TIMES } from './columns.ts';
import { corruptFrame, decodeEnvelope, frameKinds, isCount, isObject, type TextForm } from './envelope.ts';
import { textBytesMaxOf } from './frame.ts';
import type { LabelRecord } from './labels.ts';
import { requirePlain, startsFromLengths, startsFromNewlines } from './lines.ts';
import { timesFrom } from './times-column.ts';

/** Of a header that lists them. */
const metadataNamesMax = 64;

/** Lines that were pushed, of one or more streams: what one push, or several merged ones, brought. */
export interface PushedFrame {
  header: PushedHeader;
  form: TextForm;
  /** As stored. */
  columns: Buffer;
  text: Buffer;
  /** The whole frame. */
  bytes: Buffer;
}

export interface PushedHeader {
  runCount: number;
  lineCount: number;
  /** Uncompressed sizes. */
  textBytes: number;
  columnsBytes: number;
  /** Names that occur in structured metadata, so that who asks for none of them need not read columns. Missing: not known. */
  metadataNames?: readonly string[];
}

/** The lines of one stream: they lie together, in the order of the runs. */
export interface PushedRun {
  labels: LabelRecord;
  /** What `pushedStreamId` gives, where it was at hand; it is not stored. */
  stream?: string | undefined;
  lineCount: number;
  /** Newlines included. */
  textBytes: number;
  timeMin: Nanos;
  timeMax: Nanos;
}

/** Line `i` is `text[starts[i], starts[i + 1] - 1)`; its structured metadata is `sets[of[i]]`. */
export interface PushedLines {
  text: Buffer;
  starts: Uint32Array;
  times: BigInt64Array;
  metadata: { sets: readonly LabelRecord[]; of: Uint32Array };
}

/** Throws Fault `corrupt` or `newer-format`. */
export function decodePushedFrame(buffer: Buffer): PushedFrame {
  const { kind, form, header, columns, text, bytes } = decodeEnvelope(buffer, 0);
  if (kind !== frameKinds.pushed) throw corruptFrame(0, `its kind is ${kind}, not that of pushed lines`);
  return { header: checkedPushedHeader(header, form), form, columns, text, bytes };
}

/** What is in a frame, without its lines. Throws Fault `corrupt`. */
export function decodePushedRuns(frame: PushedFrame): PushedRun[] {
  return runsFrom(columnsOf(decompressed(frame.columns, frame.header.columnsBytes, 'columns')), frame.header);
}

/** The text alone, where it is plain. Throws Fault `corrupt`. */
export function decodePushedText({ header, form, text }: PushedFrame): Buffer {
  requirePlain(form);
  return decompressed(text, header.textBytes, 'text');
}

/** What is beside the text. */
export interface DecodedPushedColumns {
  times(): BigInt64Array;
  runs(): PushedRun[];
  metadata(): PushedLines['metadata'];
  /** Whether a line may have a newline within: then the text alone does not say where lines end. */
  hasNewlines: boolean;
  startsIn(text: Buffer): Uint32Array;
  /** Gives the memory back. Nothing may be asked any more. */
  release(): void;
}

/** Throws Fault `corrupt`. */
export function decodePushedColumns({
  header,
  columns,
}: Pick<PushedFrame, 'header' | 'columns'>): DecodedPushedColumns {
  const { lineCount } = header;
  const plain = decompressed(columns, header.columnsBytes, 'columns');
  const found = columnsOf(plain);
  const lengths = found.get(COLUMN_LENGTHS);
  let metadata: PushedLines['metadata'] | undefined;
  return {
    runs: () => runsFrom(found, header),
    hasNewlines: lengths !== undefined,
    startsIn: (text) =>
      lengths ? startsFromLengths(lengths, lineCount, text.length) : startsFromNewlines(text, lineCount),
    times: () => timesFrom(required(found, COLUMN_TIMES), lineCount, 0n),
    metadata: () => (metadata ??= metadataFrom(found, lineCount)),
    release() {
      release(plain);
      if (metadata) release(metadata.of);
    },
  };
}

function metadataFrom(columns: Map<number, Buffer>, lineCount: number): PushedLines['metadata'] {
  const sets = [{}, ...(jsonOf(required(columns, COLUMN_METADATA)) as LabelRecord[])];
  return { sets, of: setsFrom(required(columns, COLUMN_SETS), lineCount, sets.length) };
}

/** Undefined where there are too many. */
export function metadataNamesOf(sets: Iterable<LabelRecord>): string[] | undefined {
  const names = new Set<string>();
  for (const set of sets) {
    for (const name of Object.keys(set)) names.add(name);
    if (names.size > metadataNamesMax) return undefined;
  }
  return [...names].sort();
}

/** Throws Fault `corrupt` where the parts do not agree with the header. */
export function decodePushedLines(
  frame: PushedFrame,
  text: Buffer = decodePushedText(frame),
): { runs: PushedRun[]; lines: PushedLines } {
  const { runs, startsIn, times, metadata } = decodePushedColumns(frame);
  return { runs: runs(), lines: { text, starts: startsIn(text), times: times(), metadata: metadata() } };
}

function runsFrom(columns: Map<number, Buffer>, header: PushedHeader): PushedRun[] {
  const stored = jsonOf(required(columns, COLUMN_RUNS));
  if (!Array.isArray(stored) || stored.length !== header.runCount) throw corruptColumns('the runs are not a list');
  const runs = stored.map(({ labels, lines, text, min, max }): PushedRun => {
    return { labels, lineCount: lines, textBytes: text, timeMin: BigInt(min), timeMax: BigInt(max) };
  });
  const lineCount = runs.reduce((sum, run) => sum + run.lineCount, 0);
  if (lineCount !== header.lineCount) throw corruptColumns('the runs do not have as many lines as the frame');
  return runs;
}

function setsFrom(column: Buffer, lineCount: number, setCount: number): Uint32Array {
  const reader = new VarintReader(column);
  const of = new Uint32Array(lineCount);
  for (let at = 0; at < lineCount; ) {
    const set = reader.next();
    const run = reader.next();
    if (run === 0 || at + run > lineCount || set >= setCount)
      throw corruptColumns('the metadata does not fit the lines');
    if (set !== 0) of.fill(set, at, at + run);
    at += run;
  }
  return of;
}

function jsonOf(column: Buffer): unknown {
  try {
    return JSON.parse(column.toString());
  } catch (cause) {
    throw new Fault('corrupt', 'a column is not JSON', { cause });
  }
}

export function checkedPushedHeader(value: unknown, form: TextForm): PushedHeader {
  const header = value as PushedHeader;
  const sound =
    isObject(value) &&
    [header.runCount, header.lineCount, header.textBytes, header.columnsBytes].every(isCount) &&
    header.textBytes <= textBytesMaxOf(form) &&
    header.columnsBytes <= 4 * textBytesMaxOf(form) &&
    (header.metadataNames === undefined || areNames(header.metadataNames));
  if (!sound) throw corruptFrame(0, 'a field of its header is missing or of the wrong type');
  return header;
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
