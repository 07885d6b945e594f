import { cpuFigures, type Figures } from './figures.ts';

/** What only grows, of containers that are no more. */
export interface Ended {
  totalSeconds: number;
  userSeconds: number;
  systemSeconds: number;
  readBytes: number;
  writeBytes: number;
}

export function nothingEnded(): Ended {
  return { totalSeconds: 0, userSeconds: 0, systemSeconds: 0, readBytes: 0, writeBytes: 0 };
}

export function addEnded(ended: Ended, { cpu, io }: Figures): void {
  ended.totalSeconds += cpu.totalSeconds;
  ended.userSeconds += cpu.userSeconds;
  ended.systemSeconds += cpu.systemSeconds;
  ended.readBytes += io?.readBytes ?? 0;
  ended.writeBytes += io?.writeBytes ?? 0;
}

/** Of several at once, at the time of the latest. What is not known of every one of them is not known of their sum. */
export function sumOf(parts: readonly Figures[], ended: Ended): Figures {
  const sum = (of: (figures: Figures) => number | undefined): number | undefined => {
    let total = 0;
    for (const part of parts) {
      const value = of(part);
      if (value === undefined) return undefined;
      total += value;
    }
    return total;
  };
  // With cgroups the total is finer than the two that it consists of.
  const totalSeconds = (sum(({ cpu }) => cpu.totalSeconds) ?? 0) + ended.totalSeconds;
  const userSeconds = (sum(({ cpu }) => cpu.userSeconds) ?? 0) + ended.userSeconds;
  const systemSeconds = (sum(({ cpu }) => cpu.systemSeconds) ?? 0) + ended.systemSeconds;
  const readBytes = sum(({ io }) => io?.readBytes);
  const writeBytes = sum(({ io }) => io?.writeBytes);
  const io =
    readBytes === undefined || writeBytes === undefined
      ? undefined
      : { readBytes: readBytes + ended.readBytes, writeBytes: writeBytes + ended.writeBytes };
  return known({
    timeMs: Math.max(...parts.map(({ timeMs }) => timeMs)),
    cpu: cpuFigures(userSeconds, systemSeconds, totalSeconds),
    memory: known({
      workingSetBytes: sum(({ memory }) => memory.workingSetBytes) ?? 0,
      usageBytes: sum(({ memory }) => memory.usageBytes),
      rssBytes: sum(({ memory }) => memory.rssBytes),
      cacheBytes: sum(({ memory }) => memory.cacheBytes),
      mappedFileBytes: sum(({ memory }) => memory.mappedFileBytes),
      swapBytes: sum(({ memory }) => memory.swapBytes),
      kernelBytes: sum(({ memory }) => memory.kernelBytes),
      activeFileBytes: sum(({ memory }) => memory.activeFileBytes),
      inactiveFileBytes: sum(({ memory }) => memory.inactiveFileBytes),
    }),
    io,
    processes: sum(({ processes }) => processes),
    threads: sum(({ threads }) => threads),
  });
}

type Known<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
export function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
}
