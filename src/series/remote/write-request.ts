import type { Labels } from '../query/query.ts';
import { type MetricMetadata, metricTypes } from '../store/store.ts';

/** prometheus.WriteRequest of remote write 1.0, which every receiver speaks. */
export class WriteRequest {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #at = 0;

  /** A series' labels as the message holds them; they are worth keeping. */
  static labels(labels: Labels): Buffer {
    const writer = new WriteRequest();
    for (const [name, value] of labels.entries()) {
      const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)];
      writer.#tag(1, 2);
      writer.#varint(2 + sizeOf(nameBytes.length) + nameBytes.length + sizeOf(valueBytes.length) + valueBytes.length);
      writer.#field(1, nameBytes);
      writer.#field(2, valueBytes);
    }
    return Buffer.from(writer.bytes());
  }

  /** Samples of one series; values are copied as bits, so that a staleness marker stays one. */
  addSeries(labels: Buffer, places: readonly number[], timestampsMs: Float64Array, values: Float64Array): void {
    const sizes = places.map((place) => 9 + 1 + int64Size(timestampsMs[place]!));
    const length = sizes.reduce((sum, size) => sum + 1 + sizeOf(size) + size, labels.length);
    this.#tag(1, 2);
    this.#varint(length);
    this.#raw(labels);
    places.forEach((place, at) => {
      this.#tag(2, 2);
      this.#varint(sizes[at]!);
      this.#tag(1, 1);
      this.#raw(Buffer.from(values.buffer, values.byteOffset + 8 * place, 8));
      this.#tag(2, 0);
      this.#int64(timestampsMs[place]!);
    });
  }

  addMetadata(metric: string, { type, help, unit }: MetricMetadata): void {
    const texts: [number, Buffer][] = [
      [2, Buffer.from(metric)],
      [4, Buffer.from(help)],
      [5, Buffer.from(unit)],
    ];
    this.#tag(3, 2);
    this.#varint(texts.reduce((sum, [, bytes]) => sum + 1 + sizeOf(bytes.length) + bytes.length, 2));
    this.#tag(1, 0);
    this.#varint(metricTypes.indexOf(type));
    for (const [field, bytes] of texts) this.#field(field, bytes);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #field(number: number, bytes: Buffer): void {
    this.#tag(number, 2);
    this.#varint(bytes.length);
    this.#raw(bytes);
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #raw(bytes: Buffer): void {
    this.#room(bytes.length);
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  #varint(value: number): void {
    this.#room(10);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #int64(value: number): void {
    if (value >= 0) this.#varint(value);
    else this.#negative(value);
  }

  #negative(value: number): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function int64Size(value: number): number {
  return value < 0 ? 10 : sizeOf(value);
}
