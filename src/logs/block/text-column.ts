import { corrupt } from './bytes.ts';

/** Values of a column of text: how long each is, where that differs, then their bytes. */
export interface PackedTexts {
  lengthMin: number;
  lengthMax: number;
  /** Which bytes occur: bit `b & 7` of byte `b >> 3`. */
  byteSet: Buffer;
  bytes: Buffer;
}

/** `places` are from and to of each value within the text, in turn. */
export function packTexts(text: Buffer, places: Uint32Array): PackedTexts {
  let [lengthMin, lengthMax, total] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let i = 0; i < places.length; i += 2) {
    const length = places[i + 1]! - places[i]!;
    if (length < lengthMin) lengthMin = length;
    if (length > lengthMax) lengthMax = length;
    total += length;
  }
  const count = places.length / 2;
  const width = lengthWidth(lengthMin, lengthMax);
  const bytes = Buffer.allocUnsafe(count * width + total);
  const byteSet = Buffer.alloc(32);
  const seen = new Uint8Array(256);
  let into = count * width;
  for (let i = 0; i < count; i++) {
    const [from, to] = [places[2 * i]!, places[2 * i + 1]!];
    if (width > 0) bytes.writeUIntLE(to - from, i * width, width);
    for (let at = from; at < to; ) seen[(bytes[into++] = text[at++]!)] = 1;
  }
  seen.forEach((occurs, byte) => {
    byteSet[byte >> 3]! |= occurs << (byte & 7);
  });
  return { lengthMin: count === 0 ? 0 : lengthMin, lengthMax, byteSet, bytes };
}

/** Bytes of a stored length. */
function lengthWidth(lengthMin: number, lengthMax: number): number {
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

/** Numbers of values, as wide as their count needs. With `recent` each is its distance from the newest value, which grows as values are met first. */
export function packIds(ids: Uint32Array, count: number, recent: boolean): Buffer {
  const width = idWidth(count);
  const bytes = Buffer.allocUnsafe(ids.length * width);
  let newest = -1;
  for (const [i, id] of ids.entries()) {
    let code = id;
    if (recent) {
      const isNew = id > newest;
      code = isNew ? 0 : newest - id + 1;
      if (isNew) newest = id;
    }
    for (let plane = 0, at = i; plane < width; plane++, at += ids.length) bytes[at] = (code >>> (8 * plane)) & 0xff;
  }
  return bytes;
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

/** Whether most of a column's values are new ones or the newest one again. One value has no distances. */
export function isRecent(ids: Uint32Array, count: number): boolean {
  if (count < 2) return false;
  let newest = -1;
  let near = 0;
  for (const id of ids) {
    if (id >= newest) near++;
    if (id > newest) newest = id;
  }
  return near > ids.length * 0.6;
}

function idWidth(count: number): number {
  // One more than there are values: distances count from 1.
  return count <= 1 ? 0 : count < 0x100 ? 1 : count < 0x10000 ? 2 : 3;
}
