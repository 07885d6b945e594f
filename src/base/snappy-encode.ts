const hashBits = 14;
/** A match may not reach further back than two bytes of offset say. */
const offsetMax = 65_535;
const copyLengthMax = 64;

/** Writes snappy's block format (github.com/google/snappy, format_description.txt), with a greedy search for repeats of four bytes and more. */
export function snappyEncode(input: Buffer): Buffer {
  // Literals cost up to 5 bytes each, and there is one at most for each copy of at least four bytes.
  const output = Buffer.allocUnsafe(16 + input.length + Math.ceil(input.length / 6));
  const table = new Int32Array(1 << hashBits).fill(-1);
  let to = 0;
  for (let length = input.length; ; length = Math.floor(length / 128)) {
    output[to++] = length < 128 ? length : (length & 127) | 128;
    if (length < 128) break;
  }
  let literal = 0;
  let at = 0;
  const last = input.length - 4;
  while (at <= last) {
    const word = input.readInt32LE(at);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - hashBits);
    const candidate = table[slot]!;
    table[slot] = at;
    if (candidate < 0 || at - candidate > offsetMax || input.readInt32LE(candidate) !== word) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < input.length && input[candidate + length] === input[at + length]) length++;
    to = writeLiteral(output, to, input, literal, at);
    to = writeCopies(output, to, at - candidate, length);
    at += length;
    literal = at;
  }
  to = writeLiteral(output, to, input, literal, input.length);
  return output.subarray(0, to);
}

function writeLiteral(output: Buffer, start: number, input: Buffer, from: number, end: number): number {
  let to = start;
  const length = end - from;
  if (length === 0) return to;
  if (length <= 60) output[to++] = (length - 1) << 2;
  else {
    const extra = length <= 0x100 ? 1 : length <= 0x10000 ? 2 : length <= 0x1000000 ? 3 : 4;
    output[to++] = (59 + extra) << 2;
    to = output.writeUIntLE(length - 1, to, extra);
  }
  input.copy(output, to, from, end);
  return to + length;
}

function writeCopies(output: Buffer, start: number, offset: number, length: number): number {
  let to = start;
  for (let left = length; left > 0; ) {
    const size = Math.min(left, copyLengthMax);
    output[to++] = ((size - 1) << 2) | 2;
    to = output.writeUInt16LE(offset, to);
    left -= size;
  }
  return to;
}
