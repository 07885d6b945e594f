/** The texts of /proc, read as proc(5) describes them. A text that is cut short or is none gives undefined. */

/** One tick of the times in /proc: USER_HZ, which is 100 on every Linux that Node runs on. */
export const ticksPerSecond = 100;

export interface ProcessStat {
  pid: number;
  /** `Z`: ended, and not waited for yet; its times still stand. */
  state: string;
  parent: number;
  session: number;
  userTicks: number;
  systemTicks: number;
  /** Of children that have ended and were waited for, with theirs. */
  childrenUserTicks: number;
  childrenSystemTicks: number;
  threads: number;
  /** Since boot. With the pid it names a process for good. */
  startTicks: number;
}

/** /proc/<pid>/stat. The name may hold spaces, parentheses and line ends: it goes to the last `)`. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  if (end < 0 || !Number.isInteger(pid)) return undefined;
  const fields = text.slice(end + 2).split(' ', 20);
  if (fields.length < 20) return undefined;
  const numberAt = (index: number) => Number(fields[index]);
  const stat = {
    pid,
    state: fields[0] as string,
    parent: numberAt(1),
    session: numberAt(3),
    userTicks: numberAt(11),
    systemTicks: numberAt(12),
    childrenUserTicks: numberAt(13),
    childrenSystemTicks: numberAt(14),
    threads: numberAt(17),
    startTicks: numberAt(19),
  };
  return Number.isFinite(stat.startTicks + stat.parent + stat.userTicks + stat.childrenSystemTicks) ? stat : undefined;
}

/** The lines `Name:   123 kB` of status, smaps_rollup and meminfo, in bytes; plain numbers as they are. */
export function parseSizes(text: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [, name, digits, unit] of text.matchAll(/^([^\s:]+):\s+(\d+)( kB)?$/gm)) {
    sizes.set(name as string, Number(digits) * (unit === undefined ? 1 : 1024));
  }
  return sizes;
}

export interface MachineTicks {
  /** With nice, as guests' time is in it already. */
  user: number;
  /** With the time in interrupts. Time stolen by the hypervisor was used by nobody here. */
  system: number;
  bootTimeSeconds: number;
}

/** /proc/stat. */
export function parseMachineStat(text: string): MachineTicks | undefined {
  const line = /^cpu +(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/m.exec(text);
  const boot = /^btime (\d+)$/m.exec(text);
  if (!line) return undefined;
  const [user, nice, system, , , interrupts, softInterrupts] = line.slice(1).map(Number) as number[];
  return {
    user: user! + nice!,
    system: system! + interrupts! + softInterrupts!,
    bootTimeSeconds: Number(boot?.[1] ?? 0),
  };
}

export interface InterfaceCounters {
  name: string;
  receiveBytes: number;
  receivePackets: number;
  receiveErrors: number;
  receiveDropped: number;
  transmitBytes: number;
  transmitPackets: number;
  transmitErrors: number;
  transmitDropped: number;
}

/** /proc/<pid>/net/dev. */
export function parseInterfaces(text: string): InterfaceCounters[] {
  const found: InterfaceCounters[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(\S+):\s*((?:\d+\s*){16})$/.exec(line);
    if (!match) continue;
    const counters = (match[2] as string).trim().split(/\s+/).map(Number) as number[];
    found.push({
      name: match[1] as string,
      receiveBytes: counters[0]!,
      receivePackets: counters[1]!,
      receiveErrors: counters[2]!,
      receiveDropped: counters[3]!,
      transmitBytes: counters[8]!,
      transmitPackets: counters[9]!,
      transmitErrors: counters[10]!,
      transmitDropped: counters[11]!,
    });
  }
  return found;
}

/** /proc/<pid>/io: what went to and came from the disk, of the process and of the children that it waited for. */
export function parseIo(text: string): { readBytes: number; writeBytes: number } | undefined {
  const read = /^read_bytes: (\d+)$/m.exec(text);
  const write = /^write_bytes: (\d+)$/m.exec(text);
  return read && write ? { readBytes: Number(read[1]), writeBytes: Number(write[1]) } : undefined;
}
