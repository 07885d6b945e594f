/**
 * The figures of the pipelines in one table, each beside its target.
 *
 *   npm run bench [-- --size 1G] [--only throughput,idle,latency,stalled,logs,resources,series] [--full]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Cleanup } from '../test/journeys/processes.ts';
import { bytesOf, type Corpus, ensureCorpus } from './corpus.ts';
import { logs, logsBench } from './logs.ts';
import { fullBench, resources } from './resources.ts';
import { idle } from './runs/idle.ts';
import { latency } from './runs/latency.ts';
import { stalled } from './runs/stalled.ts';
import { throughput } from './runs/throughput.ts';
import { series, seriesBench } from './series.ts';
import { type Row, row, tableText } from './table.ts';

const MEGABYTE = 1e6;
const GIGABYTE = 1e9;
const IDLE_FILES = 1000;
const LATENCY_SAMPLES = 200;
const STALL_MS = 20_000;

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(0)} MB`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const milliseconds = (ms: number) => `${ms.toFixed(0)} ms`;
const cpuOfGigabyte = (seconds: number) => `${seconds.toFixed(1)} CPU-s/GB`;

/** Those that read the corpus ask for it: the others need not wait until it is made. */
const runs: Record<string, (t: Cleanup, corpusNow: () => Corpus) => Promise<Row[]>> = {
  async throughput(t, corpusNow) {
    const corpus = corpusNow();
    const { seconds, agent, server, mergingCpuSeconds, diskBytes } = await throughput(t, corpus);
    const gigabytes = corpus.bytes / GIGABYTE;
    const both = (agent.cpuSeconds + server.cpuSeconds) / gigabytes;
    const rate = (value: number) => `${value.toFixed(0)} MB/s`;
    return [
      row('agent to durable store, CRI text', corpus.bytes / MEGABYTE / seconds, 150, rate, true),
      row('agent and store together', both, 6, cpuOfGigabyte),
      row('  of it the agent', agent.cpuSeconds / gigabytes, null, cpuOfGigabyte),
      row('  of it the server', server.cpuSeconds / gigabytes, null, cpuOfGigabyte),
      row('server, merging afterwards', mergingCpuSeconds / gigabytes, null, cpuOfGigabyte),
      row('agent, peak resident memory at that load', agent.peakResidentBytes, 120 * MEGABYTE, megabytes),
      row('server, peak resident memory', server.peakResidentBytes, null, megabytes),
      row('disk, of the CRI text', diskBytes / corpus.bytes, 0.12, percent),
    ];
  },
  async idle(t) {
    const { agentCpu, agentBytes, serverCpu, serverBytes, files } = await idle(t, IDLE_FILES);
    return [
      row(`agent idle with ${files} files, of a core`, agentCpu, 0.01, percent),
      row('agent idle, resident memory', agentBytes, 80 * MEGABYTE, megabytes),
      row('server idle, of a core', serverCpu, null, percent),
      row('server idle, resident memory', serverBytes, null, megabytes),
    ];
  },
  async latency(t) {
    const { medianMs, p99Ms, samples } = await latency(t, LATENCY_SAMPLES);
    return [
      row(`write to taffrail logs -f, median of ${samples}`, medianMs, 1000, milliseconds),
      row('write to taffrail logs -f, 99th percentile', p99Ms, null, milliseconds),
    ];
  },
  async stalled(t, corpusNow) {
    const corpus = corpusNow();
    const { peakBytes } = await stalled(t, corpus, STALL_MS);
    return [
      row(`${megabytes(corpus.bytes)} behind a stalled server: agent's peak`, peakBytes, 120 * MEGABYTE, megabytes),
    ];
  },
  logs: (t) => logs(t, logsBench(values.full)),
  resources: (t) => resources(t, fullBench),
  series: (t) => series(t, seriesBench(values.full)),
};

const help = `npm run bench -- [--only PART,…] [--size 1G] [--full]

  --only PART,…  ${Object.keys(runs).join(', ')}; all of them where it is not given
  --size SIZE    of the CRI text that throughput and stalled read
  --full         logs with a gigabyte (and ten for the rare needle) instead of 200 MB, series with a day instead of two hours

Peers run beside us in the same run where these name their binaries; without one its figures are left out:
  logs       TAFFRAIL_BENCH_VICTORIALOGS
  resources  TAFFRAIL_BENCH_METRICS_SERVER
  series     TAFFRAIL_BENCH_PROMETHEUS

The resources alone, without the peer and in a minute and a half:
  sh scripts/node.sh bench/resources.ts --quick

A part of the logs alone, where TypeScript runs by \`sh scripts/node.sh\`:
  sh scripts/node.sh bench/logs.ts --size 20M --parts push,queries --only needle --runs 5
  parts are push (always), native, queries, tenfold, streams; --only is a piece of a query's name`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    size: { type: 'string', default: '1G' },
    only: { type: 'string', default: Object.keys(runs).join(',') },
    full: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const chosen = values.only.split(',');
const unknown = chosen.find((name) => !runs[name]);
if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${Object.keys(runs).join(', ')}`);
let made: Corpus | undefined;
const corpusNow = () => {
  if (made) return made;
  made = ensureCorpus(bytesOf(values.size));
  console.log(`${megabytes(made.bytes)} of CRI text, ${made.lines} lines, ${made.statements} log statements`);
  return made;
};
const { model = 'unknown' } = cpus()[0] ?? {};
console.log(`${cpus().length} cores (${model.trim()}), Node ${process.version}\n`);
const rows: Row[] = [];
for (const name of chosen) {
  process.stderr.write(`bench: ${name}\n`);
  const endings: (() => unknown)[] = [];
  try {
    rows.push(...(await runs[name]!({ after: (fn) => void endings.push(fn) }, corpusNow)));
  } finally {
    for (const end of endings) await end();
  }
}
console.log(tableText(rows));
if (rows.some(({ met }) => met === false)) process.exitCode = 1;
