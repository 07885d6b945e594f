import type { Cover, HeldRange } from '../batch/batch.ts';

/** Adjacent bytes that the store has dealt with; `hash` is of `[tailFrom, to)`, the last cover that was joined into it. */
interface Piece {
  from: number;
  to: number;
  tailFrom: number;
  hash: string;
}

/** So many of the latest covers keep a hash of their own, which tells a retry from other content; older ones are joined. */
const recentPiecesMax = 32;
/** Joining is done for several at once. */
const PIECES_SLACK = 32;

/**
 * What the store holds of one segment. Invariant: pieces are sorted, not empty and do not overlap; pieces that touch may
 * stay apart only while they are recent, so a segment that is read from front to back needs a bounded number of them.
 */
export class Coverage {
  #pieces: Piece[];

  private constructor(pieces: Piece[]) {
    this.#pieces = pieces;
  }

  static empty(): Coverage {
    return new Coverage([]);
  }

  static parse(text: string): Coverage {
    const rows = JSON.parse(text) as [number, number, number, string][];
    return new Coverage(rows.map(([from, to, tailFrom, hash]) => ({ from, to, tailFrom, hash })));
  }

  format(): string {
    return JSON.stringify(this.#pieces.map(({ from, to, tailFrom, hash }) => [from, to, tailFrom, hash]));
  }

  get pieceCount(): number {
    return this.#pieces.length;
  }

  clone(): Coverage {
    return new Coverage(this.#pieces.map((piece) => ({ ...piece })));
  }

  /** `new`: nothing of it is held; `held`: exactly it is held; `overlap`: anything else. */
  verdict(cover: Cover): 'new' | 'held' | 'overlap' {
    const piece = this.#pieces[this.#firstEndingAfter(cover.from)];
    if (!piece || piece.from >= cover.to) return 'new';
    const same = piece.tailFrom === cover.from && piece.to === cover.to && piece.hash === cover.hash;
    return same ? 'held' : 'overlap';
  }

  /** The cover must be `new`. */
  add(cover: Cover): void {
    const { from, to, hash } = cover;
    this.#pieces.splice(this.#firstEndingAfter(from), 0, { from, to, tailFrom: from, hash });
    if (this.#pieces.length > recentPiecesMax + PIECES_SLACK) this.#joinOlder();
  }

  /** Takes over what `other` holds and this does not; for two instances that turn out to be one. */
  absorb(other: Coverage): void {
    for (const { from, to, tailFrom, hash } of other.#pieces) {
      if (this.verdict({ segment: '', from, to, hash }) !== 'new') continue;
      this.#pieces.splice(this.#firstEndingAfter(from), 0, { from, to, tailFrom, hash });
    }
  }

  held(): HeldRange[] {
    const ranges: HeldRange[] = [];
    for (const { from, to, tailFrom, hash } of this.#pieces) {
      const last = ranges.at(-1);
      if (last?.to === from) Object.assign(last, { to, tailFrom, tailHash: hash });
      else ranges.push({ from, to, tailFrom, tailHash: hash });
    }
    return ranges;
  }

  /** Whether every byte of the range is held. */
  contains(from: number, to: number): boolean {
    for (let i = this.#firstEndingAfter(from); from < to; i++) {
      const piece = this.#pieces[i];
      if (!piece || piece.from > from) return false;
      from = piece.to;
    }
    return true;
  }

  /** The parts of the range that are not held. `to` null means without end. */
  missing(from: number, to: number | null): { from: number; to: number | null }[] {
    const ranges: { from: number; to: number | null }[] = [];
    for (let i = this.#firstEndingAfter(from); i < this.#pieces.length; i++) {
      const piece = this.#pieces[i]!;
      if (to !== null && piece.from >= to) break;
      if (piece.from > from) ranges.push({ from, to: piece.from });
      from = piece.to;
    }
    if (to === null || from < to) ranges.push({ from, to });
    return ranges;
  }

  #firstEndingAfter(offset: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle]!.to <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #joinOlder(): void {
    const joined: Piece[] = [];
    const recentFrom = this.#pieces.length - recentPiecesMax;
    for (const [i, piece] of this.#pieces.entries()) {
      const last = joined.at(-1);
      if (i < recentFrom && last?.to === piece.from) Object.assign(last, { ...piece, from: last.from });
      else joined.push(piece);
    }
    this.#pieces = joined;
  }
}
