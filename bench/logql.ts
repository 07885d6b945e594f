/**
 * Twelve kinds of query over real-looking lines in memory: what the pipeline itself does on one thread, without a store.
 *
 *   node bench/logql.ts [--size 300M] [--block 1M] [--runs 3] [--only substring]
 *
 * Prints the CPU time of the best run of each query, which other work on the machine does not change much, and megabytes of text a second.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRfc3339 } from '../src/base/nanotime.ts';
import {
  type LogSource,
  plainText,
  rangeQuery,
  type SelectRequest,
  type SourceBlock,
} from '../src/logs/query/query.ts';
import { bytesOf, ensureCorpus } from './corpus.ts';

const { values: flags } = parseArgs({
  options: {
    size: { type: 'string', default: '300M' },
    block: { type: 'string', default: '1M' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
});

const all = '{cluster="bench"}';
const queries: [name: string, query: string][] = [
  ['absent needle', `sum(count_over_time(${all} |= "xq-never-there-0000" [24h]))`],
  ['rare needle', `${all} |= "quixotic marmalade"`],
  ['frequent word, counted', `sum(count_over_time(${all} |= "request" [24h]))`],
  ['substring inside a token', `sum(count_over_time(${all} |= "ompone" [24h]))`],
  ['case-insensitive', `sum(count_over_time(${all} |~ "(?i)TIMEOUT" [24h]))`],
  ['regex with a literal', `sum(count_over_time(${all} |~ "response_code.?:\\\\d{3}.*upstream" [24h]))`],
  ['regex without one', `sum(count_over_time(${all} |~ "[0-9]{2}ms" [24h]))`],
  ['negative filter', `sum(count_over_time(${all} != "GET" [24h]))`],
  ['json field filter', `sum(count_over_time(${all} |= "{" | json | status >= 500 | __error__="" [24h]))`],
  [
    'logfmt filter, by label over time',
    `sum by (level) (count_over_time(${all} |= "level=" | logfmt | level!="debug" [5m]))`,
  ],
  [
    'top 10 by a parsed field',
    `topk(10, sum by (service) (count_over_time(${all} |= "service" | json | __error__="" [24h])))`,
  ],
  ['last 100 lines of a selector', `${all}`],
  ['counted by time alone', `sum by (container) (count_over_time(${all}[5m]))`],
];

const blocks = loadBlocks();
const bytes = blocks.reduce((sum, { text }) => sum + text.textBytes, 0);
const lines = blocks.reduce((sum, { lineCount }) => sum + lineCount, 0);
const times = blocks.flatMap(({ timeMin, timeMax }) => [timeMin, timeMax]).sort((a, b) => (a < b ? -1 : 1));
const [first, last] = [times[0]!, times.at(-1)!];
const source: LogSource = {
  async *select({ direction }: SelectRequest) {
    const sign = direction === 'forward' ? 1 : -1;
    const at = (block: SourceBlock) => (direction === 'forward' ? block.timeMin : block.timeMax);
    yield* blocks.toSorted((a, b) => Number(at(a) - at(b)) * sign);
  },
};
console.log(`${blocks.length} blocks, ${(bytes / 1e6).toFixed(0)} MB of text, ${lines} lines; one thread`);
console.log('   CPU ms      MB/s     found  query');
for (const [name, query] of queries) if (name.includes(flags.only)) await measure(name, query);

async function measure(name: string, query: string): Promise<void> {
  const isLog = !query.includes('over_time');
  let best = Number.POSITIVE_INFINITY;
  let matched = 0;
  let opened = 0;
  for (let run = 0; run < Number(flags.runs); run++) {
    const started = process.cpuUsage();
    const startNs = isLog || query.includes('[5m]') ? first : last;
    const stepNs = isLog ? 0 : 300e9;
    const request = {
      query,
      source,
      scope: { tenant: 'bench', namespaces: '*' as const },
      startNs,
      endNs: last + 1n,
      stepNs,
    };
    const { statistics } = await rangeQuery(request, { timeoutMs: 600_000 });
    const used = process.cpuUsage(started);
    best = Math.min(best, (used.user + used.system) / 1000);
    matched = statistics.linesMatched;
    opened = statistics.bytesProcessed;
  }
  const megabytes = (opened / 1e6 / best) * 1000;
  console.log(
    `${best.toFixed(1).padStart(9)} ${megabytes.toFixed(0).padStart(9)} ${String(matched).padStart(9)}  ${name}: ${query}`,
  );
}

function loadBlocks(): SourceBlock[] {
  const { logRoot } = ensureCorpus(bytesOf(flags.size));
  const blockBytes = bytesOf(flags.block);
  return globSync('*/*/*.log*', { cwd: logRoot })
    .filter((path) => !path.endsWith('.gz'))
    .flatMap((path) => {
      const [pod = '', container = ''] = path.split('/');
      return cut({ cluster: 'bench', pod, container }, readFileSync(join(logRoot, path)), blockBytes);
    });
}

/** Takes whole CRI records apart; what is left of a line that came in parts is a line of its own here. */
function cut(labels: Record<string, string>, file: Buffer, blockBytes: number): SourceBlock[] {
  const made: SourceBlock[] = [];
  let parts: Buffer[] = [];
  let starts = [0];
  let times: bigint[] = [];
  const flush = () => {
    if (times.length === 0) return;
    const sorted = times.toSorted((a, b) => (a < b ? -1 : 1));
    made.push({
      labels,
      timeMin: sorted[0]!,
      timeMax: sorted.at(-1)!,
      text: plainText({ text: Buffer.concat(parts), starts: Uint32Array.from(starts) }),
      ...timesOf(times),
    });
    parts = [];
    starts = [0];
    times = [];
  };
  for (let at = 0; at < file.length; ) {
    const end = file.indexOf(0x0a, at) + 1 || file.length;
    const record = file.subarray(at, end);
    const space = record.indexOf(0x20);
    const text = record.subarray(space + ' stdout F '.length);
    times.push(parseRfc3339(record.toString('latin1', 0, space))!);
    parts.push(text);
    starts.push(starts.at(-1)! + text.length);
    if (starts.at(-1)! >= blockBytes) flush();
    at = end;
  }
  flush();
  return made;
}

function timesOf(all: readonly bigint[]): Pick<SourceBlock, 'lineCount' | 'times'> {
  const times = BigInt64Array.from(all);
  return { lineCount: times.length, times: () => times };
}
