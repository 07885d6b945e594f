import { VARIABLE } from './scan.ts';

/** How often, by level and then by time. */
export type Counts = Map<string, Map<number, number>>;

/** Lines of one kind. Words are constant, or VARIABLE; of each variable its value is kept while all lines have the same. */
export interface Kind {
  words: readonly string[];
  between: readonly string[];
  /** By variable, in order; undefined where values differ. */
  values: (string | undefined)[];
  lines: number;
  counts: Counts;
}

/** Notes one line more; says whether that took a counter more. */
export function count({ counts }: Pick<Kind, 'counts'>, level: string, time: number, lines: number): boolean {
  let times = counts.get(level);
  if (times === undefined) counts.set(level, (times = new Map()));
  const before = times.get(time);
  times.set(time, (before ?? 0) + lines);
  return before === undefined;
}

/** Values that differ are no longer kept. */
export function keepEqual(values: (string | undefined)[], others: readonly (string | undefined)[]): void {
  for (let at = 0; at < values.length; at++) if (values[at] !== others[at]) values[at] = undefined;
}

/** One kind of several that have as many words; where their words differ it has a variable. */
export function merged(kinds: readonly Kind[]): Kind {
  const [first, ...others] = kinds as [Kind, ...Kind[]];
  const words = first.words.map((word, at) => (others.every(({ words }) => words[at] === word) ? word : VARIABLE));
  const values = valuesAt(first, words);
  const counts: Counts = new Map();
  let lines = 0;
  for (const kind of kinds) {
    if (kind !== first) keepEqual(values, valuesAt(kind, words));
    lines += kind.lines;
    for (const [level, times] of kind.counts) for (const [time, lines] of times) count({ counts }, level, time, lines);
  }
  return { words, between: first.between, values, lines, counts };
}

/** What a kind has where `words` have variables: a word that is one no longer has a value, too. */
function valuesAt({ words, values }: Kind, wanted: readonly string[]): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  let variable = 0;
  for (let at = 0; at < words.length; at++) {
    const value = words[at] === VARIABLE ? values[variable++] : words[at];
    if (wanted[at] === VARIABLE) found.push(value);
  }
  return found;
}
