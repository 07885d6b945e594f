import type { NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import type { ByteWriter } from './byte-writer.ts';
import { containerStart } from './container-phrases.ts';
import { LabelsCache } from './labels-cache.ts';
import { Phrase } from './phrase.ts';
import type { PodHeads } from './pod-heads.ts';
import { Amount, durationText } from './quantities.ts';
import { TimeTexts } from './time-texts.ts';

/** Times of one answer lie close together. */
const times = new TimeTexts();
const amount = new Amount();
/** What stands in every item. */
const fixed = {
  metadata: new Phrase('"metadata":{"name":'),
  namespace: new Phrase(',"namespace":'),
  created: new Phrase(',"creationTimestamp":"'),
  timestamp: new Phrase(',"timestamp":"'),
  window: new Phrase('","window":"'),
  usage: new Phrase('","usage":{"cpu":"'),
  memory: new Phrase('","memory":"'),
  usageEnd: new Phrase('"}'),
  containers: new Phrase('","containers":['),
  nextContainer: new Phrase('"}},'),
  containersEnd: new Phrase('"}}]'),
};
/** More different names than that, and they are made anew. */
const containerNamesMax = 1000;
const containerHeads = new Map<string, Phrase>();

/** With the comma before them; nothing where there are none. Sorted by their keys, as Go prints maps. */
const labelsField = new LabelsCache((labels) => {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(entries.length === 0 ? '' : `,"labels":${JSON.stringify(Object.fromEntries(entries))}`);
});

export function writeMetadata(writer: ByteWriter, item: PodMetrics | NodeMetrics, nowMs: number): void {
  writer.phrase(fixed.metadata);
  writer.json(item.name);
  if ('namespace' in item) {
    writer.phrase(fixed.namespace);
    writer.json(item.namespace);
  }
  writer.phrase(fixed.created);
  writer.phrase(times.at(nowMs));
  writer.plain('"');
  writer.bytes(labelsField.of(item.labels));
  writer.plain('}');
}

/** The object's fields, without the braces around them: kind and apiVersion may go before. `heads`: where its head is kept for the next list. */
export function writeItem(writer: ByteWriter, item: PodMetrics | NodeMetrics, nowMs: number, heads?: PodHeads): void {
  if ('usage' in item) {
    writeHead(writer, item, nowMs, item.usage.timeMs);
    writeWindow(writer, item.usage.windowMs);
    writer.phrase(fixed.usage);
    writeUsage(writer, item.usage);
    writer.phrase(fixed.usageEnd);
    return;
  }
  if (heads) writeKeptHead(writer, item, nowMs, heads);
  else writeHead(writer, item, nowMs, item.timeMs);
  writeWindow(writer, item.windowMs);
  writer.phrase(fixed.containers);
  for (let at = 0; at < item.containers.length; at++) {
    const { name, usage } = item.containers[at]!;
    if (at > 0) writer.phrase(fixed.nextContainer);
    writer.phrase(containerHead(name));
    writeUsage(writer, usage);
  }
  writer.phrase(fixed.containersEnd);
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

/** Everything before the window. */
function writeHead(writer: ByteWriter, item: PodMetrics | NodeMetrics, nowMs: number, timeMs: number): void {
  writeMetadata(writer, item, nowMs);
  writer.phrase(fixed.timestamp);
  writer.phrase(times.at(timeMs));
  writer.phrase(fixed.window);
}

/** The same, which is kept where it is not yet. */
function writeKeptHead(writer: ByteWriter, item: PodMetrics, nowMs: number, heads: PodHeads): void {
  const before = writer.length;
  writeHead(writer, item, nowMs, item.timeMs);
  const head = heads.of(item) === 0 ? writer.last(writer.length - before) : undefined;
  const { bytes } = fixed.created;
  if (head) heads.keep(item, head, head.length - head.indexOf(bytes) - bytes.length);
}

function containerHead(name: string): Phrase {
  const known = containerHeads.get(name);
  if (known) return known;
  if (containerHeads.size >= containerNamesMax) containerHeads.clear();
  const made = new Phrase(containerStart(name));
  containerHeads.set(name, made);
  return made;
}

function writeUsage(writer: ByteWriter, { cpuNanocores, memoryBytes }: Usage): void {
  writeCpu(writer, cpuNanocores);
  writer.phrase(fixed.memory);
  writeMemory(writer, memoryBytes);
}

function writeAmount(writer: ByteWriter, { digits, suffix }: Amount): void {
  writer.digits(digits);
  writer.plain(suffix);
}
