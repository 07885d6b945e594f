import { compareLabels, type Labels } from '../../query/query.ts';
import { SelectionLimitError, type SelectionLimits } from '../selection-limit.ts';
import { type EncodedSelection, SelectionBuilder } from './encoded-selection.ts';
import type { SeriesPart } from './part.ts';
import { Slices } from './slices.ts';

/**
 * Parts of the same series together, sorted by labels; the parts of a series stay in their order. What comes from one place (the head, or one
 * block) is told apart by its label objects; only between places the labels themselves are compared.
 */
export function groupParts(places: readonly (readonly SeriesPart[])[]): SeriesPart[][] {
  const filled = places.filter((parts) => parts.length > 0);
  const groups = filled.length === 1 ? adjacent(filled[0]!) : merged(filled.flat());
  return groups.sort((a, b) => compareLabels(a[0]!.labels, b[0]!.labels));
}

function adjacent(parts: readonly SeriesPart[]): SeriesPart[][] {
  const groups: SeriesPart[][] = [];
  let before: Labels | undefined;
  for (const part of parts) {
    if (part.labels === before) groups.at(-1)!.push(part);
    else groups.push([part]);
    before = part.labels;
  }
  return groups;
}

function merged(parts: readonly SeriesPart[]): SeriesPart[][] {
  const groups = new Map<string, SeriesPart[]>();
  let before: Labels | undefined;
  let group: SeriesPart[] = [];
  for (const part of parts) {
    if (part.labels !== before) {
      const found = groups.get(part.labels.key);
      if (found) group = found;
      else groups.set(part.labels.key, (group = []));
      before = part.labels;
    }
    group.push(part);
  }
  return [...groups.values()];
}

/** Lists the pieces of the series, still encoded; the first of a series are the first part's. Rejects with SelectionLimitError, or the signal's reason. */
export async function gatherGroups(
  groups: readonly SeriesPart[][],
  minMs: number,
  maxMs: number,
  { seriesMax = Number.POSITIVE_INFINITY, samplesMax = Number.POSITIVE_INFINITY, signal }: SelectionLimits = {},
): Promise<EncodedSelection> {
  signal?.throwIfAborted();
  if (groups.length > seriesMax) throw new SelectionLimitError('series', seriesMax);
  const builder = new SelectionBuilder();
  const slices = new Slices(signal);
  for (const group of groups) {
    builder.begin(group[0]!.labels);
    for (const part of group) {
      const loading = part.load?.();
      if (loading) await loading;
      part.list(minMs, maxMs, builder);
    }
    if (builder.samplesMin > samplesMax) throw new SelectionLimitError('samples', samplesMax);
    if (slices.isOver) await slices.next();
  }
  return builder.finish(minMs, maxMs);
}
