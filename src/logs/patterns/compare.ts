/** How often a pattern comes before and after a change. */
export interface Compared {
  kind: 'new' | 'gone' | 'more' | 'less' | 'same';
  /** How many times as often as before, for the same time; null where it was not there before. */
  ratio: number | null;
}

/** So many times as often, or a share of that, counts as a change. */
const ratioMin = 2;
/** And so many standard deviations, if lines came by chance, as rarely as they did. */
const deviationsMin = 3;

/** `exposure` is how long lines were counted before and after, in the same unit. */
export function compared(
  [before, after]: [number, number],
  [exposureBefore, exposureAfter]: [number, number],
): Compared {
  if (before === 0) return { kind: after === 0 ? 'same' : 'new', ratio: null };
  if (after === 0) return { kind: 'gone', ratio: 0 };
  const scale = exposureAfter / exposureBefore;
  const ratio = after / (before * scale);
  const deviations = Math.abs(after - before * scale) / Math.sqrt(after + before * scale * scale);
  if (deviations < deviationsMin) return { kind: 'same', ratio };
  if (ratio >= ratioMin) return { kind: 'more', ratio };
  return { kind: ratio <= 1 / ratioMin ? 'less' : 'same', ratio };
}
