import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream into lines and parses each; bounded by `lineBytesMax`. Throws on a longer line and on what is not JSON. */
export class JsonLines {
  #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #length = 0;
  #lineBytesMax: number;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  *push(chunk: Buffer): Generator<unknown> {
    const pieces = this.#decoder.write(chunk).split('\n');
    for (const [index, piece] of pieces.entries()) {
      this.#parts.push(piece);
      this.#length += piece.length;
      if (this.#length > this.#lineBytesMax) throw new Error(`message of more than ${this.#lineBytesMax} bytes`);
      if (index === pieces.length - 1) break;
      const line = this.#parts.join('');
      this.#parts = [];
      this.#length = 0;
      if (line !== '') yield JSON.parse(line);
    }
  }
}
