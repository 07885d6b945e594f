import { corrupt } from './bytes.ts';

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
  if (count * width > bytes.length) throw corrupt('a column of text ends early');
  const starts = new Uint32Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    at += width === 0 ? lengthMin : width === 1 ? bytes[i]! : bytes.readUIntLE(i * width, width);
    starts[i + 1] = at;
  }
  if (at !== bytes.length - count * width) throw corrupt('a column of text has another size');
  return { bytes: bytes.subarray(count * width), starts };
}

export function unpackIds(bytes: Buffer, length: number, count: number, recent: boolean): Uint32Array {
  const width = idWidth(count);
  if (bytes.length !== length * width) throw corrupt('the numbers of values have another size');
  const ids = new Uint32Array(length);
  for (let plane = width - 1; plane >= 0; plane--) {
    const from = plane * length;
    for (let i = 0; i < length; i++) ids[i] = (ids[i]! << 8) | bytes[from + i]!;
  }
  let newest = -1;
  for (let i = 0; i < length; i++) {
    if (recent) {
      const code = ids[i]!;
      ids[i] = code === 0 ? ++newest : newest - code + 1;
    }
    if (ids[i]! >= count) throw corrupt('a value has a number that there is not');
  }
  return ids;
}

/** Bytes of the number of a value, of so many. */
export function idWidth(count: number): number {
  // One more than there are values: distances count from 1.
  return count <= 1 ? 0 : count < 0x100 ? 1 : count < 0x10000 ? 2 : 3;
}
