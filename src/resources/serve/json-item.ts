import type { NodeMetrics, PodMetrics, Usage } from '../resources.ts';
import { LabelsCache } from './labels-cache.ts';
import { cpuText, durationText, memoryText, TimeTexts } from './quantities.ts';

const labelsJson = new LabelsCache((labels) =>
  labels.length === 0 ? '' : `,"labels":${JSON.stringify(Object.fromEntries(labels))}`,
);
const times = new TimeTexts();

/** Names need no escaping, or they are no names; what else comes is escaped. */
export function quoted(text: string): string {
  return /^[\w.:-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

const usageJson = ({ cpuNanocores, memoryBytes }: Usage) =>
  `"usage":{"cpu":"${cpuText(cpuNanocores)}","memory":"${memoryText(memoryBytes)}"}`;

const created = (nowMs: number) => `"creationTimestamp":"${times.of(nowMs)}"`;

export function podMetadata({ namespace, name, labels }: PodMetrics, nowMs: number): string {
  return `"metadata":{"name":${quoted(name)},"namespace":${quoted(namespace)},${created(nowMs)}${labelsJson.of(labels)}}`;
}

export function nodeMetadata({ name, labels }: NodeMetrics, nowMs: number): string {
  return `"metadata":{"name":${quoted(name)},${created(nowMs)}${labelsJson.of(labels)}}`;
}

/** The object's fields, without the braces around them: kind and apiVersion may go before. */
export function podFields(pod: PodMetrics, nowMs: number): string {
  let containers = '';
  for (const { name, usage } of pod.containers) {
    containers += `${containers === '' ? '' : ','}{"name":${quoted(name)},${usageJson(usage)}}`;
  }
  return `${podMetadata(pod, nowMs)},"timestamp":"${times.of(pod.timeMs)}","window":"${durationText(pod.windowMs)}","containers":[${containers}]`;
}

export function nodeFields(node: NodeMetrics, nowMs: number): string {
  const { timeMs, windowMs } = node.usage;
  return `${nodeMetadata(node, nowMs)},"timestamp":"${times.of(timeMs)}","window":"${durationText(windowMs)}",${usageJson(node.usage)}`;
}
