import type { NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import type { ByteWriter } from './byte-writer.ts';
import { LabelsCache } from './labels-cache.ts';
import { Amount, durationText } from './quantities.ts';
import { TimeTexts } from './time-texts.ts';

/** Times of one answer lie close together. */
const times = new TimeTexts();
const amount = new Amount();
/** What stands in every item. */
const fixed = {
  metadata: Buffer.from('"metadata":{"name":'),
  namespace: Buffer.from(',"namespace":'),
  created: Buffer.from(',"creationTimestamp":"'),
  timestamp: Buffer.from(',"timestamp":"'),
  window: Buffer.from('","window":"'),
  containers: Buffer.from(',"containers":['),
  container: Buffer.from('{"name":'),
  nextContainer: Buffer.from(',{"name":'),
  usage: Buffer.from(',"usage":'),
  cpu: Buffer.from('{"cpu":"'),
  memory: Buffer.from('","memory":"'),
  usageEnd: Buffer.from('"}'),
};

/** With the comma before them; nothing where there are none. Sorted by their keys, as Go prints maps. */
const labelsField = new LabelsCache((labels) => {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(entries.length === 0 ? '' : `,"labels":${JSON.stringify(Object.fromEntries(entries))}`);
});

export function writeMetadata(writer: ByteWriter, item: PodMetrics | NodeMetrics, nowMs: number): void {
  writer.fixed(fixed.metadata);
  writer.json(item.name);
  if ('namespace' in item) {
    writer.fixed(fixed.namespace);
    writer.json(item.namespace);
  }
  writer.fixed(fixed.created);
  writeTime(writer, nowMs);
  writer.plain('"');
  writer.bytes(labelsField.of(item.labels));
  writer.plain('}');
}

/** The object's fields, without the braces around them: kind and apiVersion may go before. */
export function writeItem(writer: ByteWriter, item: PodMetrics | NodeMetrics, nowMs: number): void {
  writeMetadata(writer, item, nowMs);
  if ('usage' in item) {
    writeSpan(writer, item.usage.timeMs, item.usage.windowMs);
    writer.fixed(fixed.usage);
    writeUsage(writer, item.usage);
    return;
  }
  writeSpan(writer, item.timeMs, item.windowMs);
  writer.fixed(fixed.containers);
  for (let at = 0; at < item.containers.length; at++) {
    const { name, usage } = item.containers[at]!;
    writer.fixed(at === 0 ? fixed.container : fixed.nextContainer);
    writer.json(name);
    writer.fixed(fixed.usage);
    writeUsage(writer, usage);
    writer.plain('}');
  }
  writer.plain(']');
}

export function writeCpu(writer: ByteWriter, nanocores: number): void {
  writeAmount(writer, amount.cpu(nanocores));
}

export function writeMemory(writer: ByteWriter, bytes: number): void {
  writeAmount(writer, amount.memory(bytes));
}

export function writeWindow(writer: ByteWriter, windowMs: number): void {
  const seconds = Math.trunc(windowMs / 1000);
  const rest = windowMs - 1000 * seconds;
  if (seconds < 1 || seconds >= 60 || rest !== Math.trunc(rest)) {
    writer.text(durationText(windowMs));
    return;
  }
  // Nearly all windows: seconds and milliseconds, as durationText has them.
  writer.digits(seconds);
  if (rest > 0) {
    writer.plain(rest >= 100 ? '.' : rest >= 10 ? '.0' : '.00');
    writer.digits(rest % 100 === 0 ? rest / 100 : rest % 10 === 0 ? rest / 10 : rest);
  }
  writer.plain('s');
}

function writeSpan(writer: ByteWriter, timeMs: number, windowMs: number): void {
  writer.fixed(fixed.timestamp);
  writeTime(writer, timeMs);
  writer.fixed(fixed.window);
  writeWindow(writer, windowMs);
  writer.plain('"');
}

function writeUsage(writer: ByteWriter, { cpuNanocores, memoryBytes }: Usage): void {
  writer.fixed(fixed.cpu);
  writeCpu(writer, cpuNanocores);
  writer.fixed(fixed.memory);
  writeMemory(writer, memoryBytes);
  writer.fixed(fixed.usageEnd);
}

function writeTime(writer: ByteWriter, timeMs: number): void {
  writer.fixed(times.of(Math.floor(timeMs / 1000)));
}

function writeAmount(writer: ByteWriter, { digits, suffix }: Amount): void {
  writer.digits(digits);
  writer.plain(suffix);
}
