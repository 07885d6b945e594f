import { labelsKey } from '../labels/labels.ts';
import type { CategorizedLabels } from '../pipeline/line-labels.ts';
import type { LinesPlan } from '../plan/plan.ts';
import type { BlockResult, LinesResult } from './block-result.ts';
import { firstOf } from './lines-runner.ts';
import { QueryLimitError } from './query-error.ts';
import type { StreamResult } from './result.ts';

/** Characters of the lines that a query may hold at once: its answer is made of them. */
export const answerCharsMax = 128 * 1024 * 1024;

interface Entry {
  timeNs: bigint;
  line: string;
  labels: CategorizedLabels;
}

/** The first lines over all streams, in the order that was asked for; ends the reading as soon as no later block can add one. */
export async function collectLines(results: AsyncIterable<BlockResult>, plan: LinesPlan): Promise<StreamResult[]> {
  const { limit, direction } = plan;
  let kept: Entry[] = [];
  let isFull = false;
  let chars = 0;
  for await (const result of results) {
    const lines = result as LinesResult;
    if (isFull && isBeyond(lines, kept.at(-1)!.timeNs, direction)) break;
    for (const { timeNs, line, labels } of lines.entries) {
      kept.push({ timeNs, line, labels: lines.labels[labels]! });
      chars += line.length;
    }
    if (kept.length >= limit) {
      kept = firstOf(kept, limit, direction);
      isFull = true;
      chars = kept.reduce((sum, { line }) => sum + line.length, 0);
    }
    if (chars > answerCharsMax) {
      throw new QueryLimitError(
        `the lines of the answer have more than ${answerCharsMax} characters; ask for fewer of them`,
      );
    }
  }
  return streamsOf(firstOf(kept, limit, direction));
}

/** Blocks come in the order of their beginnings, so all that follow are beyond as well. */
function isBeyond({ timeMin, timeMax }: LinesResult, last: bigint, direction: LinesPlan['direction']): boolean {
  return direction === 'forward' ? timeMin > last : timeMax < last;
}

function streamsOf(entries: readonly Entry[]): StreamResult[] {
  const streams = new Map<string, StreamResult>();
  const byLabels = new Map<CategorizedLabels, StreamResult>();
  for (const { timeNs, line, labels } of entries) {
    let stream = byLabels.get(labels);
    if (stream === undefined) {
      const key = [labels.stream, labels.metadata, labels.parsed].map((one) => sortedKey(one)).join('\ud802');
      stream = streams.get(key);
      if (stream === undefined) {
        const all = { ...labels.stream, ...labels.metadata, ...labels.parsed };
        streams.set(key, (stream = { labels: all, categorized: labels, entries: [] }));
      }
      byLabels.set(labels, stream);
    }
    stream.entries.push({ timeNs, line });
  }
  return [...streams.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stream]) => stream);
}

function sortedKey(labels: Record<string, string>): string {
  return labelsKey(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
