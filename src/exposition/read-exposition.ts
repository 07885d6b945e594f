import { NEWLINE } from './bytes.ts';
import type { ExpositionOptions, ExpositionSink } from './exposition.ts';
import { LineReader } from './line-reader.ts';
import { readOpenMetricsLine } from './openmetrics-line.ts';
import { readTextLine } from './text-line.ts';

/**
 * Reads a page and calls the sink for each line, in order. What cannot be read is told to `sink.malformed`; when that returns true,
 * reading goes on behind the next newline. Throws nothing of its own. The page is only read, and need not outlive the call.
 */
export function readExposition(page: Buffer, options: ExpositionOptions, sink: ExpositionSink): void {
  const reader = new LineReader(page, options.lineBytesMax);
  const faults = new FaultReport(page, sink);
  const openMetrics = options.format === 'openmetrics';
  while (reader.at < reader.end) {
    const start = reader.at;
    if (openMetrics && isEnd(page, start)) {
      const alone = start + 5 === page.length || (page[start + 5] === NEWLINE && start + 6 === page.length);
      if (!alone) faults.tell(start, start + 5, 'nothing may follow # EOF');
      return;
    }
    reader.lineStart = start;
    if (openMetrics ? readOpenMetricsLine(reader, sink) : readTextLine(reader, sink)) {
      reader.at++;
      continue;
    }
    if (!faults.tell(start, reader.at, reader.problem)) return;
    const newline = page.indexOf(NEWLINE, start);
    if (newline < 0) break;
    reader.at = newline + 1;
  }
  if (openMetrics) faults.tell(page.length, page.length, 'the page is cut: it does not end with # EOF');
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
