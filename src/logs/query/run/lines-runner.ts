import { labelsKey } from '../labels/labels.ts';
import type { CategorizedLabels } from '../pipeline/line-labels.ts';
import type { LinesPlan } from '../plan/plan.ts';
import { type LinesResult, oneBlock } from './block-result.ts';
import type { BlockRunner } from './block-runner.ts';
import type { LineSelector } from './line-selector.ts';
import { areRising } from './relative-times.ts';

/** Few lines cost as much to put together as this many. */
const linesAtOnceMin = 64;
const noTimes = new BigInt64Array();

/** Gives the lines of a block, the first ones of the order that was asked for. */
export function createLinesRunner({ limit, direction }: LinesPlan, select: LineSelector): BlockRunner {
  return {
    run(block) {
      let times: BigInt64Array = noTimes;
      let inOrder = false;
      /** Few lines are sorted whatever order they have. */
      const linesAtOnce = (chosen: Uint32Array) => {
        times = block.times();
        inOrder = chosen.length > limit && areRising(times);
        return inOrder ? Math.max(limit, linesAtOnceMin) : Number.POSITIVE_INFINITY;
      };
      const labels: CategorizedLabels[] = [];
      const known = new Map<string, number>();
      const untouched = new Map<number, number>();
      let setOf: Uint32Array | undefined;
      let entries: LinesResult['entries'] = [];
      const place = (categorized: CategorizedLabels): number => {
        const key = categoriesKey(categorized);
        let index = known.get(key);
        if (index === undefined) {
          index = labels.push(categorized) - 1;
          known.set(key, index);
        }
        return index;
      };
      const lines = select.each(block, { direction, linesAtOnce }, (line, index) => {
        let at: number | undefined;
        if (line.labels.isUntouched && !block.detectsLevel) {
          const set = (setOf ??= block.metadata?.get().of)?.[index] ?? 0;
          at = untouched.get(set);
          if (at === undefined) untouched.set(set, (at = place(line.labels.categorized())));
        } else at = place(line.labels.categorized());
        entries.push({ timeNs: times[index]!, line: line.ownText(), labels: at });
        // Of a block out of order the last line may be the first.
        if (!inOrder && entries.length >= 2 * limit + 1024) entries = firstOf(entries, limit, direction);
        return !inOrder || entries.length < limit;
      });
      const { timeMin, timeMax } = block;
      const matchedLines = entries.length;
      if (!inOrder) entries = firstOf(entries, limit, direction);
      const cost = { ...oneBlock, lines, matchedLines, bytes: block.text.textBytes };
      return { kind: 'lines', timeMin, timeMax, labels, entries, ...cost };
    },
  };
}

function categoriesKey({ stream, metadata, parsed }: CategorizedLabels): string {
  return [stream, metadata, parsed].map((labels) => labelsKey(Object.entries(labels))).join('\ud802');
}

/** Sorts by time; lines of one time stay in the order in which they were found. */
export function firstOf<T extends { timeNs: bigint }>(
  entries: T[],
  limit: number,
  direction: LinesPlan['direction'],
): T[] {
  const sign = direction === 'forward' ? 1 : -1;
  return entries.sort((a, b) => (a.timeNs < b.timeNs ? -sign : a.timeNs > b.timeNs ? sign : 0)).slice(0, limit);
}
