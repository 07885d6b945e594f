import { isAscii } from 'node:buffer';
import type { Nanos } from '../../../base/nanotime.ts';
import type { LineLabels } from './line-labels.ts';

const noBytes = Buffer.alloc(0);

/**
 * The line at hand, as a range of bytes of its text until a stage changes it, and as text where somebody asks for text. One object serves
 * all lines of a block. `source.slice(from, to)` is the line: of a text in ASCII the source is all of it, and nothing is copied.
 */
export class Line {
  readonly labels: LineLabels;
  #textBytes: Buffer = noBytes;
  #isAscii = false;
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
    this.#isAscii = isAscii(text);
    this.#wholeText = undefined;
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
    if (this.#isAscii) {
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
    return this.#isAscii && !this.#changed;
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
