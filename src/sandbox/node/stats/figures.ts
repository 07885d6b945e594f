/** What was measured, as plain data. A figure that cannot be known here is absent, never zero. */

export interface CpuFigures {
  /** Core-seconds since the container (the pod, the machine) came up. Never less than in the sample before. */
  totalSeconds: number;
  userSeconds: number;
  systemSeconds: number;
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
  failures?: number;
}

export interface IoFigures {
  readBytes: number;
  writeBytes: number;
}

export interface Figures {
  /** When they were read, in milliseconds since 1970. */
  timeMs: number;
  cpu: CpuFigures;
  memory: MemoryFigures;
  io?: IoFigures;
  processes?: number;
  threads?: number;
}
