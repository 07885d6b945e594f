import { HASH, NEWLINE } from './bytes.ts';
import type { ExpositionOptions, ExpositionSink, KnowingSink } from './exposition.ts';
import { knownLines } from './known-lines.ts';
import type { KnownSeries } from './known-series.ts';
import { LineReader } from './line-reader.ts';
import { readOpenMetricsLine } from './openmetrics-line.ts';
import { readTextLine } from './text-line.ts';

/** Instead of a position: nothing more is to be read. */
const OVER = Number.POSITIVE_INFINITY;

/**
 * Reads a page and calls the sink for each line, in order. What cannot be read is told to `sink.malformed`; when that returns true,
 * reading goes on behind the next newline. Throws nothing of its own. The page is only read, and need not outlive the call.
 */
export function readExposition(page: Buffer, options: ExpositionOptions, sink: ExpositionSink | KnowingSink): void {
  if ('known' in sink) {
    readKnown(page, options, sink);
    return;
  }
  const lines = new PageLines(page, options, sink);
  let at = 0;
  while (at < page.length) at = lines.read(at);
  if (at !== OVER) lines.end();
}

/** Lines that are as on the page before take another way; this page may have none of them, or nothing else. */
function readKnown(page: Buffer, options: ExpositionOptions, sink: KnowingSink): void {
  const { known } = sink;
  const { format, lineBytesMax } = options;
  const plain = knownLines();
  let lines: PageLines | undefined;
  let at = 0;
  plain.begin(page, known);
  try {
    for (;;) {
      at = plain.read(known, at, sink, lineBytesMax, format === 'text');
      if (at >= page.length) break;
      lines ??= new PageLines(page, options, sink, sink.metadata ? undefined : known);
      at = lines.read(at);
      if (at >= page.length) break;
    }
  } finally {
    plain.end();
  }
  if (at !== OVER && format === 'openmetrics') (lines ?? new PageLines(page, options, sink)).end();
}

/** The lines of one page, read one by one. */
class PageLines {
  readonly #page: Buffer;
  readonly #sink: ExpositionSink;
  readonly #reader: LineReader;
  readonly #faults: FaultReport;
  readonly #isOpenMetrics: boolean;
  /** Where comments are remembered. */
  readonly #comments: KnownSeries | undefined;

  constructor(page: Buffer, { format, lineBytesMax }: ExpositionOptions, sink: ExpositionSink, comments?: KnownSeries) {
    this.#page = page;
    this.#sink = sink;
    this.#reader = new LineReader(page, lineBytesMax);
    this.#faults = new FaultReport(page, sink);
    this.#isOpenMetrics = format === 'openmetrics';
    this.#comments = comments;
  }

  /** Where the next line begins, or OVER. */
  read(start: number): number {
    const page = this.#page;
    const reader = this.#reader;
    if (this.#isOpenMetrics && isEnd(page, start)) {
      const alone = start + 5 === page.length || (page[start + 5] === NEWLINE && start + 6 === page.length);
      if (!alone) this.#faults.tell(start, start + 5, 'nothing may follow # EOF');
      return OVER;
    }
    reader.at = start;
    reader.lineStart = start;
    const isRead = this.#isOpenMetrics ? readOpenMetricsLine(reader, this.#sink) : readTextLine(reader, this.#sink);
    if (isRead) {
      if (page[start] === HASH && reader.at < page.length) this.#comments?.putComment(page, start, reader.at);
      return reader.at + 1;
    }
    if (!this.#faults.tell(start, reader.at, reader.problem)) return OVER;
    const newline = page.indexOf(NEWLINE, start);
    return newline < 0 ? page.length : newline + 1;
  }

  /** The page's end has been reached, and nothing said that it was to come. */
  end(): void {
    const { length } = this.#page;
    if (this.#isOpenMetrics) this.#faults.tell(length, length, 'the page is cut: it does not end with # EOF');
  }
}

function isEnd(page: Buffer, at: number): boolean {
  return (
    page[at] === 0x23 &&
    page[at + 1] === 0x20 &&
    page[at + 2] === 0x45 &&
    page.toString('latin1', at, at + 5) === '# EOF'
  );
}

/** Lines are counted only when somebody has to be told of one. */
class FaultReport {
  readonly #page: Buffer;
  readonly #sink: ExpositionSink;
  #countedTo = 0;
  #line = 1;

  constructor(page: Buffer, sink: ExpositionSink) {
    this.#page = page;
    this.#sink = sink;
  }

  /** True: go on. */
  tell(lineStart: number, at: number, problem: string): boolean {
    for (;;) {
      const newline = this.#page.indexOf(NEWLINE, this.#countedTo);
      if (newline < 0 || newline >= lineStart) break;
      this.#line++;
      this.#countedTo = newline + 1;
    }
    const newline = this.#page.indexOf(NEWLINE, lineStart);
    const lineEnd = newline < 0 ? this.#page.length : newline;
    const character = this.#page.toString('utf8', lineStart, Math.min(at, lineEnd)).length + 1;
    const where = at > lineEnd ? 'a quoted text runs over the line’s end, and behind it ' : '';
    return this.#sink.malformed({ line: this.#line, character, problem: where + problem });
  }
}
