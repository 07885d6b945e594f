import { type MalformedLine, readExposition, seriesLabels } from '../../exposition/exposition.ts';
import { NODE_SLOT, type NodeWindow, PagePoints, type PageTally, type ScrapeTime } from '../window/window.ts';
import { IGNORED, kindOfEntry, metricAt, SeriesIndex, slotOfEntry, UNKNOWN } from './series-index.ts';

const NEWLINE = 0x0a;
const lineBytesMax = 64 * 1024;
/** After so much of a page the event loop has its turn: about a millisecond. */
const sliceBytes = 128 * 1024;

/** No name of Kubernetes is longer. */
const nameLengthMax = 253;

export interface PageReading extends PageTally {
  malformedLines: number;
  firstMalformed: MalformedLine | undefined;
  /** Samples that name no container, or one too many for the node. */
  unplaced: number;
}

/** Scratch space of readings that are over. */
const idlePoints: PagePoints[] = [];
const idlePointsMax = 4;

/** Reads the pages of one kubelet into its window. Invariant: every entry of `#series` is of a slot that its name still has. */
export class PageReader {
  readonly #window: NodeWindow;
  readonly #series: SeriesIndex;

  constructor(window: NodeWindow, random: () => number) {
    this.#window = window;
    this.#series = new SeriesIndex(random);
  }

  /** One page after the other: not to be called again before it resolves. */
  async read(wholePage: Buffer, at: ScrapeTime, breathe: () => Promise<void>): Promise<PageReading> {
    const points = idlePoints.pop() ?? new PagePoints();
    points.begin();
    const found = { malformedLines: 0, firstMalformed: undefined as MalformedLine | undefined, unplaced: 0 };
    // What stands behind the last newline may be half a line, whose figures are none.
    const page = wholePage.subarray(0, wholePage.lastIndexOf(NEWLINE) + 1);
    if (page.length < wholePage.length) found.malformedLines++;
    let slice = page;
    let sliceStart = 0;
    /** The series that was recognised; its sample follows, if the rest of the line can be read. */
    let [knownStart, knownEnd] = [-1, -1];
    this.#series.begin();
    const sink = {
      knownSeries: (start: number) => {
        knownStart = start;
        knownEnd = this.#series.expect(slice, start);
        return knownEnd;
      },
      sample: (start: number, end: number, value: number, timeMs: number) => {
        const isKnown = start === knownStart && end === knownEnd;
        const entry = isKnown ? this.#series.entry : this.#entryOf(slice, start, end, at.monotonicMs);
        if (entry >= 0) points.add(slotOfEntry(entry), kindOfEntry(entry), value, timeMs);
        else if (entry === UNPLACED) found.unplaced++;
      },
      malformed: (fault: MalformedLine) => {
        found.malformedLines++;
        found.firstMalformed ??= { ...fault, line: fault.line + newlinesIn(page, sliceStart) };
        return true;
      },
    };
    while (sliceStart < page.length) {
      const end = sliceEnd(page, sliceStart);
      slice = page.subarray(sliceStart, end);
      readExposition(slice, { format: 'text', lineBytesMax }, sink);
      sliceStart = end;
      if (sliceStart < page.length) await breathe();
    }
    const tally = points.finish(this.#window, at);
    if (idlePoints.length < idlePointsMax) idlePoints.push(points);
    const { windows, firsts, sames, skewed, incomplete } = tally;
    const isWhole = windows + firsts + sames + skewed + incomplete > this.#window.containers;
    if (!isWhole && this.#window.forget(at.monotonicMs)) this.#series.clear();
    return { ...tally, ...found };
  }

  /** The index's entry, or why there is none. */
  #entryOf(page: Buffer, start: number, end: number, nowMs: number): number {
    const entry = this.#series.find(page, start, end);
    if (entry !== UNKNOWN) return entry;
    const metric = metricAt(page, start, end);
    const slot = metric?.ofNode ? NODE_SLOT : metric && this.#containerSlot(page, start, end, nowMs);
    if (metric && slot === undefined) return UNPLACED;
    if (this.#series.isFull) this.#series.clear();
    if (metric && slot !== undefined) return this.#series.put(slot, metric.kind);
    this.#series.ignore();
    return IGNORED;
  }

  #containerSlot(page: Buffer, start: number, end: number, nowMs: number): number | undefined {
    let [namespace, pod, container] = ['', '', ''];
    for (const { name, value } of seriesLabels(page, start, end)) {
      if (name === 'namespace') namespace = value;
      else if (name === 'pod') pod = value;
      else if (name === 'container') container = value;
    }
    if (![namespace, pod, container].every((value) => value !== '' && value.length <= nameLengthMax)) return undefined;
    return this.#window.takeSlot(namespace, pod, container, nowMs);
  }
}

/** No entry of the index. */
const UNPLACED = -3;

/** Behind a newline, so that no line is cut. */
function sliceEnd(page: Buffer, from: number): number {
  if (page.length - from <= sliceBytes) return page.length;
  const newline = page.indexOf(NEWLINE, from + sliceBytes);
  return newline < 0 ? page.length : newline + 1;
}

function newlinesIn(page: Buffer, end: number): number {
  let count = 0;
  for (let at = page.indexOf(NEWLINE); at >= 0 && at < end; at = page.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
