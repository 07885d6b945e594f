const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;

/** Collects a message in the protobuf wire format; fields are written in the order of the calls. */
export class WireWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  varint(number: number, value: bigint): void {
    this.#tag(number, WIRE_VARINT);
    this.#push(varintBytes(BigInt.asUintN(64, value)));
  }

  double(number: number, value: number): void {
    this.#tag(number, WIRE_FIXED64);
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#push(bytes);
  }

  bytes(number: number, value: Uint8Array): void {
    this.#tag(number, WIRE_BYTES);
    this.#push(varintBytes(BigInt(value.length)));
    this.#push(value);
  }

  string(number: number, value: string): void {
    this.bytes(number, Buffer.from(value, 'utf8'));
  }

  message(number: number, write: (writer: WireWriter) => void): void {
    const inner = new WireWriter();
    write(inner);
    this.bytes(number, inner.finish());
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks, this.#length);
  }

  #tag(number: number, wireType: number): void {
    this.#push(varintBytes((BigInt(number) << 3n) | BigInt(wireType)));
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }
}

function varintBytes(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}
