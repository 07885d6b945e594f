import { join } from 'node:path';
import type { CgroupPlacement } from '../runtime/protocol.ts';
import {
  countLines,
  cpuTimes1,
  cpuTimes2,
  parseFlatKeyed,
  parseIoStat,
  parseServiceBytes,
  parseSingle,
} from './cgroup-text.ts';
import type { CpuFigures, Figures, IoFigures, MemoryFigures } from './figures.ts';
import { known } from './sums.ts';

/** Undefined where the file is not there. */
export type ReadFile = (path: string) => string | undefined;

/** The figures of a container that the kernel accounts for: every process that ever was in it. Undefined once its groups are gone. */
export function measureCgroup(placement: CgroupPlacement, read: ReadFile, nowMs: () => number): Figures | undefined {
  const cpu = cpuOf(placement, read);
  const memory = placement.version === 2 ? memory2(placement, read) : memory1(placement, read);
  if (!cpu || !memory) return undefined;
  const timeMs = nowMs();
  const { memory: directory } = placement.directories;
  return known({
    timeMs,
    cpu,
    memory,
    io: ioOf(placement, read),
    processes: directory && countLines(read(join(directory, 'cgroup.procs'))),
    threads: directory && countLines(read(join(directory, placement.version === 2 ? 'cgroup.threads' : 'tasks'))),
    limits: placement.limits,
  }) as Figures;
}

function cpuOf({ version, directories, limits }: CgroupPlacement, read: ReadFile): CpuFigures | undefined {
  const { cpu, cpuacct } = directories;
  // Version 2 has the times in the same file; version 1 is asked about throttling where there is a limit.
  const needed = cpu !== undefined && (version === 2 || limits.cpuQuotaUs !== undefined);
  const stat = parseFlatKeyed((needed && read(join(cpu, 'cpu.stat'))) || '');
  const times =
    version === 2
      ? cpuTimes2(stat)
      : cpuacct && cpuTimes1(read(join(cpuacct, 'cpuacct.usage')), read(join(cpuacct, 'cpuacct.stat')));
  const periods = stat.get('nr_periods');
  if (!times) return undefined;
  if (limits.cpuQuotaUs === undefined || periods === undefined) return times;
  const throttledSeconds =
    version === 2 ? (stat.get('throttled_usec') ?? 0) / 1e6 : (stat.get('throttled_time') ?? 0) / 1e9;
  return { ...times, throttling: { periods, throttledPeriods: stat.get('nr_throttled') ?? 0, throttledSeconds } };
}

/** The working set is what is used less the files that were not read lately, as cAdvisor has it. */
function memory1({ directories, limits }: CgroupPlacement, read: ReadFile): MemoryFigures | undefined {
  const file = (name: string) => (directories.memory ? read(join(directories.memory, name)) : undefined);
  const usageBytes = parseSingle(file('memory.usage_in_bytes'));
  const stat = parseFlatKeyed(file('memory.stat') ?? '');
  if (usageBytes === undefined || stat.size === 0) return undefined;
  const limited = limits.memoryLimitBytes !== undefined;
  return known({
    workingSetBytes: Math.max(0, usageBytes - (stat.get('total_inactive_file') ?? 0)),
    usageBytes,
    usageBytesMax: parseSingle(file('memory.max_usage_in_bytes')),
    rssBytes: stat.get('total_rss'),
    cacheBytes: stat.get('total_cache'),
    mappedFileBytes: stat.get('total_mapped_file'),
    // Accounted only where swap accounting is on.
    swapBytes: stat.get('total_swap') ?? 0,
    pageFaults: stat.get('total_pgfault'),
    majorPageFaults: stat.get('total_pgmajfault'),
    activeFileBytes: stat.get('total_active_file'),
    inactiveFileBytes: stat.get('total_inactive_file'),
    kernelBytes: parseSingle(file('memory.kmem.usage_in_bytes')),
    limitHits: parseSingle(file('memory.failcnt')),
    oomKills: limited ? parseFlatKeyed(file('memory.oom_control') ?? '').get('oom_kill') : 0,
  }) as MemoryFigures;
}

function memory2({ directories }: CgroupPlacement, read: ReadFile): MemoryFigures | undefined {
  const file = (name: string) => (directories.memory ? read(join(directories.memory, name)) : undefined);
  const usageBytes = parseSingle(file('memory.current'));
  const stat = parseFlatKeyed(file('memory.stat') ?? '');
  if (usageBytes === undefined || stat.size === 0) return undefined;
  const events = parseFlatKeyed(file('memory.events') ?? '');
  return known({
    workingSetBytes: Math.max(0, usageBytes - (stat.get('inactive_file') ?? 0)),
    usageBytes,
    usageBytesMax: parseSingle(file('memory.peak')),
    rssBytes: stat.get('anon'),
    cacheBytes: stat.get('file'),
    mappedFileBytes: stat.get('file_mapped'),
    swapBytes: parseSingle(file('memory.swap.current')) ?? 0,
    pageFaults: stat.get('pgfault'),
    majorPageFaults: stat.get('pgmajfault'),
    activeFileBytes: stat.get('active_file'),
    inactiveFileBytes: stat.get('inactive_file'),
    kernelBytes: stat.get('kernel'),
    limitHits: events.get('max'),
    oomKills: events.get('oom_kill'),
  }) as MemoryFigures;
}

/** What the block layer did on the group's account; in version 1 that leaves out what the kernel wrote later. */
function ioOf({ directories }: CgroupPlacement, read: ReadFile): IoFigures | undefined {
  const { blkio, io } = directories;
  if (io) return parseIoStat(read(join(io, 'io.stat')) ?? '');
  return blkio ? parseServiceBytes(read(join(blkio, 'blkio.throttle.io_service_bytes')) ?? '') : undefined;
}
