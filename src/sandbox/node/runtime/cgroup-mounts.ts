/** Where the hierarchies that account and limit are mounted. */
export interface CgroupMounts {
  version: 1 | 2;
  /** The mount's point, by controller; in version 2 all have the same. */
  points: Map<Controller, string>;
}

export const controllers = ['cpu', 'cpuacct', 'memory', 'blkio', 'io'] as const;
export type Controller = (typeof controllers)[number];

/** What containers are worth nothing without: their CPU time and their memory. */
const wanted: Record<1 | 2, readonly Controller[]> = { 1: ['cpuacct', 'memory'], 2: ['cpu', 'memory'] };

/**
 * By /proc/self/mountinfo, and the controllers that a version 2 hierarchy says it has. Version 2 where it has controllers, else
 * version 1; a hybrid machine's version 2 hierarchy has none. Undefined where neither has what is wanted.
 */
export function findCgroups(
  mountInfo: string,
  controllersOf: (point: string) => readonly string[],
): CgroupMounts | undefined {
  const first: CgroupMounts = { version: 1, points: new Map() };
  const second: CgroupMounts = { version: 2, points: new Map() };
  for (const line of mountInfo.split('\n')) {
    const [mount, source] = line.split(' - ') as [string, string?];
    const [type, , options = ''] = source?.split(' ') ?? [];
    const point = mount.split(' ')[4] ?? '';
    const { points } = type === 'cgroup2' ? second : first;
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const names = type === 'cgroup2' ? controllersOf(point) : options.split(',');
    for (const name of controllers) if (names.includes(name) && !points.has(name)) points.set(name, point);
  }
  return [second, first].find(({ version, points }) => wanted[version].every((name) => points.has(name)));
}
