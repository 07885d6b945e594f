import { isUtf8 } from 'node:buffer';
import { Fault } from '../../../base/fault.ts';
import type { LabelRecord } from '../../batch/batch.ts';
import { parsedJson } from './json-shape.ts';
import { emptyStream, type GrowingStream, PushCount, type ReceivedStream } from './received-stream.ts';

const DECIMAL = /^-?\d{1,19}$/;
const NANOS_DIGITS = 9;

/** The same request as JSON: `{"streams": [{"stream": {…}, "values": [["<ns>", "<line>", {…}], …]}]}`. Throws Fault `bad-request`. */
export function readLokiJson(body: Buffer): ReceivedStream[] {
  const text = body.toString();
  const { streams } = objectAt(parsedJson(text), 'the body');
  if (streams === undefined || streams === null) return [];
  const count = new PushCount();
  const texts = new TextBuffer(isUtf8(body) ? body.length : Buffer.byteLength(text));
  return listAt(streams, 'streams').map((stream, i) => {
    count.addStream();
    return readStream(stream, `streams[${i}]`, texts, count);
  });
}

function readStream(value: unknown, at: string, texts: TextBuffer, count: PushCount): ReceivedStream {
  const { stream, values } = objectAt(value, at);
  const labels = Object.entries(objectAt(stream, `${at}.stream`));
  for (const [name, text] of labels) if (typeof text !== 'string') throw wrong(`${at}.stream.${name}`, 'text');
  const received = emptyStream(labels as [string, string][], texts.bytes);
  for (const [i, entry] of listAt(values ?? [], `${at}.values`).entries()) {
    count.addLine();
    const [time, line, metadata] = listAt(entry, `${at}.values[${i}]`);
    if (typeof line !== 'string') throw wrong(`${at}.values[${i}][1]`, 'a line as text');
    addTime(received, time, `${at}.values[${i}][0]`);
    received.from.push(texts.length);
    received.to.push(texts.add(line));
    received.metadata.push(metadataAt(metadata, `${at}.values[${i}][2]`));
  }
  return received;
}

function addTime(stream: GrowingStream, value: unknown, at: string): void {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !DECIMAL.test(text)) throw wrong(at, 'nanoseconds since 1970 as text');
  if (text.startsWith('-') || text.length <= NANOS_DIGITS) {
    const time = BigInt(text);
    const nanos = ((time % SECOND) + SECOND) % SECOND;
    stream.seconds.push(Number((time - nanos) / SECOND));
    stream.nanos.push(Number(nanos));
    return;
  }
  stream.seconds.push(Number(text.slice(0, -NANOS_DIGITS)));
  stream.nanos.push(Number(text.slice(-NANOS_DIGITS)));
}

const SECOND = 1_000_000_000n;

function metadataAt(value: unknown, at: string): LabelRecord | undefined {
  if (value === undefined || value === null) return undefined;
  const metadata = objectAt(value, at);
  const names = Object.keys(metadata);
  for (const name of names) if (typeof metadata[name] !== 'string') throw wrong(`${at}.${name}`, 'text');
  return names.length === 0 ? undefined : (metadata as LabelRecord);
}

/** Lines as UTF-8, one behind the other. They never take more than the JSON that they come from. */
class TextBuffer {
  readonly bytes: Buffer;
  length = 0;

  constructor(bytesMax: number) {
    this.bytes = Buffer.allocUnsafe(bytesMax);
  }

  /** Gives where it ends. */
  add(text: string): number {
    this.length += this.bytes.write(text, this.length);
    return this.length;
  }
}

function objectAt(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(at, 'an object');
  return value as Record<string, unknown>;
}

function listAt(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(at, 'a list');
  return value;
}

function wrong(at: string, expected: string): Fault {
  return new Fault('bad-request', `${at} must be ${expected}`);
}
