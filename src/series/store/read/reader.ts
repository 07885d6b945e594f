import { compareLabels, type Labels, type Matcher, type Scope, type SourceSeries } from '../../query/query.ts';
import type { Heads } from '../heads.ts';
import { scopedMatchers } from '../scope.ts';
import type { Names } from '../store.ts';
import { headParts } from './head-parts.ts';
import { decodeGroups, groupParts } from './merge-parts.ts';
import type { SeriesPart } from './part.ts';

/** Reads over everything that the store holds of a tenant. */
export class Reader {
  readonly #heads: Heads;

  constructor(heads: Heads) {
    this.#heads = heads;
  }

  async select(scope: Scope, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<SourceSeries[]> {
    return decodeGroups(groupParts(await this.#parts(scope, matchers, minMs, maxMs)), minMs, maxMs);
  }

  async #parts(scope: Scope, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<SeriesPart[]> {
    const scoped = scopedMatchers(scope, matchers);
    const head = this.#heads.of(scope);
    if (scoped === undefined || head === undefined) return [];
    return headParts(head, scoped, minMs, maxMs);
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
      for (const group of groupParts(await this.#parts(scope, list, minMs, maxMs))) {
        const { labels } = group[0]!;
        if (!found.has(labels.key) && (await hasSample(group, minMs, maxMs))) found.set(labels.key, labels);
      }
    }
    const series = [...found.values()].sort(compareLabels);
    return { series: series.slice(0, limit), truncated: series.length > limit };
  }

  async labelNames(
    scope: Scope,
    matchers: readonly (readonly Matcher[])[],
    minMs: number,
    maxMs: number,
    limit: number,
  ): Promise<Names> {
    const { series } = await this.matching(scope, matchers, minMs, maxMs, Number.POSITIVE_INFINITY);
    const names = new Set<string>();
    for (const labels of series) for (const name of labels.names) names.add(name);
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
    const { series } = await this.matching(scope, matchers, minMs, maxMs, Number.POSITIVE_INFINITY);
    const values = new Set<string>();
    for (const labels of series) values.add(labels.get(label));
    values.delete('');
    return cut(values, limit);
  }
}

function cut(names: Set<string>, limit: number): Names {
  const sorted = [...names].sort();
  return { names: sorted.slice(0, limit), truncated: sorted.length > limit };
}

async function hasSample(group: SeriesPart[], minMs: number, maxMs: number): Promise<boolean> {
  if (group.some((part) => part.aTimeMs >= minMs && part.aTimeMs <= maxMs)) return true;
  return (await decodeGroups([group], minMs, maxMs)).length > 0;
}
