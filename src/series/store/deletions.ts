import type { Matcher, Scope } from '../query/query.ts';
import { matchingSlots } from './head/match.ts';
import type { Heads } from './heads.ts';
import { scopedMatchers } from './scope.ts';
import type { Committer } from './wal/committer.ts';

/** Deletes on purpose: at once where samples are in memory, by a tombstone where they are in blocks. */
export class Deletions {
  readonly #heads: Heads;
  readonly #committer: Committer;

  constructor(heads: Heads, committer: Committer) {
    this.#heads = heads;
    this.#committer = committer;
  }

  async delete(scope: Scope, matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<void> {
    const head = this.#heads.of(scope);
    if (head === undefined) return;
    await this.#committer.alone(async () => {
      const slots = new Set<number>();
      for (const list of matchers) {
        const scoped = scopedMatchers(scope, list);
        if (scoped) for (const slot of matchingSlots(head.index, scoped)) slots.add(slot);
      }
      for (const window of head.windows.values()) {
        if (window.minMs > maxMs || window.maxMs < minMs) continue;
        const held = [...slots].filter((slot) => window.localOf(slot) >= 0);
        if (held.length > 0) await this.#committer.remove(head, window, { slots: held, minMs, maxMs });
      }
    });
  }
}
