import { Fault } from '../../base/fault.ts';

export type WireType = 'varint' | 'fixed64' | 'bytes' | 'fixed32';
const WIRE_TYPES: readonly (WireType | undefined)[] = ['varint', 'fixed64', 'bytes', undefined, undefined, 'fixed32'];
const VARINT_BYTES_MAX = 10;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the protobuf wire format. Never reads past the end of its message: what claims to be longer is refused, and every call
 * moves forward, so that no input can make a reader loop.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's number and the form of its value. */
  tag(): { number: number; wireType: WireType } {
    const tag = this.varint();
    const number = Number(tag >> 3n);
    const wireType = WIRE_TYPES[Number(tag & 7n)];
    if (wireType === undefined) this.#refuse(`wire type ${tag & 7n} is not supported`);
    if (number === 0 || number > 536_870_911) this.#refuse(`${number} is not a field number`);
    return { number, wireType };
  }

  /** Unsigned, 64 bits. */
  varint(): bigint {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < VARINT_BYTES_MAX; length += 1) {
      if (this.#at >= this.#end) this.#refuse('a number is cut off');
      const byte = this.#bytes[this.#at++]!;
      if (length === 6) return this.#longVarint(BigInt(value), byte);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(value);
      scale *= 128;
    }
    return this.#refuse('a number is longer than 64 bits');
  }

  #longVarint(low: bigint, seventh: number): bigint {
    let value = low;
    let byte = seventh;
    for (let length = 6; length < VARINT_BYTES_MAX; length += 1) {
      value |= BigInt(byte & 0x7f) << BigInt(7 * length);
      if (byte < 0x80) return BigInt.asUintN(64, value);
      if (this.#at >= this.#end) this.#refuse('a number is cut off');
      byte = this.#bytes[this.#at++]!;
    }
    return this.#refuse('a number is longer than 64 bits');
  }

  double(): number {
    const at = this.#take(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  /** A view of the field's bytes, not a copy. */
  bytes(): Uint8Array {
    const length = this.#length();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const bytes = this.bytes();
    try {
      return utf8.decode(bytes);
    } catch {
      return this.#refuse('text is not valid UTF-8');
    }
  }

  message(): WireReader {
    const length = this.#length();
    const at = this.#take(length);
    return new WireReader(this.#bytes, at, at + length);
  }

  skip(wireType: WireType): void {
    if (wireType === 'varint') this.varint();
    else this.#take(wireType === 'fixed64' ? 8 : wireType === 'fixed32' ? 4 : this.#length());
  }

  #length(): number {
    return Number(this.varint());
  }

  #take(length: number): number {
    if (length > this.#end - this.#at)
      this.#refuse(`${length} bytes are announced and ${this.#end - this.#at} are left`);
    const at = this.#at;
    this.#at += length;
    return at;
  }

  #refuse(why: string): never {
    throw new Fault('bad-request', `the protobuf body is malformed at byte ${this.#at}: ${why}`);
  }
}
