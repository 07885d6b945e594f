import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInterfaces, parseIo, parseMachineStat, parseProcessStat, parseSizes } from './proc-text.ts';

/** Of a program that was copied to the name `a) R 1 (b`. */
const hostile =
  '31930 (a) R 1 (b) S 31921 31921 32700 0 -1 4194304 138 0 0 0 12 3 40 5 20 0 1 0 1355852 2990080 411 18446744073709551615 94338306621440 94338306639369 140732531706064 0 0 0 0 6 0 1 0 0 17 0 0 0 0 0 0 94338306653456 94338306654720 94339136970752 140732531714734 140732531714754 140732531714754 140732531716070 0\n';

test("a process's name may hold what the format is made of", () => {
  assert.deepEqual(parseProcessStat(hostile), {
    pid: 31930,
    state: 'S',
    parent: 31921,
    session: 32700,
    userTicks: 12,
    systemTicks: 3,
    childrenUserTicks: 40,
    childrenSystemTicks: 5,
    threads: 1,
    startTicks: 1355852,
  });
});

test('whatever the name of a process is, its figures are the same', () => {
  const [before, after] = hostile.split('a) R 1 (b') as [string, string];
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 15 }), (name) => {
      assert.deepEqual(parseProcessStat(before + name + after), parseProcessStat(hostile));
    }),
  );
});

test('a text that is cut short, or none, is not a process', () => {
  for (let length = 0; length < hostile.indexOf('1355852'); length++)
    assert.equal(parseProcessStat(hostile.slice(0, length)), undefined, `cut after ${length}`);
  assert.equal(parseProcessStat('Permission denied'), undefined);
});

test('sizes are given in bytes', () => {
  const sizes = parseSizes(`556569224000-7fff364bb000 ---p 00000000 00:00 0                          [rollup]
Rss:                1704 kB
Pss_Anon:            229 kB
Threads:	3
Groups:	${' '}
HugePages_Total:       0
Inactive(file):   508512 kB
`);
  assert.equal(sizes.get('Rss'), 1704 * 1024);
  assert.equal(sizes.get('Pss_Anon'), 229 * 1024);
  assert.equal(sizes.get('Inactive(file)'), 508512 * 1024);
  assert.equal(sizes.get('Threads'), 3);
  assert.equal(sizes.get('Groups'), undefined);
});

test("the machine's CPU time leaves out idleness, waiting, and what the hypervisor took", () => {
  const ticks = parseMachineStat(`cpu  709202 22248 195934 1363612 21521 10 5043 2977 0 0
cpu0 337693 11234 95012 707551 5162 0 2014 1583 0 0
intr 15237596 0 0 0
ctxt 34847259
btime 1795383205
processes 31930
`);
  assert.deepEqual(ticks, { user: 709202 + 22248, system: 195934 + 10 + 5043, bootTimeSeconds: 1795383205 });
  assert.equal(parseMachineStat('cpu0 1 2 3'), undefined);
});

test('interfaces are read, also where a counter touches the colon', () => {
  const [lo, eth, ...others] =
    parseInterfaces(`Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:17721806824 1980327    0    0    0     0          0         0 17721806824 1980327    0    0    0     0       0          0
  eth0: 1358360440   45267    1    2    0     0          0         0  4089722   32488    3    4    0     0       0          0
`);
  assert.deepEqual([lo?.name, lo?.receiveBytes, others.length], ['lo', 17721806824, 0]);
  assert.deepEqual(eth, {
    name: 'eth0',
    receiveBytes: 1358360440,
    receivePackets: 45267,
    receiveErrors: 1,
    receiveDropped: 2,
    transmitBytes: 4089722,
    transmitPackets: 32488,
    transmitErrors: 3,
    transmitDropped: 4,
  });
});

test("a process's input and output are those of the disk, not of the page cache", () => {
  const io =
    'rchar: 6976\nwchar: 12\nsyscr: 10\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n';
  assert.deepEqual(parseIo(io), { readBytes: 4096, writeBytes: 8192 });
  assert.equal(parseIo(''), undefined);
});
