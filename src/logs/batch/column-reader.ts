import { zstdDecompressSync } from 'node:zlib';
import { Fault } from '../../base/fault.ts';

/** Numbers of a column, one after another. Throws Fault `corrupt`. */
export class VarintReader {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw corruptColumns('a column ends early');
    return value;
  }

  next(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
      if (scale > 2 ** 53) throw corruptColumns('a number in a column is too large');
    }
  }
}

export function columnsOf(bytes: Buffer): Map<number, Buffer> {
  const columns = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    if (at + 5 > bytes.length) throw corruptColumns('a column ends early');
    const length = bytes.readUInt32LE(at + 1);
    if (at + 5 + length > bytes.length) throw corruptColumns('a column ends early');
    columns.set(bytes[at]!, bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return columns;
}

export function required(columns: Map<number, Buffer>, id: number): Buffer {
  const found = columns.get(id);
  if (!found) throw corruptColumns(`column ${id} is missing`);
  return found;
}

export function decompressed(bytes: Buffer, expectedBytes: number, what: string): Buffer {
  let result: Buffer;
  try {
    result = zstdDecompressSync(bytes, {
      chunkSize: Math.max(64, expectedBytes + 1),
      maxOutputLength: expectedBytes + 1,
    });
  } catch (error) {
    throw new Fault('corrupt', `the ${what} of a batch cannot be decompressed`, { cause: error });
  }
  if (result.length !== expectedBytes)
    throw corruptColumns(`the ${what} has ${result.length} bytes, not ${expectedBytes}`);
  return result;
}

export function corruptColumns(why: string): Fault {
  return new Fault('corrupt', `a batch cannot be taken apart: ${why}`);
}
