import { Fault } from '../../base/fault.ts';

const NEWLINE = 0x0a;

/**
 * Cuts a watch's stream into its lines. What is left without a newline at the end is not given out: the connection broke
 * within an event. Throws Fault `unavailable` for a line longer than `lineBytesMax`, before it is held whole.
 */
export async function* watchLines(chunks: AsyncIterable<Buffer>, lineBytesMax: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, from);
      const rest = chunk.subarray(from, newline < 0 ? chunk.length : newline);
      if (heldBytes + rest.length > lineBytesMax) {
        throw new Fault('unavailable', `an event of the watch is larger than eventBytesMax (${lineBytesMax} bytes)`);
      }
      if (newline < 0) {
        if (rest.length > 0) held.push(rest);
        heldBytes += rest.length;
        break;
      }
      const line = held.length === 0 ? rest : Buffer.concat([...held, rest], heldBytes + rest.length);
      held = [];
      heldBytes = 0;
      from = newline + 1;
      if (line.length > 0) yield line;
    }
  }
}
