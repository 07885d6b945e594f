import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf } from '../../../base/fault.ts';
import { type CgroupMounts, type Controller, findCgroups } from './cgroup-mounts.ts';
import type { CgroupPlacement, CgroupSupport, ContainerResources } from './protocol.ts';

/** Below it, as with a kubelet's /kubepods, everything of one runtime is. The name says whose it is. */
const prefix = 'taffrail-';
const cfsPeriodUs = 100_000;
const sharesMin = 2;
const sharesMax = 262_144;
const quotaUsMin = 1000;
/** To say no, as the value of an environment variable. */
export const cgroupsVariable = 'TAFFRAIL_SANDBOX_CGROUPS';

/**
 * The cgroups of this runtime's containers. Invariant: a container's groups are there from before its first process until the
 * container is removed, so that what it used can be read after its end.
 */
export class Cgroups {
  readonly support: CgroupSupport;
  #mounts: CgroupMounts;
  #name: string;

  private constructor(mounts: CgroupMounts, name: string) {
    this.#mounts = mounts;
    this.#name = name;
    this.support = { version: mounts.version, controllers: [...mounts.points.keys()] };
  }

  /** Finds out by trying. Gives why there are none where that fails. */
  static open(environment: NodeJS.ProcessEnv = process.env): Cgroups | string {
    if (environment[cgroupsVariable] === 'off') return `${cgroupsVariable} says off`;
    try {
      const mounts = findCgroups(readFileSync('/proc/self/mountinfo', 'latin1'), enabledIn);
      if (!mounts) return 'no cgroup hierarchy with cpu and memory is mounted';
      const cgroups = new Cgroups(mounts, `${prefix}${process.pid}.${startTicksOf(process.pid)}`);
      cgroups.#sweep();
      cgroups.#makeRoot();
      return cgroups;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Throws where the kernel refuses; then nothing is left behind. */
  place(id: string, resources: ContainerResources): CgroupPlacement {
    const placement: CgroupPlacement = { version: this.#mounts.version, directories: {}, limits: limitsOf(resources) };
    for (const [controller, root] of this.#roots()) placement.directories[controller] = join(root, id);
    try {
      for (const path of new Set(Object.values(placement.directories))) mkdirSync(path);
      setLimits(placement);
    } catch (error) {
      this.remove(placement);
      throw error;
    }
    return placement;
  }

  remove({ directories }: CgroupPlacement): void {
    for (const path of new Set(Object.values(directories))) removeGroup(path);
  }

  /** Everything of this runtime, whose containers have ended. */
  close(): void {
    for (const root of new Set(this.#roots().values())) removeTree(root);
  }

  #roots(): Map<Controller, string> {
    return new Map([...this.#mounts.points].map(([controller, point]) => [controller, join(point, this.#name)]));
  }

  #makeRoot(): void {
    const { version, points } = this.#mounts;
    const roots = this.#roots();
    try {
      for (const root of new Set(roots.values())) mkdirSync(root);
      const enabled = [...points.keys()].map((name) => `+${name}`).join(' ');
      if (version === 2) writeFileSync(join(roots.get('cpu') as string, 'cgroup.subtree_control'), enabled);
      const cpu = roots.get('cpu');
      // All pods together weigh what the machine's cores do, as a kubelet's.
      if (cpu) setShares(version, cpu, availableParallelism() * 1024);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Groups of runtimes that were killed. */
  #sweep(): void {
    for (const point of new Set(this.#mounts.points.values())) {
      for (const name of readdirSync(point)) {
        const [, pid, startTicks] = /^taffrail-(\d+)\.(\d+)$/.exec(name) ?? [];
        if (pid !== undefined && startTicksOf(Number(pid)) !== startTicks) removeTree(join(point, name));
      }
    }
  }
}

/** In milli-CPUs and bytes. */
function limitsOf({ cpuRequestMilli, cpuLimitMilli, memoryLimitBytes }: ContainerResources): CgroupPlacement['limits'] {
  const shares = Math.trunc(((cpuRequestMilli ?? cpuLimitMilli ?? 0) * 1024) / 1000);
  return {
    cpuShares: Math.min(sharesMax, Math.max(sharesMin, shares)),
    ...(cpuLimitMilli ? { cpuQuotaUs: Math.max(quotaUsMin, Math.trunc((cpuLimitMilli * cfsPeriodUs) / 1000)) } : {}),
    ...(memoryLimitBytes ? { memoryLimitBytes } : {}),
  };
}

function setLimits({ version, directories, limits }: CgroupPlacement): void {
  const { cpu, memory } = directories;
  const { cpuShares, cpuQuotaUs, memoryLimitBytes } = limits;
  if (cpu) {
    setShares(version, cpu, cpuShares);
    if (cpuQuotaUs !== undefined && version === 2) writeFileSync(join(cpu, 'cpu.max'), `${cpuQuotaUs} ${cfsPeriodUs}`);
    if (cpuQuotaUs !== undefined && version === 1) {
      writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(cfsPeriodUs));
      writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(cpuQuotaUs));
    }
  }
  if (!memory || memoryLimitBytes === undefined) return;
  const bytes = String(memoryLimitBytes);
  writeFileSync(join(memory, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'), bytes);
  // A pod does not swap unless it is asked for, and it runs out of memory as a whole; older kernels know neither.
  const further: [string, string][] =
    version === 2
      ? [
          ['memory.swap.max', '0'],
          ['memory.oom.group', '1'],
        ]
      : [['memory.memsw.limit_in_bytes', bytes]];
  for (const [name, value] of further) {
    if (existsSync(join(memory, name))) writeFileSync(join(memory, name), value);
  }
}

function setShares(version: 1 | 2, directory: string, shares: number): void {
  // As in the kubelet's and runc's: [2, 262144] to [1, 10000].
  const weight = 1 + Math.trunc(((shares - sharesMin) * 9999) / (sharesMax - sharesMin));
  if (version === 2) writeFileSync(join(directory, 'cpu.weight'), String(weight));
  else writeFileSync(join(directory, 'cpu.shares'), String(shares));
}

/** How many of its processes the kernel has killed for want of memory. */
export function oomKillsOf({ version, directories }: CgroupPlacement): number {
  if (!directories.memory) return 0;
  try {
    const file = version === 2 ? 'memory.events' : 'memory.oom_control';
    const text = readFileSync(join(directories.memory, file), 'latin1');
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The files by which a process enters the groups. */
export function entrancesOf({ directories }: CgroupPlacement): string[] {
  return [...new Set(Object.values(directories))].map((path) => join(path, 'cgroup.procs'));
}

function enabledIn(point: string): string[] {
  return readFileSync(join(point, 'cgroup.subtree_control'), 'latin1').trim().split(' ');
}

/** A group in which a process still ends cannot be removed yet; it goes with the runtime, or the next one. */
function removeGroup(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EBUSY') throw error;
  }
}

function removeTree(root: string): void {
  if (!existsSync(root) || !basename(root).startsWith(prefix)) return;
  for (const { name, parentPath } of readdirSync(root, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    removeGroup(join(parentPath, name));
  }
  removeGroup(root);
}

function startTicksOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(join('/proc', String(pid), 'stat'), 'latin1')
      .replace(/^.*\)/s, '')
      .trim()
      .split(' ');
    return fields[19];
  } catch {
    return undefined;
  }
}
