import { Fault } from '../../base/fault.ts';
import { decodePushedColumns, type PushedFrame, type PushedLines } from '../batch/batch.ts';
import { memorySource, openCompact } from '../block/block.ts';

/** Stored lines as far as it takes to find some of them again. */
export interface ComparableLines {
  times: BigInt64Array;
  /** The bytes of these lines, each as a string of latin1. */
  keysOf(lines: readonly number[]): string[];
}

export function comparable({ text, starts, times }: PushedLines): ComparableLines {
  return { times, keysOf: (lines) => lines.map((line) => keyAt(text, starts, line)) };
}

/** Of a frame whose text is compact: only the lines that are asked for are put together. Throws Fault `corrupt`. */
export function comparableCompact(frame: PushedFrame): ComparableLines {
  const compact = openCompact(memorySource(frame.text));
  if (compact.lineCount !== frame.header.lineCount)
    throw new Fault('corrupt', 'the text of a block is not that of its header');
  return {
    times: decodePushedColumns(frame).times(),
    keysOf(lines) {
      const { text, starts } = compact.lines(Uint32Array.from(lines));
      return lines.map((_, i) => keyAt(text, starts, i));
    },
  };
}

function keyAt(text: Buffer, starts: Uint32Array, line: number): string {
  return text.toString('latin1', starts[line], starts[line + 1]! - 1);
}
