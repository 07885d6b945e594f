import type { DecodedLines } from '../batch/batch.ts';
import { NEARBY, OUTSIDE, SOUGHT } from './line-filter.ts';
import { compacted, type PickedLines } from './picked-lines.ts';

/**
 * Picks the lines sought and those around them, over the blocks of one instance. Blocks come in the order of the file, or,
 * for `backward`, all reversed; then what comes is reversed too, and `before` and `after` still mean the file's order.
 * Invariant: `#held` are the latest lines that were not picked and still may be, oldest first; `#owed` how many more lines
 * follow the last one sought.
 */
export class ContextPicker {
  #keep: number;
  #follow: number;
  #backward: boolean;
  #held: { block: DecodedLines; line: number }[] = [];
  #owed = 0;
  /** Lines sought so far. */
  soughtCount = 0;

  constructor(before: number, after: number, backward = false) {
    this.#keep = backward ? after : before;
    this.#follow = backward ? before : after;
    this.#backward = backward;
  }

  get owesNothing(): boolean {
    return this.#owed === 0;
  }

  /** In the order of reading. Stops after `soughtMax` lines sought in all, but gives what then still belongs to them. */
  pick(block: DecodedLines, verdicts: Uint8Array, soughtMax = Number.POSITIVE_INFINITY): PickedLines[] {
    const picked: PickedLines[] = [];
    const lines: number[] = [];
    const count = verdicts.length;
    for (let i = 0; i < count; i++) {
      const line = this.#backward ? count - 1 - i : i;
      const verdict = verdicts[line]!;
      if (verdict === OUTSIDE) continue;
      if (verdict === SOUGHT && this.soughtCount < soughtMax) {
        this.soughtCount++;
        this.#flushHeld(block, picked, lines);
        lines.push(line);
        this.#owed = this.#follow;
      } else if (this.#owed > 0) {
        this.#owed--;
        lines.push(line);
      } else if (this.soughtCount < soughtMax) this.#hold(block, line, verdict);
      else break;
    }
    if (lines.length > 0) picked.push({ block, lines: Uint32Array.from(lines) });
    this.#compactHeld(block);
    return picked;
  }

  #hold(block: DecodedLines, line: number, verdict: number): void {
    if (this.#keep === 0 || verdict !== NEARBY) return;
    if (this.#held.length === this.#keep) this.#held.shift();
    this.#held.push({ block, line });
  }

  #flushHeld(current: DecodedLines, picked: PickedLines[], lines: number[]): void {
    for (const { block, line } of this.#held) {
      if (block === current) lines.push(line);
      else picked.push({ block, lines: Uint32Array.of(line) });
    }
    this.#held = [];
  }

  /** A held line must not keep its whole block in memory while the next blocks are read. */
  #compactHeld(current: DecodedLines): void {
    this.#held = this.#held.map((held) => {
      if (held.block !== current) return held;
      return { block: compacted({ block: current, lines: Uint32Array.of(held.line) }).block, line: 0 };
    });
  }
}
