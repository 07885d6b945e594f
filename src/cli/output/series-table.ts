import { Fault } from '../../base/fault.ts';
import { sparkline } from './sparkline.ts';
import { table } from './table.ts';

/** Series as the API gives them: values are text, times in seconds. */
export interface ShownSeries {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

/** More labels than this get one column together. */
const labelColumnsMax = 8;
const trendWidth = 30;
const nameLabel = '__name__';

/** One row a series: its labels in columns, and its value. */
export function vectorTable(all: readonly ShownSeries[]): string {
  const { header, cells } = labelColumns(all);
  return table(
    [...header, 'VALUE'],
    all.map((series, row) => [...cells[row]!, series.value?.[1] ?? '']),
  );
}

/** One row a series: its least, greatest and latest value, and their course. `mark` goes before a row's first cell. */
export function rangeTable(all: readonly ShownSeries[], mark: (row: number) => string = () => ''): string {
  const { header, cells } = labelColumns(all);
  const rows = all.map(({ values = [] }, row) => {
    const numbers = values.map(([, text]) => numberOf(text));
    const known = numbers.filter((value) => !Number.isNaN(value));
    const ends = known.length === 0 ? ['NaN', 'NaN'] : [plain(Math.min(...known)), plain(Math.max(...known))];
    return [...cells[row]!, ...ends, values.at(-1)?.[1] ?? '', sparkline(numbers, trendWidth)];
  });
  const text = table([...header, 'MIN', 'MAX', 'LAST', 'TREND'], rows);
  if (all.length === 0 || mark(0) === '') return text;
  const [first, ...lines] = text.trimEnd().split('\n');
  return `  ${first}\n${lines.map((line, row) => `${mark(row)} ${line}\n`).join('')}`;
}

/** A row for each value: time, labels and value. */
export function csv(all: readonly ShownSeries[]): string {
  const names = labelNames(all);
  const lines = [[...names.map((name) => (name === nameLabel ? 'metric' : name)), 'time', 'value']];
  for (const { metric, value, values } of all) {
    for (const [seconds, text] of values ?? (value ? [value] : [])) {
      lines.push([...names.map((name) => metric[name] ?? ''), new Date(seconds * 1000).toISOString(), text]);
    }
  }
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\n`).join('');
}

function plain(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

export function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function labelColumns(all: readonly ShownSeries[]): { header: string[]; cells: string[][] } {
  const names = labelNames(all);
  if (names.length <= labelColumnsMax) {
    return {
      header: names.map((name) => (name === nameLabel ? 'METRIC' : name.toUpperCase())),
      cells: all.map(({ metric }) => names.map((name) => metric[name] ?? '')),
    };
  }
  return { header: ['SERIES'], cells: all.map(({ metric }) => [seriesText(metric)]) };
}

/** The metric's name first. */
function labelNames(all: readonly ShownSeries[]): string[] {
  const names = new Set(all.flatMap(({ metric }) => Object.keys(metric)));
  const others = [...names].filter((name) => name !== nameLabel).sort();
  return names.has(nameLabel) ? [nameLabel, ...others] : others;
}

function seriesText({ [nameLabel]: name = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(', ')}}`;
}

function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function requireSeries(result: unknown): readonly ShownSeries[] {
  if (Array.isArray(result)) return result;
  throw new Fault('unavailable', "the server's answer is not a list of series");
}
