import { shortNumber } from './short-number.ts';
import { sparkline } from './sparkline.ts';
import { table } from './table.ts';

/** A pattern as Loki's API gives it: times in seconds. */
export interface PatternSeries {
  pattern: string;
  level: string;
  samples: [seconds: number, lines: number][];
}

/** What `/taffrail/v1/patterns/changes` answers. */
export interface PatternChanges {
  lines: [number, number];
  changes: PatternChange[];
  warnings: string[];
}

interface PatternChange {
  kind: 'new' | 'gone' | 'more' | 'less' | 'same';
  pattern: string;
  level: string;
  lines: [number, number];
  ratio: number | null;
}

/** Of a pattern, what is shown on a terminal however narrow it is. */
const patternCharsMin = 40;

/** One row a pattern, the most frequent first. `columns` is the terminal's width, where there is one. */
export function patternsText(
  series: readonly PatternSeries[],
  { startMs, endMs, stepMs }: { startMs: number; endMs: number; stepMs: number },
  columns?: number,
): string {
  if (series.length === 0) return '';
  const stepSeconds = stepMs / 1000;
  const first = Math.floor(startMs / stepMs) * stepSeconds;
  const steps = Math.floor((endMs / 1000 - first) / stepSeconds) + 1;
  const all = series.reduce((sum, one) => sum + total(one), 0);
  const rows = series
    .map((one) => ({ ...one, lines: total(one) }))
    .sort((a, b) => b.lines - a.lines)
    .map(({ pattern, level, lines, samples }) => {
      const course = new Array<number>(steps).fill(0);
      for (const [seconds, count] of samples) course[Math.round((seconds - first) / stepSeconds)] = count;
      return [shortNumber(lines), `${((100 * lines) / all).toFixed(1)}%`, level, sparkline(course, steps), pattern];
    });
  return table(['LINES', 'SHARE', 'LEVEL', 'TREND', 'PATTERN'], fitted(rows, columns));
}

export function changesText(changes: readonly PatternChange[], columns?: number): string {
  if (changes.length === 0) return '';
  const rows = changes.map(({ kind, pattern, level, lines: [before, after], ratio }) => {
    const times = ratio === null || ratio === 0 ? '-' : `×${shortNumber(Number(ratio.toPrecision(2)))}`;
    return [kind, level, shortNumber(before), shortNumber(after), times, pattern];
  });
  return table(['CHANGE', 'LEVEL', 'BEFORE', 'AFTER', 'RATE', 'PATTERN'], fitted(rows, columns));
}

function total({ samples }: PatternSeries): number {
  return samples.reduce((sum, [, lines]) => sum + lines, 0);
}

/** The last cell of each row is cut to what the terminal has room for. */
function fitted(rows: readonly string[][], columns: number | undefined): string[][] {
  if (columns === undefined) return rows.map((row) => [...row]);
  const last = rows[0]!.length - 1;
  const others = Array.from({ length: last }, (_, at) => Math.max(6, ...rows.map((row) => row[at]!.length)) + 3);
  const room = Math.max(patternCharsMin, columns - others.reduce((sum, width) => sum + width, 0));
  return rows.map((row) =>
    row.map((cell, at) => (at === last && cell.length > room ? `${cell.slice(0, room - 1)}…` : cell)),
  );
}
