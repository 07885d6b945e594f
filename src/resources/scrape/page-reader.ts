import { KnownSeries, readExposition } from '../../exposition/exposition.ts';
import { type NodeWindow, PagePoints, type ScrapeTime } from '../window/window.ts';
import { type PageReading, PageSink } from './page-sink.ts';

export type { PageReading } from './page-sink.ts';

const NEWLINE = 0x0a;
const options = { format: 'text', lineBytesMax: 64 * 1024 } as const;
/** After so much of a page the event loop has its turn: about a millisecond, where its series are not known. */
const sliceBytes = 128 * 1024;

/** Scratch space of readings that are over. */
const idlePoints: PagePoints[] = [];
const idlePointsMax = 4;

/** Reads the pages of one kubelet into its window. Invariant: the series that it knows are of slots that their names still have. */
export class PageReader {
  readonly #window: NodeWindow;
  readonly #known: KnownSeries;

  constructor(window: NodeWindow, random: () => number) {
    this.#window = window;
    this.#known = new KnownSeries(random);
  }

  /** One page after the other: not to be called again before it resolves. */
  async read(wholePage: Buffer, at: ScrapeTime, breathe: () => Promise<void>): Promise<PageReading> {
    // What stands behind the last newline may be half a line, whose figures are none.
    const page = wholePage.at(-1) === NEWLINE ? wholePage : wholePage.subarray(0, wholePage.lastIndexOf(NEWLINE) + 1);
    const points = idlePoints.pop() ?? new PagePoints();
    const sink = new PageSink(page, this.#known, this.#window, points, at);
    if (page.length < wholePage.length) sink.cut();
    for (let start = 0; start < page.length; ) {
      const end = sliceEnd(page, start);
      const slice = end - start === page.length ? page : page.subarray(start, end);
      sink.beginSlice(slice, start);
      readExposition(slice, options, sink);
      start = end;
      if (start < page.length) await breathe();
    }
    const reading = sink.finish();
    if (idlePoints.length < idlePointsMax) idlePoints.push(points);
    const { windows, firsts, sames, skewed, incomplete } = reading;
    const isWhole = windows + firsts + sames + skewed + incomplete > this.#window.containers;
    if (!isWhole && this.#window.forget(at.monotonicMs)) this.#known.clear();
    return reading;
  }
}

/** Behind a newline, so that no line is cut. */
function sliceEnd(page: Buffer, from: number): number {
  if (page.length - from <= sliceBytes) return page.length;
  const newline = page.indexOf(NEWLINE, from + sliceBytes);
  return newline < 0 ? page.length : newline + 1;
}
