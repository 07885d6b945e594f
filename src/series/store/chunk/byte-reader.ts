import { Fault } from '../../../base/fault.ts';

/** Reads what a ByteWriter wrote. Running past the end is a Fault `corrupt`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Throws where fewer bytes are left; gives the place of the first of them and goes past them. */
  take(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.end) throw new Fault('corrupt', `data end ${at + bytes - this.end} bytes early`);
    this.at = at + bytes;
    return at;
  }

  u8(): number {
    return this.bytes[this.take(1)]!;
  }

  u32(): number {
    const at = this.take(4);
    const { bytes } = this;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  f64(): number {
    const at = this.take(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  varint(): number {
    const { bytes, end } = this;
    let at = this.at;
    let byte = at < end ? bytes[at++]! : this.take(end - at + 1);
    if (byte < 128) {
      this.at = at;
      return byte;
    }
    let value = byte & 127;
    let scale = 128;
    do {
      if (at >= end) this.take(end - this.at + 1);
      byte = bytes[at++]!;
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127 && scale < 2 ** 56);
    this.at = at;
    return value;
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const length = this.varint();
    const at = this.take(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, length).toString('utf8');
  }
}
