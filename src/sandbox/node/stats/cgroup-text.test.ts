import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupPlacement } from '../runtime/protocol.ts';
import { measureCgroup } from './cgroup-container.ts';
import { parseIoStat, parseServiceBytes, parseSingle } from './cgroup-text.ts';

const limits = { cpuShares: 204, cpuQuotaUs: 20_000, memoryLimitBytes: 64 * 1024 * 1024 };

/** Version 1, as Linux 6.18 writes them. */
const files1: Record<string, string> = {
  '/a/cpuacct.usage': '832194311\n',
  '/a/cpuacct.stat': 'user 70\nsystem 13\n',
  '/c/cpu.stat': 'nr_periods 40\nnr_throttled 38\nthrottled_time 2500000000\nnr_bursts 0\nburst_time 0\n',
  '/m/memory.usage_in_bytes': '9154560\n',
  '/m/memory.max_usage_in_bytes': '9200000\n',
  '/m/memory.failcnt': '7\n',
  '/m/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
  '/m/memory.stat':
    'cache 1\nrss 2\ntotal_cache 4096000\ntotal_rss 5000000\ntotal_mapped_file 8192\ntotal_swap 0\ntotal_pgfault 172832\ntotal_pgmajfault 3\ntotal_inactive_anon 0\ntotal_inactive_file 154560\ntotal_active_file 848\n',
  '/m/cgroup.procs': '10\n11\n',
  '/m/tasks': '10\n11\n12\n',
  '/b/blkio.throttle.io_service_bytes':
    '254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 12288\n254:0 Async 0\n254:0 Discard 0\n254:0 Total 12288\n8:0 Read 1\n8:0 Total 1\nTotal 12289\n',
};

test('version 1: total in nanoseconds, throttling where there is a limit, the working set without idle files', () => {
  const directories = { cpu: '/c', cpuacct: '/a', memory: '/m', blkio: '/b' };
  const figures = measureCgroup(
    { version: 1, directories, limits },
    (path) => files1[path],
    () => 5,
  );
  assert.deepEqual(figures, {
    timeMs: 5,
    cpu: {
      totalSeconds: 0.832194311,
      userSeconds: 0.7,
      systemSeconds: 0.13,
      throttling: { periods: 40, throttledPeriods: 38, throttledSeconds: 2.5 },
    },
    memory: {
      workingSetBytes: 9_000_000,
      usageBytes: 9_154_560,
      usageBytesMax: 9_200_000,
      rssBytes: 5_000_000,
      cacheBytes: 4_096_000,
      mappedFileBytes: 8192,
      swapBytes: 0,
      pageFaults: 172_832,
      majorPageFaults: 3,
      activeFileBytes: 848,
      inactiveFileBytes: 154_560,
      limitHits: 7,
      oomKills: 2,
    },
    io: { readBytes: 4097, writeBytes: 8192 },
    processes: 2,
    threads: 3,
    limits,
  });
});

/** Version 2, as Documentation/admin-guide/cgroup-v2.rst has them. */
const files2: Record<string, string> = {
  '/g/cpu.stat':
    'usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnice_usec 0\ncore_sched.force_idle_usec 0\nnr_periods 9\nnr_throttled 4\nthrottled_usec 250000\nnr_bursts 0\nburst_usec 0\n',
  '/g/memory.current': '209715200\n',
  '/g/memory.peak': '209719296\n',
  '/g/memory.swap.current': '0\n',
  '/g/memory.events': 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n',
  '/g/memory.stat':
    'anon 205520896\nfile 4194304\nkernel 126976\nkernel_stack 16384\nfile_mapped 0\ninactive_anon 0\ninactive_file 4000000\nactive_file 194304\npgfault 51200\npgmajfault 0\n',
  '/g/io.stat':
    '254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=1 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n',
  '/g/cgroup.procs': '10\n',
  '/g/cgroup.threads': '10\n11\n',
};
const placement2: CgroupPlacement = { version: 2, directories: { cpu: '/g', memory: '/g', io: '/g' }, limits };

test('version 2: microseconds, and the same working set', () => {
  const figures = measureCgroup(
    placement2,
    (path) => files2[path],
    () => 5,
  );
  assert.deepEqual(figures?.cpu, {
    totalSeconds: 1.5,
    userSeconds: 1,
    systemSeconds: 0.5,
    throttling: { periods: 9, throttledPeriods: 4, throttledSeconds: 0.25 },
  });
  assert.equal(figures?.memory.workingSetBytes, 209_715_200 - 4_000_000);
  assert.deepEqual([figures?.memory.oomKills, figures?.memory.limitHits, figures?.threads], [1, 12, 2]);
  assert.deepEqual(figures?.io, { readBytes: 4097, writeBytes: 8192 });
});

test('a group that goes away while it is read gives nothing rather than a part', () => {
  const names = Object.keys(files2);
  for (const gone of ['/g/cpu.stat', '/g/memory.current', '/g/memory.stat']) {
    const left = names.filter((name) => name !== gone);
    assert.equal(
      measureCgroup(
        placement2,
        (path) => (left.includes(path) ? files2[path] : undefined),
        () => 5,
      ),
      undefined,
    );
  }
});

test('texts that are none are read as nothing', () => {
  assert.equal(parseSingle('max\n'), undefined);
  assert.equal(parseSingle(''), undefined);
  assert.deepEqual(parseServiceBytes('Total 0\n'), { readBytes: 0, writeBytes: 0 });
  assert.deepEqual(parseIoStat('254:0\n'), { readBytes: 0, writeBytes: 0 });
});
