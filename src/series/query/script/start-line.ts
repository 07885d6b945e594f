import { parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';
import type { Labels } from '../labels/labels.ts';
import { parseMetric } from './series-line.ts';

const ITEM = /^([+-]?\d+[a-wyz]*)(?:([+-]\d+[a-wyz]*)?x(\d+))?$/;

/** `metric{…}@st -1m 0s+1sx3 _`: when the samples of the series line that follows began, relative to their times in milliseconds. */
export function parseStartLine(line: string): { labels: Labels; offsetsMs: (number | undefined)[] } | undefined {
  const space = /[\t ]/.exec(line)?.index ?? -1;
  const metric = line.slice(0, space);
  if (space < 0 || !metric.endsWith('@st')) return undefined;
  const { labels } = parseMetric(metric.slice(0, -'@st'.length));
  return { labels, offsetsMs: line.slice(space).trim().split(/\s+/).flatMap(parseItem) };
}

function parseItem(item: string): (number | undefined)[] {
  const blank = /^_(?:x(\d+))?$/.exec(item);
  if (blank !== null) return new Array<undefined>(Number(blank[1] ?? 1)).fill(undefined);
  const parts = ITEM.exec(item);
  if (parts === null) throw new Error(`invalid start time ${JSON.stringify(item)}`);
  const first = signedMs(parts[1]!);
  const increment = parts[2] === undefined ? 0 : signedMs(parts[2]);
  return Array.from({ length: parts[3] === undefined ? 1 : Number(parts[3]) + 1 }, (_, at) => first + at * increment);
}

function signedMs(text: string): number {
  const milliseconds = parsePrometheusDurationMs(text.replace(/^[+-]/, ''));
  return text.startsWith('-') ? -milliseconds : milliseconds;
}
