/**
 * A cAdvisor page of 10 MB: read, and made into samples of a target whose series are known (with a store that takes everything
 * and does nothing). Prints wall and CPU time of the median run, and the first run, before anything is compiled.
 */
import { parseArgs } from 'node:util';
import { type ExpositionSink, readExposition } from '../src/exposition/exposition.ts';
import { type IngestRules, TargetSeries } from '../src/series/scrape/ingest/target-series.ts';
import type { SeriesStore } from '../src/series/store/store.ts';
import { generatedCadvisorPage } from './cadvisor-page.ts';

const { values: flags } = parseArgs({
  options: { bytes: { type: 'string', default: '10000000' }, runs: { type: 'string', default: '15' } },
});
const runs = Number(flags.runs);
const page = generatedCadvisorPage(Number(flags.bytes));
let samples = 0;
const sink: ExpositionSink = {
  sample: () => void samples++,
  malformed(fault) {
    throw new Error(`the generated page is malformed: ${JSON.stringify(fault)}`);
  },
};

await print('read', async () => {
  samples = 0;
  readExposition(page, { format: 'text', lineBytesMax: 1024 * 1024 }, sink);
  return samples;
});

let refs = 0;
const store = {
  series: (_: string, labels: readonly unknown[]) => ({ refs: Float64Array.from(labels, () => ++refs), refused: null }),
  append: async (_: string, { length }: { length: number }) => ({ taken: length, unknownRefs: [] }),
  setMetadata: () => {},
} as unknown as SeriesStore;
const rules: IngestRules = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: true,
  metricRelabel: () => true,
  samplesMax: 0,
  labelsMax: 0,
  labelNameLengthMax: 0,
  labelValueLengthMax: 0,
};
const target = new TargetSeries(store, 'bench', [['instance', 'i']], rules, Math.random);
let timeMs = 0;
await print('read to samples', async () => {
  const counts = target.read(page, 'text', (timeMs += 15_000));
  await target.commit();
  return counts.kept;
});

async function print(what: string, work: () => Promise<number>): Promise<void> {
  const times: { wallMs: number; cpuMs: number }[] = [];
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    found = await work();
    const { user, system } = process.cpuUsage(cpu);
    times.push({ wallMs: performance.now() - startMs, cpuMs: (user + system) / 1000 });
  }
  const first = times[0]!.wallMs;
  const wallMs = median(times.map((time) => time.wallMs));
  const cpuMs = median(times.map((time) => time.cpuMs));
  const megabytes = page.length / 1e6;
  console.log(
    `${what.padEnd(16)} ${megabytes.toFixed(1)} MB, ${found} samples: ${wallMs.toFixed(1)} ms (${cpuMs.toFixed(1)} ms of CPU), ` +
      `${((megabytes / wallMs) * 1000).toFixed(0)} MB/s; first run ${first.toFixed(0)} ms`,
  );
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
