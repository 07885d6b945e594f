import { Fault } from '../../base/fault.ts';
import {
  type BatchFrame,
  type DecodedLines,
  decodeColumns,
  decodeLines,
  decodePushedColumns,
  decodePushedLines,
  decodePushedText,
  type PushedFrame,
  type PushedLines,
  type PushedRun,
} from '../batch/batch.ts';
import { type Lines, memorySource, openCompact } from '../block/block.ts';

/* Lines of frames, in whichever form their text is. Everything throws Fault `corrupt`. */

export function linesOf(frame: BatchFrame): DecodedLines {
  if (frame.form === 'plain') return decodeLines(frame);
  const { times, flags } = decodeColumns(frame);
  return { ...compactLines(frame), times: times(), flags };
}

export function pushedLinesOf(frame: PushedFrame): { runs: PushedRun[]; lines: PushedLines } {
  if (frame.form === 'plain') return decodePushedLines(frame);
  const { runs, times, metadata } = decodePushedColumns(frame);
  return { runs: runs(), lines: { ...compactLines(frame), times: times(), metadata: metadata() } };
}

/** The text of all lines, each followed by a newline. */
export function pushedTextOf(frame: PushedFrame): Buffer {
  return frame.form === 'plain' ? decodePushedText(frame) : compactLines(frame).text;
}

function compactLines({ header, text }: BatchFrame | PushedFrame): Lines {
  const compact = openCompact(memorySource(text));
  if (compact.lineCount !== header.lineCount || compact.textBytes !== header.textBytes)
    throw new Fault('corrupt', 'the text of a block is not that of its header');
  return compact.all();
}
