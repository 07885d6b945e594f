import type { NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import { MetadataCache, TextCache } from './metadata-cache.ts';
import { cpuText, durationText, memoryText, timeText } from './quantities.ts';

/** Times and windows of one answer lie close together; containers of many pods have the same names. */
const textsKeptMax = 4096;

const timesBySecond = new TextCache<number>(textsKeptMax, timeText);
const windows = new TextCache<number>(textsKeptMax, durationText);
const containerHeads = new TextCache<string>(
  textsKeptMax,
  (name) => `{"name":${JSON.stringify(name)},"usage":{"cpu":"`,
);
/** What goes before and after the time of creation, which is that of the answer. */
const metadata = new MetadataCache(({ name, namespace }, labels) => {
  const inNamespace = namespace === undefined ? '' : `,"namespace":${JSON.stringify(namespace)}`;
  return {
    head: `"metadata":{"name":${JSON.stringify(name)}${inNamespace},"creationTimestamp":"`,
    tail: labels.length === 0 ? '"}' : `","labels":${JSON.stringify(Object.fromEntries(labels))}}`,
  };
});

const timeOf = (timeMs: number) => timesBySecond.of(Math.floor(timeMs / 1000));
export const windowOf = (windowMs: number) => windows.of(windowMs);

export function metadataFields(item: PodMetrics | NodeMetrics, nowMs: number): string {
  const { head, tail } = metadata.of(item);
  return head + timeOf(nowMs) + tail;
}

/** The object's fields, without the braces around them: kind and apiVersion may go before. */
export function podFields(pod: PodMetrics, nowMs: number): string {
  let containers = '';
  for (const { name, usage } of pod.containers) {
    if (containers !== '') containers += ',';
    containers += `${containerHeads.of(name)}${cpuText(usage.cpuNanocores)}","memory":"${memoryText(usage.memoryBytes)}"}}`;
  }
  return `${metadataFields(pod, nowMs)}${spanFields(pod.timeMs, pod.windowMs)},"containers":[${containers}]`;
}

export function nodeFields(node: NodeMetrics, nowMs: number): string {
  const { usage } = node;
  return `${metadataFields(node, nowMs)}${spanFields(usage.timeMs, usage.windowMs)},${usageField(usage)}`;
}

const spanFields = (timeMs: number, windowMs: number) =>
  `,"timestamp":"${timeOf(timeMs)}","window":"${windowOf(windowMs)}"`;

const usageField = ({ cpuNanocores, memoryBytes }: Usage) =>
  `"usage":{"cpu":"${cpuText(cpuNanocores)}","memory":"${memoryText(memoryBytes)}"}`;
