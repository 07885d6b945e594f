/** The messages that JSON shows as a plain value: times, quantities, int-or-string, raw JSON. */
import { Fault, messageOf } from '../../base/fault.ts';
import { formatRfc3339Nano, parseRfc3339 } from '../../base/nanotime.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

const NANOS_PER_S = 1_000_000_000n;
/** The seconds of years 1 to 9999, which RFC 3339 can write. */
const SECONDS_MIN = -62_135_596_800n;
const SECONDS_MAX = 253_402_300_799n;

/** Undefined for the zero time, which JSON leaves out. */
export function readTime(reader: WireReader, form: 'Time' | 'MicroTime'): string | undefined {
  if (reader.done) return undefined;
  let seconds = 0n;
  let nanos = 0n;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 'varint') seconds = BigInt.asIntN(64, reader.varint());
    else if (number === 2 && wireType === 'varint') nanos = BigInt.asIntN(32, reader.varint());
    else reader.skip(wireType);
  }
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0n || nanos >= NANOS_PER_S) {
    throw new Fault('bad-request', 'the protobuf body is malformed: a time lies outside of the years 1 to 9999');
  }
  const [whole, fraction = ''] = formatRfc3339Nano(seconds * NANOS_PER_S + nanos)
    .slice(0, -1)
    .split('.');
  return form === 'Time' ? `${whole}Z` : `${whole}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

export function writeTime(writer: WireWriter, number: number, text: string, path: string): void {
  const nanos = parseRfc3339(text);
  if (nanos === undefined)
    throw new Fault('bad-request', `${path} must be a time in RFC 3339, not ${JSON.stringify(text)}`);
  const fraction = ((nanos % NANOS_PER_S) + NANOS_PER_S) % NANOS_PER_S;
  writer.message(number, (message) => {
    message.varint(1, (nanos - fraction) / NANOS_PER_S);
    message.varint(2, fraction);
  });
}

export function readQuantity(reader: WireReader): string {
  let text = '0';
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 'bytes') text = reader.string();
    else reader.skip(wireType);
  }
  return text;
}

export function readIntOrString(reader: WireReader): number | string {
  let isString = false;
  let int = 0;
  let text = '';
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 'varint') isString = reader.varint() === 1n;
    else if (number === 2 && wireType === 'varint') int = Number(BigInt.asIntN(32, reader.varint()));
    else if (number === 3 && wireType === 'bytes') text = reader.string();
    else reader.skip(wireType);
  }
  return isString ? text : int;
}

export function writeIntOrString(writer: WireWriter, number: number, value: number | string): void {
  writer.message(number, (message) => {
    message.varint(1, typeof value === 'string' ? 1n : 0n);
    message.varint(2, typeof value === 'number' ? BigInt(value) : 0n);
    message.string(3, typeof value === 'string' ? value : '');
  });
}

/** The bytes of the only field of RawExtension and FieldsV1. */
export function readRaw(reader: WireReader): Uint8Array {
  let raw = new Uint8Array(0);
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 'bytes') raw = Uint8Array.from(reader.bytes());
    else reader.skip(wireType);
  }
  return raw;
}

export function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new Fault('bad-request', `the protobuf body holds JSON that cannot be read: ${messageOf(error)}`);
  }
}
