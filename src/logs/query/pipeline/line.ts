import { isAscii } from 'node:buffer';
import type { Nanos } from '../../../base/nanotime.ts';
import type { LineLabels } from './line-labels.ts';

const noBytes = Buffer.alloc(0);
/** Whether text is ASCII is looked up for so many bytes at a time; a power of two. */
const windowBits = 12;

/**
 * The line at hand, as a range of bytes of its text until a stage changes it, and as text where somebody asks for text. One object serves
 * all lines of a block. `source.slice(from, to)` is the line: where it is ASCII the source is the whole text, and nothing is copied.
 */
export class Line {
  readonly labels: LineLabels;
  #textBytes: Buffer = noBytes;
  /** 1 where a window of the text is ASCII. */
  #asciiWindows: Uint8Array | undefined;
  #wholeText: string | undefined;
  timeNs: Nanos = 0n;
  #byteFrom = 0;
  #byteTo = 0;
  #hasText = false;
  #source = '';
  #from = 0;
  #to = 0;
  /** Set where a stage has replaced the line. */
  #changed = false;
  #bytes: Buffer | undefined;

  constructor(labels: LineLabels) {
    this.labels = labels;
  }

  /** The text that the next lines lie in. */
  open(text: Buffer): void {
    if (text === this.#textBytes) return;
    this.#textBytes = text;
    this.#asciiWindows = undefined;
    this.#wholeText = undefined;
  }

  #isStoredAscii(): boolean {
    const windows = (this.#asciiWindows ??= asciiWindows(this.#textBytes));
    for (let at = this.#byteFrom >> windowBits; at << windowBits < this.#byteTo; at++) {
      if (windows[at] === 0) return isAscii(this.#textBytes.subarray(this.#byteFrom, this.#byteTo));
    }
    return true;
  }

  reset(byteFrom: number, byteTo: number): void {
    this.#byteFrom = byteFrom;
    this.#byteTo = byteTo;
    this.#hasText = this.#changed = false;
    this.#bytes = undefined;
  }

  get source(): string {
    if (!this.#hasText) this.#makeText();
    return this.#source;
  }

  get from(): number {
    if (!this.#hasText) this.#makeText();
    return this.#from;
  }

  get to(): number {
    if (!this.#hasText) this.#makeText();
    return this.#to;
  }

  #makeText(): void {
    this.#hasText = true;
    if (this.#isStoredAscii()) {
      this.#source = this.#wholeText ??= this.#textBytes.toString('latin1');
      this.#from = this.#byteFrom;
      this.#to = this.#byteTo;
      return;
    }
    this.#source = this.#textBytes.toString('utf8', this.#byteFrom, this.#byteTo);
    this.#from = 0;
    this.#to = this.#source.length;
  }

  get text(): string {
    return this.source.slice(this.from, this.to);
  }

  /** Known to be in ASCII without looking. */
  get isAscii(): boolean {
    return !this.#changed && this.#isStoredAscii();
  }

  /** A text of its own, that does not keep the others in memory. */
  ownText(): string {
    return this.#changed ? this.#source : this.#textBytes.toString('utf8', this.#byteFrom, this.#byteTo);
  }

  get bytes(): Buffer {
    if (this.#bytes === undefined) {
      this.#bytes = this.#changed ? Buffer.from(this.#source) : this.#textBytes.subarray(this.#byteFrom, this.#byteTo);
    }
    return this.#bytes;
  }

  get byteLength(): number {
    return this.#changed ? Buffer.byteLength(this.#source) : this.#byteTo - this.#byteFrom;
  }

  /** The line as it is stored, whatever stages made of it: bytes as latin1, of which the ASCII can be read. */
  storedLatin1(): string {
    return this.#textBytes.toString('latin1', this.#byteFrom, this.#byteTo);
  }

  replace(text: string): void {
    this.#source = text;
    this.#from = 0;
    this.#to = text.length;
    this.#hasText = this.#changed = true;
    this.#bytes = undefined;
  }
}

function asciiWindows(text: Buffer): Uint8Array {
  const bytes = 1 << windowBits;
  const windows = new Uint8Array(Math.ceil(text.length / bytes));
  for (let at = 0; at < windows.length; at++)
    windows[at] = isAscii(text.subarray(at * bytes, (at + 1) * bytes)) ? 1 : 0;
  return windows;
}
