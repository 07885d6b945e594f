import type { Matcher } from '../../query/query.ts';
import type { SeriesIndex } from './series-index.ts';

/** Conditions on a series of one tenant's index, with what they said of each pair so far. */
interface Condition {
  name: number;
  matchesMissing: boolean;
  /** 0: not asked yet, 1: no, 2: yes. */
  matches: (pair: number) => boolean;
}

/** A matcher for the namespaces that a caller may see. */
export function namespaceMatcher(namespaces: readonly string[]): Matcher {
  const allowed = new Set(namespaces);
  return {
    op: '=~',
    name: 'namespace',
    value: namespaces.join('|'),
    matches: (value) => allowed.has(value) && value !== '',
    toString: () => `namespace=~"${namespaces.join('|')}"`,
  };
}

/** Slots of the series that meet all matchers, in no order. */
export function* matchingSlots(index: SeriesIndex, matchers: readonly Matcher[]): Generator<number> {
  const conditions: Condition[] = [];
  let narrowest: { pairs: readonly number[]; series: number; at: number } | undefined;
  for (const matcher of matchers) {
    const matchesMissing = matcher.matches('');
    const pairs = matchesMissing ? undefined : pairsThatMatch(index, matcher);
    if (pairs !== undefined) {
      const series = pairs.reduce((sum, pair) => sum + index.seriesOf(pair), 0);
      if (narrowest === undefined || series < narrowest.series) narrowest = { pairs, series, at: conditions.length };
    }
    conditions.push({ name: index.symbolOf(matcher.name), matchesMissing, matches: membership(index, matcher, pairs) });
  }
  // Those that are gone through meet the condition that they were found by.
  if (narrowest) conditions.splice(narrowest.at, 1);
  for (const slot of narrowest ? slotsOfAll(index, narrowest.pairs) : allSlots(index)) {
    if (meetsAll(index, slot, conditions)) yield slot;
  }
}

function meetsAll(index: SeriesIndex, slot: number, conditions: readonly Condition[]): boolean {
  for (const condition of conditions) if (!meets(index, slot, condition)) return false;
  return true;
}

function pairsThatMatch(index: SeriesIndex, matcher: Matcher): number[] {
  if (matcher.op === '=') {
    const pair = index.pairOf(matcher.name, matcher.value);
    return pair === 0 ? [] : [pair];
  }
  const pairs: number[] = [];
  for (const pair of index.pairsOf(matcher.name)) if (matcher.matches(index.valueOf(pair))) pairs.push(pair);
  return pairs;
}

function membership(index: SeriesIndex, matcher: Matcher, pairs: readonly number[] | undefined) {
  if (pairs?.length === 1) return (pair: number) => pair === pairs[0];
  if (pairs) {
    const set = new Set(pairs);
    return (pair: number) => set.has(pair);
  }
  const known = new Map<number, boolean>();
  return (pair: number) => {
    let matches = known.get(pair);
    if (matches === undefined) {
      matches = matcher.matches(index.valueOf(pair));
      known.set(pair, matches);
    }
    return matches;
  };
}

function meets(index: SeriesIndex, slot: number, { name, matches, matchesMissing }: Condition): boolean {
  const pair = name === 0 ? 0 : index.pairIn(slot, name);
  return pair === 0 ? matchesMissing : matches(pair);
}

function* slotsOfAll(index: SeriesIndex, pairs: readonly number[]): Generator<number> {
  for (const pair of pairs) yield* index.slotsOf(pair);
}

function* allSlots(index: SeriesIndex): Generator<number> {
  for (let slot = 1; slot < index.slotEnd; slot++) if (index.has(slot)) yield slot;
}
