import {
  type KnowingSink,
  type KnownSamples,
  type KnownSeries,
  type MalformedLine,
  seriesLabels,
  UNKNOWN,
} from '../../exposition/exposition.ts';
import {
  entryOf,
  NODE_SLOT,
  type NodeWindow,
  type PagePoints,
  type PageTally,
  type ScrapeTime,
} from '../window/window.ts';
import { metricAt } from './page-metrics.ts';

const NEWLINE = 0x0a;
/** No name of Kubernetes is longer. */
const nameLengthMax = 253;
/** Instead of an entry: the series is passed over; it has no place. */
const IGNORED = -2;
const UNPLACED = -4;

export interface PageReading extends PageTally {
  malformedLines: number;
  firstMalformed: MalformedLine | undefined;
  /** Samples that name no container, or one too many for the node. */
  unplaced: number;
}

/** Takes what one page says, in one slice or several. Invariant: the entries in `known` are of slots that their names still have. */
export class PageSink implements KnowingSink {
  readonly known: KnownSeries;
  readonly #window: NodeWindow;
  readonly #at: ScrapeTime;
  readonly #points: PagePoints;
  #page: Buffer;
  #slice: Buffer;
  #sliceStart = 0;
  #malformedLines = 0;
  #firstMalformed: MalformedLine | undefined;
  #unplaced = 0;

  constructor(page: Buffer, known: KnownSeries, window: NodeWindow, points: PagePoints, at: ScrapeTime) {
    this.#page = page;
    this.#slice = page;
    this.known = known;
    this.#window = window;
    this.#points = points;
    this.#at = at;
    points.begin(window.slotsEnd);
    known.begin();
  }

  /** What is told next is of this slice. */
  beginSlice(slice: Buffer, start: number): void {
    this.#slice = slice;
    this.#sliceStart = start;
  }

  /** The page ended within a line. */
  cut(): void {
    this.#malformedLines++;
  }

  knownSamples(count: number, { entries, values, timestampsMs }: KnownSamples): void {
    this.#points.addAll(count, entries, values, timestampsMs);
  }

  sample(start: number, end: number, value: number, timeMs: number): void {
    const entry = this.#entryOf(start, end);
    if (entry >= 0) this.#points.add(entry, value, timeMs);
    else if (entry === UNPLACED) this.#unplaced++;
  }

  malformed(fault: MalformedLine): boolean {
    this.#malformedLines++;
    this.#firstMalformed ??= { ...fault, line: fault.line + newlinesIn(this.#page, this.#sliceStart) };
    return true;
  }

  /** Hands the page's points to the window. */
  finish(): PageReading {
    const { refused, windows, firsts, sames, skewed, incomplete } = this.#points.finish(this.#window, this.#at);
    return {
      ...{ refused, windows, firsts, sames, skewed, incomplete },
      malformedLines: this.#malformedLines,
      firstMalformed: this.#firstMalformed,
      unplaced: this.#unplaced,
    };
  }

  /** The index's entry, or why there is none. */
  #entryOf(start: number, end: number): number {
    const page = this.#slice;
    const known = this.known.find(page, start, end);
    if (known !== UNKNOWN) return known;
    const metric = metricAt(page, start, end);
    const slot = metric?.ofNode ? NODE_SLOT : metric && this.#containerSlot(start, end);
    if (metric && slot === undefined) return UNPLACED;
    const entry = metric && slot !== undefined ? entryOf(slot, metric.kind) : IGNORED;
    if (this.known.isFull) this.known.clear();
    this.known.put(entry);
    return entry;
  }

  #containerSlot(start: number, end: number): number | undefined {
    let [namespace, pod, container] = ['', '', ''];
    for (const { name, value } of seriesLabels(this.#slice, start, end)) {
      if (name === 'namespace') namespace = value;
      else if (name === 'pod') pod = value;
      else if (name === 'container') container = value;
    }
    if (![namespace, pod, container].every((value) => value !== '' && value.length <= nameLengthMax)) return undefined;
    return this.#window.takeSlot(namespace, pod, container, this.#at.monotonicMs);
  }
}

function newlinesIn(page: Buffer, end: number): number {
  let count = 0;
  for (let at = page.indexOf(NEWLINE); at >= 0 && at < end; at = page.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
