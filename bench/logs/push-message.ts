/** Writes Loki's push request: streams {labels, entries {timestamp {seconds, nanos}, line}}, snappy around it. */
import { snappyEncode } from '../../src/base/snappy-encode.ts';
import type { CorpusLine } from './lines-of-corpus.ts';

const entryBytesMax = 64;

/** Collects one request. Invariant: `#bytes[0, #used)` is whole streams. */
export class PushMessage {
  #bytes = Buffer.allocUnsafe(4 * 1024 * 1024);
  #used = 0;
  lines = 0;
  textBytes = 0;

  addStream(labels: string, lines: readonly CorpusLine[]): void {
    const name = Buffer.from(labels);
    let length = name.length + entryBytesMax;
    for (const { text } of lines) length += text.length + entryBytesMax;
    const content = Buffer.allocUnsafe(length);
    let at = writeField(content, 0, 1, name);
    for (const line of lines) {
      at = writeEntry(content, at, line);
      this.textBytes += line.text.length;
    }
    this.lines += lines.length;
    this.#room(at + entryBytesMax);
    this.#used = writeField(this.#bytes, this.#used, 1, content.subarray(0, at));
  }

  /** The body as it is sent; the message is empty then. */
  finish(): Buffer {
    const body = snappyEncode(this.#bytes.subarray(0, this.#used));
    this.#used = this.lines = this.textBytes = 0;
    return body;
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#used + bytes));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}

function writeEntry(target: Buffer, start: number, { seconds, nanos, text }: CorpusLine): number {
  const timeBytes = 1 + varintBytes(seconds) + 1 + varintBytes(nanos);
  let at = start;
  target[at++] = 0x12;
  at = writeVarint(target, at, 2 + timeBytes + 1 + varintBytes(text.length) + text.length);
  target[at++] = 0x0a;
  target[at++] = timeBytes;
  target[at++] = 0x08;
  at = writeVarint(target, at, seconds);
  target[at++] = 0x10;
  at = writeVarint(target, at, nanos);
  return writeField(target, at, 2, text);
}

function writeField(target: Buffer, start: number, number: number, content: Buffer): number {
  let at = start;
  target[at++] = number * 8 + 2;
  at = writeVarint(target, at, content.length);
  return at + content.copy(target, at);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function writeVarint(target: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[at++] = (rest % 128) | 128;
  target[at++] = rest;
  return at;
}
