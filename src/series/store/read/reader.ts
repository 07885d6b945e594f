import { Fault } from '../../../base/fault.ts';
import { compareLabels, type Labels, type Matcher, type Scope, type SourceSeries } from '../../query/query.ts';
import type { BlockSet } from '../block/block-set.ts';
import type { Tombstones } from '../block/tombstones.ts';
import type { Heads } from '../heads.ts';
import { scopedMatchers } from '../scope.ts';
import type { SelectionLimits } from '../selection-limit.ts';
import type { Names } from '../store.ts';
import { blockParts, DamagedBlock } from './block-parts.ts';
import type { EncodedSelection } from './encoded-selection.ts';
import { gatherGroups, groupParts } from './gather-parts.ts';
import { gatherHead, hasWindow, headParts } from './head-parts.ts';
import type { SeriesPart } from './part.ts';
import { kept, SelectionDecoder } from './selection-decoder.ts';
import { Slices } from './slices.ts';

/** Reads over everything that the store holds of a tenant. */
export class Reader {
  readonly #heads: Heads;
  readonly #blocks: BlockSet;
  readonly #tombstones: Tombstones;

  constructor(heads: Heads, blocks: BlockSet, tombstones: Tombstones) {
    this.#heads = heads;
    this.#blocks = blocks;
    this.#tombstones = tombstones;
  }

  async select(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits: SelectionLimits = {},
  ): Promise<SourceSeries[]> {
    const selection = await this.gather(scope, matchers, minMs, maxMs, limits);
    const slices = new Slices(limits.signal);
    const all: SourceSeries[] = [];
    for (const series of kept(new SelectionDecoder(selection, limits.samplesMax))) {
      all.push(series);
      if (slices.isOver) await slices.next();
    }
    return all;
  }

  gather(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    limits: SelectionLimits = {},
  ): Promise<EncodedSelection> {
    const head = this.#heads.of(scope);
    const scoped = scopedMatchers(scope, matchers);
    const isInBlocks = this.#blocks.of(scope.tenant).some((block) => block.overlaps(minMs, maxMs));
    if (head && scoped && !isInBlocks) return gatherHead(head, scoped, minMs, maxMs, limits);
    return this.#withParts(scope, matchers, minMs, maxMs, (groups) => gatherGroups(groups, minMs, maxMs, limits));
  }

  /** Blocks stay open until `use` has ended. One that turns out to be damaged is left out, and all is done again. */
  async #withParts<Result>(
    scope: Scope,
    matchers: readonly Matcher[],
    minMs: number,
    maxMs: number,
    use: (groups: SeriesPart[][]) => Promise<Result>,
  ): Promise<Result> {
    const scoped = scopedMatchers(scope, matchers);
    if (scoped === undefined) return use([]);
    for (;;) {
      const blocks = this.#blocks.of(scope.tenant).filter((block) => block.overlaps(minMs, maxMs));
      for (const block of blocks) block.hold();
      try {
        // The head as it is at this moment: a window that becomes a block meanwhile is not missed, nor seen twice.
        const head = this.#heads.of(scope);
        const inHead = head ? headParts(head, scoped, minMs, maxMs) : [];
        const places: SeriesPart[][] = [];
        for (const block of blocks.sort((a, b) => a.meta.order - b.meta.order)) {
          const deleted = this.#tombstones.of(block.meta);
          places.push(await blockParts(block, scoped, minMs, maxMs, deleted));
        }
        places.push(inHead);
        return await use(groupParts(places));
      } catch (error) {
        if (!(error instanceof DamagedBlock)) throw error;
        await this.#blocks.refuse(error.block, error.fault);
      } finally {
        for (const block of blocks) await block.release();
      }
    }
  }

  /** Labels of the series that match any of the lists, sorted. */
  async matching(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<{ series: Labels[]; truncated: boolean }> {
    const found = new Map<string, Labels>();
    for (const list of matchers.length === 0 ? [[]] : matchers) {
      await this.#withParts(scope, list, minMs, maxMs, async (groups) => {
        for (const group of groups) {
          const { labels } = group[0]!;
          if (!found.has(labels.key) && (await hasSample(group, minMs, maxMs))) found.set(labels.key, labels);
        }
      });
    }
    const series = [...found.values()].sort(compareLabels);
    return { series: series.slice(0, limit), truncated: series.length > limit };
  }

  /** Where nothing is asked of the series, what the indexes of the time's windows and blocks have, without looking at samples. */
  async labelNames(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names> {
    const names = new Set<string>();
    if (matchers.length === 0 && scope.namespaces === '*') {
      await this.#withIndexes(scope, minMs, maxMs, (index) => {
        for (const name of index.names()) names.add(name);
      });
    } else {
      const { series } = await this.matching(scope, matchers, minMs, maxMs, Number.POSITIVE_INFINITY);
      for (const labels of series) for (const name of labels.names) names.add(name);
    }
    return cut(names, limit);
  }

  async labelValues(
    scope: Scope,
    label: string,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names> {
    const values = new Set<string>();
    if (matchers.length === 0 && scope.namespaces === '*') {
      await this.#withIndexes(scope, minMs, maxMs, (index) => {
        for (const value of index.values(label)) values.add(value);
      });
    } else {
      const { series } = await this.matching(scope, matchers, minMs, maxMs, Number.POSITIVE_INFINITY);
      for (const labels of series) values.add(labels.get(label));
      values.delete('');
    }
    return cut(values, limit);
  }

  async #withIndexes(
    scope: Scope,
    minMs: number,
    maxMs: number,
    visit: (index: { names(): Iterable<string>; values(label: string): Iterable<string> }) => void,
  ): Promise<void> {
    const head = this.#heads.of(scope);
    if (head && hasWindow(head, minMs, maxMs)) visit(head.index);
    for (const block of this.#blocks.of(scope.tenant)) {
      if (!block.overlaps(minMs, maxMs)) continue;
      block.hold();
      try {
        visit(await block.index());
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'corrupt') throw error;
        await this.#blocks.refuse(block, error);
      } finally {
        await block.release();
      }
    }
  }
}

function cut(names: Set<string>, limit: number): Names {
  const sorted = [...names].sort();
  return { names: sorted.slice(0, limit), truncated: sorted.length > limit };
}

async function hasSample(group: SeriesPart[], minMs: number, maxMs: number): Promise<boolean> {
  if (group.some((part) => part.aTimeMs >= minMs && part.aTimeMs <= maxMs)) return true;
  const decoder = new SelectionDecoder(await gatherGroups([group], minMs, maxMs));
  return decoder.series().next().done !== true;
}
