import { labelsKey } from './labels/labels.ts';
import { compileMatcher } from './labels/matcher.ts';
import { type LabelRecord, type LogSource, plainText, type SelectRequest, type SourceBlock } from './source.ts';

export interface MemoryLine {
  timeNs: bigint;
  line: string | Buffer;
  metadata?: LabelRecord;
}

/** Lines in memory, for tests and benches: each stream cut into blocks of so many lines. */
export class MemorySource implements LogSource {
  readonly #streams = new Map<string, { labels: LabelRecord; lines: MemoryLine[] }>();
  readonly #blockLines: number;

  constructor(blockLines = 1000) {
    this.#blockLines = blockLines;
  }

  add(given: LabelRecord, lines: readonly MemoryLine[]): void {
    // An empty label is none, as in streams that are pushed.
    const labels = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
    const key = labelsKey(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const stream = this.#streams.get(key);
    if (stream) stream.lines.push(...lines);
    else this.#streams.set(key, { labels, lines: [...lines] });
  }

  async *select({ matchers, sinceNs, untilNs, direction, scope }: SelectRequest): AsyncGenerator<SourceBlock> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, matches: compileMatcher(matcher) }));
    const blocks: SourceBlock[] = [];
    for (const { labels, lines } of this.#streams.values()) {
      const isVisible = scope.namespaces === '*' || scope.namespaces.includes(labels.namespace ?? '');
      if (!isVisible || !tests.every(({ name, matches }) => matches(labels[name] ?? ''))) continue;
      const sorted = [...lines].sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
      for (let from = 0; from < sorted.length; from += this.#blockLines) {
        blocks.push(memoryBlock(labels, sorted.slice(from, from + this.#blockLines)));
      }
    }
    const within = blocks.filter(({ timeMin, timeMax }) => timeMax >= sinceNs && timeMin < untilNs);
    within.sort((a, b) => Number(direction === 'forward' ? a.timeMin - b.timeMin : b.timeMax - a.timeMax));
    yield* within;
  }
}

/** Lays lines out as a block. They must be at least one. */
export function memoryBlock(labels: LabelRecord, lines: readonly MemoryLine[]): SourceBlock {
  const texts = lines.map(({ line }) => (typeof line === 'string' ? Buffer.from(line) : line));
  const starts = new Uint32Array(lines.length + 1);
  texts.forEach((text, at) => {
    starts[at + 1] = starts[at]! + text.length + 1;
  });
  const times = BigInt64Array.from(lines, ({ timeNs }) => timeNs);
  const sortedTimes = times.toSorted();
  const newline = Buffer.from('\n');
  const block: SourceBlock = {
    labels,
    timeMin: sortedTimes[0]!,
    timeMax: sortedTimes.at(-1)!,
    text: plainText({ text: Buffer.concat(texts.flatMap((text) => [text, newline])), starts }),
    lineCount: times.length,
    times: () => times,
  };
  if (!lines.some(({ metadata }) => metadata)) return block;
  const sets: LabelRecord[] = [];
  const known = new Map<string, number>();
  const of = Uint32Array.from(lines, ({ metadata = {} }) => {
    const key = labelsKey(Object.entries(metadata));
    let at = known.get(key);
    if (at === undefined) known.set(key, (at = sets.push(metadata) - 1));
    return at;
  });
  const names = [...new Set(sets.flatMap((set) => Object.keys(set)))];
  return { ...block, metadata: { names, get: () => ({ sets, of }) } };
}
