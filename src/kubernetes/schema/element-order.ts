import { sameJson } from './own-property.ts';

/**
 * The list with the items that the patch orders (`wanted`) in that order, and the others where they stood relative to them before.
 * `before` holds the identities of the list as it was before the patch.
 */
export function orderedByPatch(
  list: unknown[],
  wanted: unknown[],
  before: unknown[],
  identity: (item: unknown) => unknown,
): unknown[] {
  const rank = (keys: unknown[], item: unknown) => keys.findIndex((key) => sameJson(key, identity(item)));
  const sorted = (items: unknown[], keys: unknown[]) =>
    items
      .map((item) => ({ item, rank: rank(keys, item) }))
      .sort((left, right) => left.rank - right.rank)
      .map(({ item }) => item);
  const ordered = sorted(
    list.filter((item) => rank(wanted, item) >= 0),
    wanted,
  );
  const others = sorted(
    list.filter((item) => rank(wanted, item) < 0),
    before,
  );
  const out: unknown[] = [];
  while (ordered.length > 0 && others.length > 0) {
    const first = rank(before, ordered[0]);
    const goesFirst = first < 0 || first < rank(before, others[0]);
    out.push(goesFirst ? ordered.shift() : others.shift());
  }
  return [...out, ...ordered, ...others];
}
