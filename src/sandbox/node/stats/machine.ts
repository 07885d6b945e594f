import { cpuFigures, type Figures } from './figures.ts';
import type { ProcFiles } from './proc-files.ts';
import { parseMachineStat, parseSizes, ticksPerSecond } from './proc-text.ts';

/** The machine, which is the node: as cAdvisor has it for the root. Undefined where /proc does not tell. */
export function measureMachine(files: ProcFiles, nowMs: () => number): Figures | undefined {
  const ticks = parseMachineStat(files.read('stat') ?? '');
  const sizes = parseSizes(files.read('meminfo') ?? '');
  const bytes = (name: string) => sizes.get(name) ?? 0;
  if (!ticks || !sizes.has('MemTotal')) return undefined;
  const usageBytes = bytes('MemTotal') - bytes('MemFree');
  return {
    timeMs: nowMs(),
    cpu: cpuFigures(ticks.user / ticksPerSecond, ticks.system / ticksPerSecond),
    memory: {
      // Files that were not read lately are what the kernel gives back first.
      workingSetBytes: Math.max(0, usageBytes - bytes('Inactive(file)')),
      usageBytes,
      rssBytes: bytes('AnonPages'),
      cacheBytes: bytes('Cached') + bytes('Buffers'),
      mappedFileBytes: bytes('Mapped'),
      swapBytes: bytes('SwapTotal') - bytes('SwapFree'),
    },
  };
}
