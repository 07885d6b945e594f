import { Fault } from './fault.ts';

/**
 * Reads snappy's block format (github.com/google/snappy, format_description.txt): the length of the text, then literals and copies
 * of what was written already. Throws Fault `bad-request` for whatever does not give exactly that length.
 */
export function snappyDecode(input: Buffer, outputBytesMax: number): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++];
    if (byte === undefined || shift > 28) fail('the length at its beginning cannot be read');
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > outputBytesMax) fail(`${length} bytes uncompressed are more than the ${outputBytesMax} that are taken`);
  // A copy of 64 bytes takes 3: what claims to be more than it can be is refused before there is room for it.
  if (length > input.length * snappyExpansionMax) fail(`${input.length} bytes cannot hold ${length}`);
  const output = Buffer.allocUnsafe(length);
  const from = new DataView(input.buffer, input.byteOffset, input.length);
  const into = new DataView(output.buffer, output.byteOffset, length);
  let to = 0;
  while (at < input.length) {
    const tag = input[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) {
        const extra = size - 60;
        if (at + extra > input.length) fail('a literal is cut off');
        size = input.readUIntLE(at, extra) + 1;
        at += extra;
      }
      if (at + size > input.length || to + size > length) fail('a literal is longer than what is left');
      // What is written past the end is written again, as long as it is within the text.
      if (size <= loopBytesMax && at + size + 3 <= input.length && to + size + 3 <= length) {
        for (let i = 0; i < size; i += 4) into.setUint32(to + i, from.getUint32(at + i, true), true);
      } else input.copy(output, to, at, at + size);
      at += size;
      to += size;
      continue;
    }
    let size: number;
    let offset: number;
    if (kind === 1) {
      if (at + 1 > input.length) fail('a copy is cut off');
      size = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | input[at++]!;
    } else {
      const wide = kind === 2 ? 2 : 4;
      if (at + wide > input.length) fail('a copy is cut off');
      size = (tag >> 2) + 1;
      offset = wide === 2 ? input[at]! | (input[at + 1]! << 8) : input.readUInt32LE(at);
      at += wide;
    }
    if (offset === 0 || offset > to) fail('a copy begins before the text');
    if (to + size > length) fail('a copy is longer than what is left');
    // A copy may reach into what it writes: four bytes at a time only where they are there already.
    const end = to + size;
    if (offset >= 4 && end + 3 <= length) {
      for (; to < end; to += 4) into.setUint32(to, into.getUint32(to - offset, true), true);
      to = end;
    } else for (; to < end; to++) output[to] = output[to - offset]!;
  }
  if (to !== length) fail(`it holds ${to} bytes and claims ${length}`);
  return output;
}

/** What is not longer is copied faster by a loop than by a call. */
const loopBytesMax = 64;
/** 64 bytes for 2 and a half, rounded up. */
export const snappyExpansionMax = 32;

function fail(problem: string): never {
  throw new Fault('bad-request', `the body is not snappy: ${problem}`);
}
