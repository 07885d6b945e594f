import type { Labels, Matcher } from '../../query/query.ts';
import type { HeadWindow } from '../head/head-window.ts';
import { matchingSlots } from '../head/match.ts';
import type { TenantHead } from '../head/tenant-head.ts';
import type { SeriesPart } from './part.ts';

/** What the head has of the series that meet the matchers, by window. */
export function headParts(head: TenantHead, matchers: readonly Matcher[], minMs: number, maxMs: number): SeriesPart[] {
  const windows = [...head.closing, ...head.windows.values()].filter((window) => overlaps(window, minMs, maxMs));
  if (windows.length === 0) return [];
  const parts: SeriesPart[] = [];
  for (const slot of matchingSlots(head.index, matchers)) {
    let labels: Labels | undefined;
    for (const window of windows) {
      const local = window.localOf(slot);
      if (local < 0) continue;
      labels ??= head.index.labels(slot);
      parts.push(windowPart(window, local, labels));
    }
  }
  return parts;
}

function overlaps(window: HeadWindow, minMs: number, maxMs: number): boolean {
  return window.samples > 0 && window.minMs <= maxMs && window.maxMs >= minMs;
}

function windowPart(window: HeadWindow, local: number, labels: Labels): SeriesPart {
  const extent = window.extent(local);
  return {
    labels,
    ...extent,
    read: (minMs, maxMs, into, at) => window.read(local, minMs, maxMs, into, at),
  };
}
