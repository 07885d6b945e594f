import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The end of a range that goes into its hash with SHA-256. */
const TAIL_BYTES = 4096;
const SHA_DIGITS = 24;

/**
 * The content hash of a range of a segment, fed piece by piece: CRC-32 of all of it, then the beginning of the SHA-256 of its last 4 KiB.
 * A range is already named by its segment and its offsets, so what the hash has to find is damage, and a file that was written anew under the
 * same first record: its last lines carry other nanoseconds. SHA-256 of everything says no more here, and was an eighth of what an agent did.
 */
export class RangeHasher {
  #crc = 0;
  #tail: Uint8Array = new Uint8Array();

  /** The piece may be reused when this returns. */
  update(piece: Uint8Array): void {
    this.#crc = crc32(piece, this.#crc);
    if (piece.length >= TAIL_BYTES) this.#tail = Buffer.from(piece.subarray(piece.length - TAIL_BYTES));
    else this.#tail = Buffer.concat([this.#tail, piece]).subarray(-TAIL_BYTES);
  }

  /** 32 hex digits. */
  digest(): string {
    return this.#crc.toString(16).padStart(8, '0') + hash('sha256', this.#tail, 'hex').slice(0, SHA_DIGITS);
  }
}

/** The hash of the pieces in a row. */
export function rangeHash(...pieces: Uint8Array[]): string {
  const hasher = new RangeHasher();
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest();
}
