import type { Nanos } from '../../../base/nanotime.ts';
import type { LineLabels } from './line-labels.ts';

/**
 * The line at hand, as a range of bytes of its block until a stage changes it, and as text where somebody asks for text. One object serves
 * all lines of a block. `source.slice(from, to)` is the line: of a block in ASCII the source is the whole block, and nothing is copied.
 */
export class Line {
  readonly labels: LineLabels;
  readonly #block: Buffer;
  readonly #blockText: (() => string) | undefined;
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

  /** `blockText` gives the block as a string of the same offsets; missing where it is not ASCII. */
  constructor(labels: LineLabels, block: Buffer, blockText: (() => string) | undefined) {
    this.labels = labels;
    this.#block = block;
    this.#blockText = blockText;
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
    if (this.#blockText) {
      this.#source = this.#blockText();
      this.#from = this.#byteFrom;
      this.#to = this.#byteTo;
      return;
    }
    this.#source = this.#block.toString('utf8', this.#byteFrom, this.#byteTo);
    this.#from = 0;
    this.#to = this.#source.length;
  }

  get text(): string {
    return this.source.slice(this.from, this.to);
  }

  /** Known to be in ASCII without looking. */
  get isAscii(): boolean {
    return this.#blockText !== undefined && !this.#changed;
  }

  /** A text of its own, that does not keep the block in memory. */
  ownText(): string {
    return this.#changed ? this.#source : this.#block.toString('utf8', this.#byteFrom, this.#byteTo);
  }

  get bytes(): Buffer {
    if (this.#bytes === undefined) {
      this.#bytes = this.#changed ? Buffer.from(this.#source) : this.#block.subarray(this.#byteFrom, this.#byteTo);
    }
    return this.#bytes;
  }

  get byteLength(): number {
    return this.#changed ? Buffer.byteLength(this.#source) : this.#byteTo - this.#byteFrom;
  }

  /** The line as it is stored, whatever stages made of it: bytes as latin1, of which the ASCII can be read. */
  storedLatin1(): string {
    return this.#block.toString('latin1', this.#byteFrom, this.#byteTo);
  }

  replace(text: string): void {
    this.#source = text;
    this.#from = 0;
    this.#to = text.length;
    this.#hasText = this.#changed = true;
    this.#bytes = undefined;
  }
}
