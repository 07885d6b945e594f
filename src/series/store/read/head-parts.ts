import type { Labels, Matcher } from '../../query/query.ts';
import type { HeadWindow } from '../head/head-window.ts';
import { matchingSlots } from '../head/match.ts';
import type { TenantHead } from '../head/tenant-head.ts';
import type { SelectionBuilder } from './encoded-selection.ts';
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
      parts.push(new WindowPart(window, local, labels));
    }
  }
  return parts;
}

/** Whether the head has samples of about this time. */
export function hasWindow(head: TenantHead, minMs: number, maxMs: number): boolean {
  return [...head.closing, ...head.windows.values()].some((window) => overlaps(window, minMs, maxMs));
}

function overlaps(window: HeadWindow, minMs: number, maxMs: number): boolean {
  return window.samples > 0 && window.minMs <= maxMs && window.maxMs >= minMs;
}

/** One series of a window. What it has is asked for when it is read: samples come in meanwhile. */
class WindowPart implements SeriesPart {
  readonly labels: Labels;
  readonly #window: HeadWindow;
  readonly #local: number;

  constructor(window: HeadWindow, local: number, labels: Labels) {
    this.labels = labels;
    this.#window = window;
    this.#local = local;
  }

  get aTimeMs(): number {
    return this.#window.newestMs(this.#local);
  }

  list(minMs: number, maxMs: number, into: SelectionBuilder): void {
    this.#window.list(this.#local, minMs, maxMs, into);
  }
}
