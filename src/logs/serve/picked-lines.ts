import type { DecodedLines } from '../batch/batch.ts';

/** Some lines of a block, in file order. */
export interface PickedLines {
  block: DecodedLines;
  lines: Uint32Array;
}

/** A copy that does not hold on to the rest of the block. */
export function compacted({ block, lines }: PickedLines): PickedLines {
  const starts = new Uint32Array(lines.length + 1);
  for (const [i, line] of lines.entries()) {
    starts[i + 1] = starts[i]! + (block.starts[line + 1]! - block.starts[line]!);
  }
  const text = Buffer.allocUnsafe(starts[lines.length]!);
  for (const [i, line] of lines.entries()) {
    block.text.copy(text, starts[i]!, block.starts[line]!, block.starts[line + 1]!);
  }
  return {
    block: {
      text,
      starts,
      times: BigInt64Array.from(lines, (line) => block.times[line]!),
      flags: Uint8Array.from(lines, (line) => block.flags[line]!),
    },
    lines: Uint32Array.from(lines, (_, i) => i),
  };
}

export function bytesOf({ block, lines }: PickedLines): number {
  let bytes = 0;
  for (const line of lines) bytes += block.starts[line + 1]! - block.starts[line]!;
  return bytes;
}
