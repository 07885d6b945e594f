import { SAMPLE, type SampleKind } from '../window/window.ts';

const BRACE_OPEN = 0x7b;
const names: { bytes: Buffer; kind: SampleKind; ofNode: boolean }[] = [
  { bytes: Buffer.from('node_cpu_usage_seconds_total'), kind: SAMPLE.cpuSeconds, ofNode: true },
  { bytes: Buffer.from('node_memory_working_set_bytes'), kind: SAMPLE.memoryBytes, ofNode: true },
  { bytes: Buffer.from('container_cpu_usage_seconds_total'), kind: SAMPLE.cpuSeconds, ofNode: false },
  { bytes: Buffer.from('container_memory_working_set_bytes'), kind: SAMPLE.memoryBytes, ofNode: false },
  { bytes: Buffer.from('container_start_time_seconds'), kind: SAMPLE.startSeconds, ofNode: false },
];

/** The metrics that count; what else a page holds is passed over. */
export function metricAt(page: Buffer, start: number, end: number): { kind: SampleKind; ofNode: boolean } | undefined {
  for (const name of names) {
    const nameEnd = start + name.bytes.length;
    if (nameEnd > end || (nameEnd < end && page[nameEnd] !== BRACE_OPEN)) continue;
    if (page.compare(name.bytes, 0, name.bytes.length, start, nameEnd) === 0) return name;
  }
  return undefined;
}
