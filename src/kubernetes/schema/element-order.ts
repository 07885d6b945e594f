/**
 * The list with the items that the patch orders (`wanted`) in that order, and the others where they stood relative to them before.
 * `before` holds the identities of the list as it was before the patch.
 */
export function orderedByPatch(
  list: unknown[],
  wanted: readonly string[],
  before: readonly string[],
  identity: (item: unknown) => string,
): unknown[] {
  const wantedRank = ranks(wanted);
  const beforeRank = ranks(before);
  const named = (item: unknown) => wantedRank.has(identity(item));
  const ordered = sortedBy(list.filter(named), (item) => wantedRank.get(identity(item)) ?? -1);
  const rankBefore = (item: unknown) => beforeRank.get(identity(item)) ?? -1;
  const others = sortedBy(
    list.filter((item) => !named(item)),
    rankBefore,
  );
  const out: unknown[] = [];
  let next = 0;
  for (const item of ordered) {
    const rank = rankBefore(item);
    // What is new goes first; what was there lets those pass that stood before it.
    while (rank >= 0 && next < others.length && rankBefore(others[next]) < rank) out.push(others[next++]);
    out.push(item);
  }
  return [...out, ...others.slice(next)];
}

/** Of equal identities the first counts. */
function ranks(identities: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [at, identity] of identities.entries()) if (!found.has(identity)) found.set(identity, at);
  return found;
}

function sortedBy(items: unknown[], rank: (item: unknown) => number): unknown[] {
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}
