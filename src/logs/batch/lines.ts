import { columnsOf, corruptColumns as corrupt, decompressed, required, VarintReader } from './column-reader.ts';
import { COLUMN_FLAGS, COLUMN_LENGTHS, COLUMN_TIMES, NEWLINE } from './columns.ts';
import type { TextForm } from './envelope.ts';
import type { BatchFrame } from './frame.ts';
import { timesFrom } from './times-column.ts';

/** Lines of a batch, taken apart. Line `i` is `text[starts[i], starts[i + 1] - 1)`: its newline is not part of it. */
export interface DecodedLines {
  text: Buffer;
  /** lineCount + 1 offsets. */
  starts: Uint32Array;
  times: BigInt64Array;
  flags: Uint8Array;
}

/** The text alone, where it is plain: to look for a needle before anything is taken apart. Throws Fault `corrupt`. */
export function decodeText(frame: BatchFrame): Buffer {
  requirePlain(frame.form);
  return decompressed(frame.text, frame.header.textBytes, 'text');
}

/** What is beside the text. */
export interface DecodedColumns {
  flags: Uint8Array;
  times(): BigInt64Array;
  startsIn(text: Buffer): Uint32Array;
}

/** Throws Fault `corrupt`. */
export function decodeColumns({ header, columns: bytes }: Pick<BatchFrame, 'header' | 'columns'>): DecodedColumns {
  const { lineCount } = header;
  const columns = columnsOf(decompressed(bytes, header.columnsBytes, 'columns'));
  const lengths = columns.get(COLUMN_LENGTHS);
  return {
    startsIn: (text) =>
      lengths ? startsFromLengths(lengths, lineCount, text.length) : startsFromNewlines(text, lineCount),
    times: () => timesFrom(required(columns, COLUMN_TIMES), lineCount, BigInt(header.timeMin)),
    flags: flagsFrom(required(columns, COLUMN_FLAGS), lineCount),
  };
}

/** Throws Fault `corrupt` where the parts do not agree with the header. */
export function decodeLines(frame: BatchFrame, text: Buffer = decodeText(frame)): DecodedLines {
  const { startsIn, times, flags } = decodeColumns(frame);
  return { text, starts: startsIn(text), times: times(), flags };
}

/** Agents do without logs/block, so whoever may meet compact text decodes it with that room and hands it in. */
export function requirePlain(form: TextForm): void {
  if (form !== 'plain') throw corrupt('its text is compact');
}

export function startsFromNewlines(text: Buffer, lineCount: number): Uint32Array {
  const starts = new Uint32Array(lineCount + 1);
  let at = 0;
  for (let i = 1; i <= lineCount; i++) {
    const newline = text.indexOf(NEWLINE, at);
    if (newline < 0) throw corrupt(`line ${i} has no newline`);
    at = newline + 1;
    starts[i] = at;
  }
  if (at !== text.length) throw corrupt('there is text behind the last line');
  return starts;
}

export function startsFromLengths(column: Buffer, lineCount: number, textBytes: number): Uint32Array {
  const reader = new VarintReader(column);
  const starts = new Uint32Array(lineCount + 1);
  let at = 0;
  for (let i = 1; i <= lineCount; i++) {
    at += reader.next() + 1;
    if (at > textBytes) throw corrupt('the lengths reach beyond the text');
    starts[i] = at;
  }
  if (at !== textBytes) throw corrupt('there is text behind the last line');
  return starts;
}

function flagsFrom(column: Buffer, lineCount: number): Uint8Array {
  const flags = new Uint8Array(lineCount);
  const reader = new VarintReader(column);
  let at = 0;
  while (at < lineCount) {
    const value = reader.byte();
    const run = reader.next();
    if (run === 0 || at + run > lineCount) throw corrupt('the flags do not fit the number of lines');
    flags.fill(value, at, at + run);
    at += run;
  }
  return flags;
}
