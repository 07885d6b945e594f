import { Fault } from '../../base/fault.ts';
import { GrowingBuffer } from './growing-buffer.ts';

const headBytesMax = 32 * 1024;
/** A chunk's size with its extensions. */
const chunkLineBytesMax = 1024;
const trailerBytesMax = 8 * 1024;
const NEWLINE = 0x0a;
const blankLine = Buffer.from('\r\n\r\n');
/** What is looked at of a head. */
const headerNames: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'transfer-encoding',
]);
const headerLengths: ReadonlySet<number> = new Set([...headerNames].map(({ length }) => length));

export interface AnswerLimits {
  /** Of the body as it comes over the wire. */
  bodyBytesMax: number;
  /** Told of each piece of a body before it is kept; throws where there is no room for it. */
  onBodyBytes(bytes: number): void;
}

type State = 'head' | 'body' | 'untilClose' | 'chunkLine' | 'chunk' | 'chunkEnd' | 'trailers' | 'done';

/**
 * One answer of HTTP/1.1, as it comes in pieces. Throws Fault `unavailable` for what is no such answer or is beyond a limit.
 * Invariant: `#left` is how many bytes of the body, or of the chunk, are still to come.
 */
export class AnswerReader {
  readonly #limits: AnswerLimits;
  readonly #body = new GrowingBuffer();
  readonly #headers = new Map<string, string>();
  #state: State = 'head';
  #line = '';
  #left = 0;
  #headBytes = 0;
  #trailerBytes = 0;
  statusCode = 0;
  statusMessage = '';
  /** Whether the connection can be used for another request. */
  keepAlive = false;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Whether anything of the answer has come. */
  get begun(): boolean {
    return this.#state !== 'head' || this.#line !== '';
  }

  /** Of those that are looked at. */
  header(name: 'content-encoding'): string | undefined {
    return this.#headers.get(name);
  }

  /** Valid until `release`. */
  body(): Buffer {
    return this.#body.view();
  }

  release(): void {
    this.#body.release();
  }

  /** The bytes are taken before it returns. */
  feed(bytes: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#state === 'done') throw malformed('it goes on behind its end');
      at = this.#step(bytes, at, length);
    }
  }

  /** The connection has ended. Throws where the answer had not. */
  end(): void {
    if (this.#state === 'untilClose') this.#state = 'done';
    if (this.#state !== 'done') throw new Fault('unavailable', 'the page broke off');
  }

  #step(bytes: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case 'body':
      case 'chunk':
      case 'untilClose':
        return this.#takeBody(bytes, at, end);
      case 'head':
        return this.#takeHead(bytes, at, end) ?? this.#takeLine(bytes, at, end, headBytesMax);
      case 'chunkLine':
        return this.#takeLine(bytes, at, end, chunkLineBytesMax);
      case 'chunkEnd':
        return this.#takeLine(bytes, at, end, 2);
      default:
        return this.#takeLine(bytes, at, end, trailerBytesMax);
    }
  }

  /** A head that has come whole, as nearly all do. Undefined: it is taken line by line. */
  #takeHead(bytes: Buffer, at: number, end: number): number | undefined {
    const blank = this.#line === '' ? bytes.indexOf(blankLine, at) : -1;
    const to = blank + blankLine.length;
    if (blank < 0 || to > end) return undefined;
    const text = bytes.toString('latin1', at, to);
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start);
      this.#headLine(text.slice(start, text[newline - 1] === '\r' ? newline - 1 : newline));
      start = newline + 1;
      // One that ends its lines without a carriage return may have ended before.
      if (this.#state !== 'head' || this.statusCode === 0) return at + start;
    }
    return to;
  }

  #takeBody(bytes: Buffer, at: number, end: number): number {
    const to = this.#state === 'untilClose' ? end : Math.min(end, at + this.#left);
    const { bodyBytesMax } = this.#limits;
    if (this.#body.length + to - at > bodyBytesMax) throw tooLarge(bodyBytesMax);
    this.#limits.onBodyBytes(to - at);
    this.#body.append(bytes, at, to);
    this.#left -= to - at;
    if (this.#left === 0 && this.#state === 'body') this.#state = 'done';
    if (this.#left === 0 && this.#state === 'chunk') this.#state = 'chunkEnd';
    return to;
  }

  #takeLine(bytes: Buffer, at: number, end: number, lineBytesMax: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    const to = newline < 0 || newline >= end ? end : newline + 1;
    this.#line += bytes.toString('latin1', at, to);
    if (this.#line.length > lineBytesMax) throw malformed(`a line of it is longer than ${lineBytesMax} bytes`);
    if (!this.#line.endsWith('\n')) return to;
    const line = this.#line.endsWith('\r\n') ? this.#line.slice(0, -2) : this.#line.slice(0, -1);
    this.#line = '';
    if (this.#state === 'head') this.#headLine(line);
    else if (this.#state === 'chunkLine') this.#beginChunk(line);
    else if (this.#state === 'chunkEnd') this.#endChunk(line);
    else this.#trailer(line);
    return to;
  }

  #headLine(line: string): void {
    this.#headBytes += line.length + 2;
    if (this.#headBytes > headBytesMax) throw malformed(`its head is longer than ${headBytesMax} bytes`);
    if (this.statusCode === 0) this.#statusLine(line);
    else if (line === '') this.#headEnd();
    else this.#header(line);
  }

  #header(line: string): void {
    const colon = line.indexOf(':');
    if (colon <= 0) throw malformed('a line of its head has no colon');
    if (!headerLengths.has(colon)) return;
    const name = line.slice(0, colon).toLowerCase();
    if (!headerNames.has(name)) return;
    const value = line.slice(colon + 1).trim();
    const before = this.#headers.get(name);
    if (name === 'content-length' && before !== undefined && before !== value) throw malformed('it has two lengths');
    this.#headers.set(name, value);
  }

  #statusLine(line: string): void {
    const match = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/.exec(line);
    if (!match) throw malformed('it is not HTTP/1.1');
    this.statusCode = Number(match[2]);
    this.statusMessage = match[3] ?? '';
    this.keepAlive = match[1] === '1';
  }

  #headEnd(): void {
    // An interim answer: the real one follows.
    if (this.statusCode < 200) {
      this.statusCode = 0;
      this.#headers.clear();
      return;
    }
    if (/\bclose\b/i.test(this.#headers.get('connection') ?? '')) this.keepAlive = false;
    const transfer = this.#headers.get('transfer-encoding');
    const length = this.#headers.get('content-length');
    if (transfer !== undefined) {
      if (transfer.toLowerCase() !== 'chunked') throw malformed('its transfer encoding is not chunked');
      this.#state = 'chunkLine';
    } else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw malformed('its length is not a number');
      this.#expect(Number(length));
      this.#state = this.#left === 0 ? 'done' : 'body';
    } else {
      this.keepAlive = false;
      this.#state = 'untilClose';
    }
  }

  #beginChunk(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})\s*(?:;.*)?$/.exec(line);
    if (!match) throw malformed('a chunk has no size');
    this.#expect(Number.parseInt(match[1]!, 16));
    this.#state = this.#left === 0 ? 'trailers' : 'chunk';
  }

  #endChunk(line: string): void {
    if (line !== '') throw malformed('a chunk is longer than it says');
    this.#state = 'chunkLine';
  }

  #trailer(line: string): void {
    this.#trailerBytes += line.length + 2;
    if (this.#trailerBytes > trailerBytesMax) throw malformed('its trailers are too long');
    if (line === '') this.#state = 'done';
  }

  #expect(bytes: number): void {
    const { bodyBytesMax } = this.#limits;
    if (this.#body.length + bytes > bodyBytesMax) throw tooLarge(bodyBytesMax);
    this.#left = bytes;
  }
}

function malformed(problem: string): Fault {
  return new Fault('unavailable', `the answer cannot be read: ${problem}`);
}

function tooLarge(bytesMax: number): Fault {
  return new Fault('unavailable', `the page is larger than pageBytesMax (${bytesMax} bytes)`);
}
