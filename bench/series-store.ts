/**
 * The store of series alone: scrapes of many targets are appended, each scrape one call, as fast as they are taken; then selections.
 *
 *   node bench/series-store.ts [--series 100000] [--hours 2] [--targets 200] [--seed 1]
 *
 * A series is a counter with steps, a gauge with noise, a constant, a histogram bucket, CPU seconds with nine decimals, or bytes, in the shares
 * that a node exporter and cAdvisor have.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { createMatcher, Labels, type Matcher } from '../src/series/query/query.ts';
import { defaultSeriesSettings, openSeriesStore } from '../src/series/store/open.ts';
import { createLogger, MetricsRegistry } from '../src/telemetry/telemetry.ts';
import { row, tableText } from './table.ts';

const SCRAPE_MS = 15_000;
const HOUR_MS = 3_600_000;
/** In flight at a time, as targets are scraped at the same time. */
const PARALLEL = 20;
const { values: flags } = parseArgs({
  options: {
    series: { type: 'string', default: '100000' },
    hours: { type: 'string', default: '2' },
    targets: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const targets = Number(flags.targets);
const perTarget = Math.round(Number(flags.series) / targets);
const hours = Number(flags.hours);
let state = Number(flags.seed);
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const metrics = ['counter', 'counter', 'bucket', 'bucket', 'bucket', 'gauge', 'constant', 'constant', 'cpu', 'bytes'];

const dataDir = mkdtempSync(join(tmpdir(), 'taffrail-bench-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
const open = () =>
  openSeriesStore({
    dataDir,
    settings: { futureMsMax: Number.POSITIVE_INFINITY, retention: defaultSeriesSettings.retention },
    log: createLogger({ level: 'warn' }),
    metrics: new MetricsRegistry(),
    clock: systemClock,
  });
const bytesBefore = memory().resident;
let store = await open();

const started = performance.now();
const refs = Array.from({ length: targets }, (_, target) => store.series('bench', seriesOf(target)).refs);
const internMs = performance.now() - started;

function seriesOf(target: number): Labels[] {
  return Array.from({ length: perTarget }, (_, i) => {
    const kind = metrics[i % metrics.length]!;
    return Labels.of({
      __name__: `bench_${kind}_${Math.floor(i / 50)}`,
      instance: `10.0.${target >> 8}.${target & 255}:9100`,
      job: `job-${target % 10}`,
      namespace: `namespace-${target % 20}`,
      pod: `deployment-${target}-7c9f8b6d5-x${target}k`,
      node: `node-${target % 30}`,
      zone: `zone-${target % 3}`,
      container: `container-${i % 5}`,
      device: `device-${Math.floor(i / metrics.length) % 5}`,
      ...(kind === 'bucket' ? { le: String(((i % 50) + 1) / 10) } : {}),
    });
  });
}

/** The latest value of each series. */
const latest = Array.from({ length: targets }, () => new Float64Array(perTarget));
const rates = Array.from({ length: targets }, () =>
  Float64Array.from({ length: perTarget }, () => random() * random()),
);

function step(target: number): Float64Array {
  const values = latest[target]!;
  for (let i = 0; i < perTarget; i++) {
    const rate = rates[target]![i]!;
    switch (metrics[i % metrics.length]) {
      case 'counter':
        values[i]! += Math.floor(rate * 100 * random() * 2);
        break;
      case 'bucket':
        if (random() < rate) values[i]! += Math.ceil(random() * 5);
        break;
      case 'gauge':
        values[i] = Math.round((values[i]! + (random() - 0.5) * 10) * 100) / 100;
        break;
      case 'cpu':
        values[i] = Math.round((values[i]! + rate * 15 * random()) * 1e9) / 1e9;
        break;
      case 'bytes':
        if (random() < 0.3) values[i] = Math.max(0, values[i]! + Math.round((random() - 0.5) * 1e4) * 4096);
        break;
      default:
        values[i] = Math.floor(rate * 100);
    }
  }
  return values.slice();
}

const t0 = (Math.floor(Date.now() / (2 * HOUR_MS)) - Math.ceil(hours / 2) - 2) * 2 * HOUR_MS;
const scrapes = (hours * HOUR_MS) / SCRAPE_MS;
let samples = 0;
let appendCpu = 0;
let appendMs = 0;
for (let scrape = 0; scrape < scrapes; scrape++) {
  for (let from = 0; from < targets; from += PARALLEL) {
    const some = Array.from({ length: Math.min(PARALLEL, targets - from) }, (_, i) => from + i);
    const columns = some.map((target) => ({
      refs: refs[target]!,
      timestampsMs: new Float64Array(perTarget).fill(t0 + scrape * SCRAPE_MS + target),
      values: step(target),
      length: perTarget,
    }));
    const [cpu, at] = [process.cpuUsage(), performance.now()];
    const results = await Promise.all(columns.map((each) => store.append('bench', each)));
    const used = process.cpuUsage(cpu);
    appendCpu += (used.user + used.system) / 1e6;
    appendMs += performance.now() - at;
    for (const { taken } of results) samples += taken;
  }
}
const head = store.status();
const full = memory();
const walBytes = sizeOf(join(dataDir, 'series', 'wal'));
console.log(
  `${targets * perTarget} series of ${targets} targets, ${hours} h at 15 s: ${samples} samples, Node ${process.version}\n`,
);
const selections = [
  await select('one series', [
    ['__name__', '=', 'bench_counter_0'],
    ['instance', '=', '10.0.0.7:9100'],
  ]),
  await select('one metric', [['__name__', '=', 'bench_gauge_1']]),
  await select('10,000 series by a regular expression', [['__name__', '=~', 'bench_.*_[01]']]),
];
const rows = [
  row('series made', (targets * perTarget) / (internMs / 1000), null, perSecond),
  row('append, durable', samples / (appendMs / 1000), null, perSecond),
  row('append, a CPU-second', samples / appendCpu, null, perSecond),
  row('resident memory, of a series', (full.resident - bytesBefore) / head.headSeries, 3500, bytes),
  row('  of it JavaScript heap', full.heap / head.headSeries, null, bytes),
  row('  of it buffers', full.buffers / head.headSeries, null, bytes),
  row('write-ahead log, of a sample', walBytes / samples, null, bytes),
  ...selections,
];
console.log(tableText(rows));
await store.close();

const reopenAt = performance.now();
store = await open();
console.log(`\nopened again from the write-ahead log in ${((performance.now() - reopenAt) / 1000).toFixed(1)} s`);
// A sample of later finishes the windows.
const end = t0 + (Math.ceil(hours / 2) * 2 + 1) * HOUR_MS;
const { refs: one } = store.series('bench', [Labels.of({ __name__: 'later' })]);
await store.append('bench', { refs: one, timestampsMs: Float64Array.of(end), values: Float64Array.of(1), length: 1 });
const [cutAt, cutCpu] = [performance.now(), process.cpuUsage()];
await store.tidy();
const cut = process.cpuUsage(cutCpu);
console.log(
  `windows cut into blocks in ${((performance.now() - cutAt) / 1000).toFixed(1)} s, ${((cut.user + cut.system) / 1e6).toFixed(1)} CPU-seconds`,
);
const blockBytes = sizeOf(join(dataDir, 'series', 'blocks'));
const after = [
  row('peak resident memory, reading the log and cutting included', peak(), null, megabytes),
  row('block, of a sample', blockBytes / samples, 1.4, bytes),
  await select('one series, from the block', [
    ['__name__', '=', 'bench_counter_0'],
    ['instance', '=', '10.0.0.7:9100'],
  ]),
  await select('10,000 series, from the block', [['__name__', '=~', 'bench_.*_[01]']]),
  await select('10,000 series, from the block, again', [['__name__', '=~', 'bench_.*_[01]']]),
];
console.log(tableText(after));
await store.close();

async function select(what: string, conditions: [string, '=' | '=~', string][]) {
  const matchers: Matcher[] = conditions.map(([name, op, value]) => createMatcher(op, name, value));
  const cpu = process.cpuUsage();
  const at = performance.now();
  const found = await store.select({ tenant: 'bench', namespaces: '*' }, matchers, t0, t0 + hours * HOUR_MS);
  const ms = performance.now() - at;
  const used = process.cpuUsage(cpu);
  const cpuMs = (used.user + used.system) / 1000;
  const count = found.reduce((sum, { values }) => sum + values.length, 0);
  return row(
    `select ${what}: ${found.length} series, ${count} samples`,
    ms,
    null,
    (value) => `${value.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`,
  );
}

function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

function bytes(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} B`;
}

function memory(): { resident: number; heap: number; buffers: number } {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
  return { resident, heap: heapUsed, buffers: external };
}

function peak(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
}

function megabytes(value: number): string {
  return `${(value / 1e6).toFixed(0)} MB`;
}

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
