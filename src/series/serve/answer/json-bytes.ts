import { pointsAtOnceMax, pointsText } from './points-text.ts';

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
/** More than any character takes. */
const slackBytes = 64;

/** JSON as bytes, gathered piece by piece. Invariant: what is between the beginning and `length` is written. */
export class JsonBytes {
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes + slackBytes);
  }

  /** What was written, in memory of its own; the next piece begins. */
  take(): Buffer<ArrayBuffer> {
    const piece = Buffer.allocUnsafeSlow(this.length);
    piece.set(this.#bytes.subarray(0, this.length));
    this.length = 0;
    return piece;
  }

  /** Text as it is. */
  text(text: string): void {
    this.#reserve(3 * text.length);
    const bytes = this.#bytes;
    const from = this.length;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7e) {
        this.#encoded(text);
        return;
      }
      bytes[from + at] = unit;
    }
    this.length = from + text.length;
  }

  #encoded(text: string): void {
    this.length += new TextEncoder().encodeInto(text, this.#bytes.subarray(this.length)).written;
  }

  /** Text as a JSON string. */
  quoted(text: string): void {
    this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    let at = this.length;
    bytes[at++] = quote;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x20 || unit > 0x7e || unit === quote || unit === backslash) {
        this.text(JSON.stringify(text));
        return;
      }
      bytes[at++] = unit;
    }
    bytes[at++] = quote;
    this.length = at;
  }

  /** Points from one of them to before another, `[seconds,"value"]`, a character before the first, and commas before the others. */
  points(before: string, timesMs: Float64Array, values: Float64Array, from: number, to: number): void {
    const points = pointsText();
    let first = before.charCodeAt(0);
    for (let at = from; at < to; at += pointsAtOnceMax) {
      const count = Math.min(pointsAtOnceMax, to - at);
      points.timesMs.set(timesMs.subarray(at, at + count));
      points.values.set(values.subarray(at, at + count));
      const written = points.write(count, first);
      this.#reserve(written);
      this.#bytes.set(points.text.subarray(0, written), this.length);
      this.length += written;
      first = comma;
    }
  }

  /** One of them. */
  point(before: string, timeMs: number, value: number): void {
    const { text, timesMs, values, write } = pointsText();
    timesMs[0] = timeMs;
    values[0] = value;
    const written = write(1, before.charCodeAt(0));
    this.#reserve(written);
    const bytes = this.#bytes;
    const from = this.length;
    for (let at = 0; at < written; at++) bytes[from + at] = text[at]!;
    this.length += written;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes + slackBytes <= this.#bytes.length) return;
    const longer = new Uint8Array(2 * (this.length + bytes + slackBytes));
    longer.set(this.#bytes.subarray(0, this.length));
    this.#bytes = longer;
  }
}
