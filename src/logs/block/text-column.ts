import { corrupt } from './bytes.ts';
import { reading } from './text-reader.ts';

/** Values of a column of text: how long each is, where that differs, then their bytes. */
export interface PackedTexts {
  lengthMin: number;
  lengthMax: number;
  /** Which bytes occur: bit `b & 7` of byte `b >> 3`. */
  byteSet: Buffer;
  bytes: Buffer;
}

/** Bytes of a stored length. */
export function lengthWidth(lengthMin: number, lengthMax: number): number {
  if (lengthMin === lengthMax) return 0;
  return lengthMax < 0x100 ? 1 : lengthMax < 0x10000 ? 2 : 4;
}

/** Value `i` is `bytes[starts[i], starts[i + 1])`. */
export interface Texts {
  bytes: Buffer;
  starts: Uint32Array;
}

export function unpackTexts({ lengthMin, lengthMax, bytes }: PackedTexts, count: number): Texts {
  const width = lengthWidth(lengthMin, lengthMax);
  const lengthBytes = count * width;
  if (lengthBytes > bytes.length) throw corrupt('a column of text ends early');
  const valueBytes = bytes.length - lengthBytes;
  return reading((reader) => {
    const [at, out] = [reader.put(bytes.subarray(0, lengthBytes)), reader.arena.room(4 * (count + 1))];
    reader.check(reader.module.run.readLengths(at, count, width, lengthMin, valueBytes, out));
    const starts = reader.u32(out, count + 1);
    if (starts[count] !== valueBytes) throw corrupt('a column of text has another size');
    return { bytes: bytes.subarray(lengthBytes), starts };
  });
}

/** Which value each occurrence has, of so many. */
export function unpackIds(bytes: Buffer, length: number, count: number, isRecent: boolean): Uint32Array {
  const width = idWidth(count);
  if (bytes.length !== length * width) throw corrupt('the numbers of values have another size');
  return reading((reader) => {
    const [at, out] = [reader.put(bytes), reader.arena.room(4 * length)];
    reader.check(reader.module.run.readIds(at, length, width, count, isRecent, out));
    return reader.u32(out, length);
  });
}

/** The template of each line, of so many, and how many lines each has. */
export function unpackTemplateIds(bytes: Buffer, lines: number, count: number) {
  const width = idWidth(count);
  if (bytes.length !== lines * width) throw corrupt('the numbers of templates have another size');
  return reading((reader) => {
    const [at, out] = [reader.put(bytes), reader.arena.room(2 * lines)];
    const linesOfAt = reader.arena.zeros(4 * count);
    reader.check(reader.module.run.readNumbers(at, lines, width, count, out, linesOfAt));
    return { numbers: reader.u16(out, lines), linesOf: reader.u32(linesOfAt, count) };
  });
}

/** Bytes of the number of a value, of so many. */
export function idWidth(count: number): number {
  // One more than there are values: distances count from 1.
  return count <= 1 ? 0 : count < 0x100 ? 1 : count < 0x10000 ? 2 : 3;
}
