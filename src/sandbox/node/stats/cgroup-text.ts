import { ticksPerSecond } from './proc-text.ts';

/** The texts of cgroup files, as Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel describe them. */

/** Lines `name 123` (cpu.stat, memory.stat, memory.events, cpuacct.stat, memory.oom_control). */
export function parseFlatKeyed(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const [, name, digits] of text.matchAll(/^(\S+) (\d+)$/gm)) values.set(name as string, Number(digits));
  return values;
}

/** One number; undefined for `max` and for what is none. */
export function parseSingle(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? '';
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** How many lines there are, as of cgroup.procs. */
export function countLines(text: string | undefined): number | undefined {
  return text === undefined ? undefined : (text.match(/\n/g)?.length ?? 0);
}

/** blkio.throttle.io_service_bytes: `254:0 Read 4096`, and `Total` lines that are left out here. */
export function parseServiceBytes(text: string): { readBytes: number; writeBytes: number } {
  const sum = { readBytes: 0, writeBytes: 0 };
  for (const [, way, digits] of text.matchAll(/^\d+:\d+ (Read|Write) (\d+)$/gm)) {
    if (way === 'Read') sum.readBytes += Number(digits);
    else sum.writeBytes += Number(digits);
  }
  return sum;
}

/** io.stat: `254:0 rbytes=4096 wbytes=0 rios=1 …`. */
export function parseIoStat(text: string): { readBytes: number; writeBytes: number } {
  const sum = { readBytes: 0, writeBytes: 0 };
  for (const [, name, digits] of text.matchAll(/ (rbytes|wbytes)=(\d+)/g)) {
    if (name === 'rbytes') sum.readBytes += Number(digits);
    else sum.writeBytes += Number(digits);
  }
  return sum;
}

export interface CpuTimes {
  totalSeconds: number;
  userSeconds: number;
  systemSeconds: number;
}

/** Version 1: cpuacct.usage in nanoseconds, cpuacct.stat in ticks. */
export function cpuTimes1(usage: string | undefined, stat: string | undefined): CpuTimes | undefined {
  const nanoseconds = parseSingle(usage);
  const ticks = parseFlatKeyed(stat ?? '');
  if (nanoseconds === undefined) return undefined;
  return {
    totalSeconds: nanoseconds / 1e9,
    userSeconds: (ticks.get('user') ?? 0) / ticksPerSecond,
    systemSeconds: (ticks.get('system') ?? 0) / ticksPerSecond,
  };
}

/** Version 2: cpu.stat in microseconds. */
export function cpuTimes2(stat: Map<string, number>): CpuTimes | undefined {
  const microseconds = stat.get('usage_usec');
  if (microseconds === undefined) return undefined;
  return {
    totalSeconds: microseconds / 1e6,
    userSeconds: (stat.get('user_usec') ?? 0) / 1e6,
    systemSeconds: (stat.get('system_usec') ?? 0) / 1e6,
  };
}
