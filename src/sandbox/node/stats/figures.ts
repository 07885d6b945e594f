/** What was measured, as plain data. A figure that cannot be known here is absent, never zero. */

export interface CpuFigures {
  /** Core-seconds since the container (the pod, the machine) came up. Never less than in the sample before. */
  totalSeconds: number;
  userSeconds: number;
  systemSeconds: number;
  /** Billionths of a core, on average since the sample before. */
  nanocores?: number;
  /** Where a limit is enforced. */
  throttling?: { periods: number; throttledPeriods: number; throttledSeconds: number };
}

export interface MemoryFigures {
  /** What could not be had back without swapping; what a limit is compared with. */
  workingSetBytes: number;
  usageBytes?: number;
  /** Anonymous memory. */
  rssBytes?: number;
  cacheBytes?: number;
  mappedFileBytes?: number;
  swapBytes?: number;
  usageBytesMax?: number;
  pageFaults?: number;
  majorPageFaults?: number;
  kernelBytes?: number;
  activeFileBytes?: number;
  inactiveFileBytes?: number;
  /** How often the limit was reached. */
  limitHits?: number;
  oomKills?: number;
}

export interface IoFigures {
  readBytes: number;
  writeBytes: number;
}

/** What the kernel holds a container to. */
export interface EnforcedLimits {
  /** The weight in the v1 scale, from 2 on. */
  cpuShares: number;
  /** Of each period of 100 ms. */
  cpuQuotaUs?: number;
  memoryLimitBytes?: number;
}

export interface Figures {
  /** When they were read, in milliseconds since 1970. */
  timeMs: number;
  cpu: CpuFigures;
  memory: MemoryFigures;
  io?: IoFigures;
  processes?: number;
  threads?: number;
  limits?: EnforcedLimits;
}

/** Each rounded to nanoseconds, the unit of the kernel's own counters, so that sums show no rests of binary fractions. */
export function cpuFigures(
  userSeconds: number,
  systemSeconds: number,
  totalSeconds = userSeconds + systemSeconds,
): CpuFigures {
  const rounded = (seconds: number) => Math.round(seconds * 1e9) / 1e9;
  return {
    totalSeconds: rounded(totalSeconds),
    userSeconds: rounded(userSeconds),
    systemSeconds: rounded(systemSeconds),
  };
}
