import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCgroups } from './cgroup-mounts.ts';

const hybrid = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const unified =
  '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

test('a hybrid machine has its controllers in version 1, also where two share a mount', () => {
  const found = findCgroups(hybrid, () => ['hugetlb']);
  assert.equal(found?.version, 1);
  assert.deepEqual(Object.fromEntries(found?.points ?? []), {
    cpu: '/sys/fs/cgroup/cpu,cpuacct',
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
    memory: '/sys/fs/cgroup/memory',
    blkio: '/sys/fs/cgroup/blkio',
  });
});

test('version 2 is used where its controllers are enabled, and none where they are not', () => {
  const found = findCgroups(unified, () => ['cpuset', 'cpu', 'io', 'memory', 'pids']);
  assert.equal(found?.version, 2);
  assert.deepEqual([...(found?.points.keys() ?? [])], ['cpu', 'memory', 'io']);
  assert.equal(
    findCgroups(unified, () => ['pids', 'memory']),
    undefined,
  );
  assert.equal(
    findCgroups('', () => []),
    undefined,
  );
});
