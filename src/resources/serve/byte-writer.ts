import type { Phrase } from './phrase.ts';
import { takePiece } from './pieces.ts';

/** Of the first piece, which is all of a short answer. */
const firstPieceBytes = 2048;
/** Shorter text is written faster by ourselves than handed over. */
const loopCharactersMax = 64;
const digitsMax = 2 ** 31;
const WORD_BYTES = 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const nothing = Buffer.alloc(0);

/**
 * Writes text as UTF-8, piece by piece. An answer has millions of characters, nearly all of them plain: they go straight into the
 * buffer, which takes a fifth of joining strings and encoding them.
 * Invariant: the first `#at` bytes of `#piece` are written and not handed out; `#full` goes before them.
 */
export class ByteWriter {
  #piece = Buffer.allocUnsafe(firstPieceBytes);
  #view = viewOf(this.#piece);
  #at = 0;
  #full: Buffer[] = [];
  #cutBytes = 0;

  /** How much is written; the difference of two is the length of what came between. */
  get length(): number {
    return this.#cutBytes + this.#at;
  }

  /** Characters below 128 only. */
  plain(text: string): void {
    const { length } = text;
    this.#room(length);
    if (length > loopCharactersMax) {
      this.#at += this.#piece.write(text, this.#at, 'latin1');
      return;
    }
    const piece = this.#piece;
    let at = this.#at;
    for (let i = 0; i < length; i++) piece[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  phrase({ bytes, words }: Phrase): void {
    const { length } = bytes;
    this.#room(length);
    const from = this.#at;
    this.#at += length;
    const last = words.length - 1;
    if (last < 0) {
      for (let i = 0; i < length; i++) this.#piece[from + i] = bytes[i]!;
      return;
    }
    const view = this.#view;
    for (let i = 0; i < last; i++) view.setFloat64(from + WORD_BYTES * i, words[i]!, true);
    view.setFloat64(this.#at - WORD_BYTES, words[last]!, true);
  }

  text(text: string): void {
    this.bytes(Buffer.from(text));
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#piece.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** As a JSON string, with its quotes. */
  json(text: string): void {
    const { length } = text;
    this.#room(length + 2);
    const piece = this.#piece;
    let at = this.#at;
    piece[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.text(JSON.stringify(text));
        return;
      }
      piece[at++] = code;
    }
    piece[at++] = QUOTE;
    this.#at = at;
  }

  /** A whole number that is not negative. */
  digits(value: number): void {
    if (value >= digitsMax) {
      this.plain(String(value));
      return;
    }
    let count = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) count++;
    this.#room(count);
    const piece = this.#piece;
    this.#at += count;
    let rest = value | 0;
    for (let at = this.#at - 1; at >= this.#at - count; at--) {
      const tens = (rest / 10) | 0;
      piece[at] = ZERO + rest - 10 * tens;
      rest = tens;
    }
  }

  /** The last bytes, to be copied before anything else is written. Undefined where they are not of one piece. */
  last(bytes: number): Buffer | undefined {
    return bytes > this.#at ? undefined : this.#piece.subarray(this.#at - bytes, this.#at);
  }

  /** The pieces that are full; whoever takes them owns them. */
  take(): Buffer[] {
    const taken = this.#full;
    this.#full = [];
    return taken;
  }

  /** All that is left. */
  end(): Buffer[] {
    this.#cut(0);
    return this.take();
  }

  #room(bytes: number): void {
    if (this.#at + bytes > this.#piece.length) this.#cut(bytes);
  }

  #cut(bytes: number): void {
    if (this.#at > 0) this.#full.push(this.#piece.subarray(0, this.#at));
    this.#cutBytes += this.#at;
    this.#piece = bytes === 0 ? nothing : takePiece(bytes);
    this.#view = viewOf(this.#piece);
    this.#at = 0;
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
