/** Strings are turned into bytes at about this size: neither many small buffers, nor one string of megabytes. */
const pieceCharacters = 64 * 1024;

/** Collects text as bytes. Invariant: `#text` is what has come since the last piece. */
export class TextPieces {
  #pieces: Buffer[] = [];
  #text = '';

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= pieceCharacters) this.#cut();
  }

  take(): Buffer[] {
    const taken = this.#pieces;
    this.#pieces = [];
    return taken;
  }

  end(text: string): Buffer[] {
    this.#text += text;
    this.#cut();
    return this.take();
  }

  #cut(): void {
    this.#pieces.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
