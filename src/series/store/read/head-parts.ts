import type { Labels, Matcher } from '../../query/query.ts';
import { Int32Column } from '../head/columns.ts';
import type { HeadWindow } from '../head/head-window.ts';
import { matchingSlots } from '../head/match.ts';
import { SlotLabels } from '../head/slot-labels.ts';
import type { TenantHead } from '../head/tenant-head.ts';
import { SelectionLimitError, type SelectionLimits } from '../selection-limit.ts';
import { type EncodedSelection, SelectionBuilder } from './encoded-selection.ts';
import type { SeriesPart } from './part.ts';
import { Slices } from './slices.ts';

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

/**
 * Lists what the head alone has, without an object for each series. Which series they are is settled at once; their pieces are listed while
 * samples come in.
 */
export async function gatherHead(
  head: TenantHead,
  matchers: readonly Matcher[],
  minMs: number,
  maxMs: number,
  { seriesMax = Number.POSITIVE_INFINITY, samplesMax = Number.POSITIVE_INFINITY, signal }: SelectionLimits,
): Promise<EncodedSelection> {
  signal?.throwIfAborted();
  const windows = [...head.closing, ...head.windows.values()].filter((window) => overlaps(window, minMs, maxMs));
  const labels = new SlotLabels(head.index);
  /** For each series its local number in each window. */
  const locals = new Int32Column();
  for (const slot of windows.length > 0 ? matchingSlots(head.index, matchers) : []) {
    if (!windows.some((window) => window.localOf(slot) >= 0)) continue;
    labels.add(slot);
    for (const window of windows) locals.push(window.localOf(slot));
    if (locals.length > seriesMax * windows.length) throw new SelectionLimitError('series', seriesMax);
  }
  const builder = new SelectionBuilder();
  const slices = new Slices(signal);
  for (let at = 0; at < locals.length; ) {
    builder.beginNext();
    for (const window of windows) {
      const local = locals.data[at++]!;
      if (local >= 0) window.list(local, minMs, maxMs, builder);
    }
    if (builder.samplesMin > samplesMax) throw new SelectionLimitError('samples', samplesMax);
    if (slices.isOver) await slices.next();
  }
  return builder.finish(minMs, maxMs, labels.finish());
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
