import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { MetricsRegistry, silentLogger } from '../../telemetry/telemetry.ts';
import { Collector } from './collector.ts';
import { collectMetrics } from './metrics.ts';
import { defaultCollectSettings } from './settings.ts';
import { Spool } from './spool.ts';
import type { OnWatchEvent } from './watches.ts';

const settings = { ...defaultCollectSettings, pollActiveMs: 100, pollIdleMs: 500, reconcileMs: 20_000 };
const RECORD = '2026-01-02T03:04:05.000000001Z stdout F a line\n';
/** Long enough for what has been written to be quiet, shorter than any look at what is watched. */
const QUIET_MS = 8000;

let home: string;
let nowMs: number;
let events: number;
/** The open watches, by path. */
let open: Map<string, OnWatchEvent>;
let watchesMax: number;
let warnings: string[];
let collector: Collector;
/** How many directories were made: each has a time of its own, long ago. */
let made = 0;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'taffrail-collector-'));
  nowMs = 1_000_000;

  events = 0;
  open = new Map();
  watchesMax = Number.POSITIVE_INFINITY;
  warnings = [];
  for (const name of ['pods', 'spool']) mkdirSync(join(home, name));
  collector = createCollector();
});

afterEach(() => {
  collector.close();
  rmSync(home, { recursive: true });
});

test('once a file is quiet it is not looked at before a write is told', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  write(file, 1);
  pass(1000);
  assert.equal(sizeOf('a'), RECORD.length);
  tell(file);
  assert.equal(events, 1, 'whoever refreshes is told');
  collector.refresh();
  assert.equal(sizeOf('a'), 2 * RECORD.length);
});

test('a write that was not told is found by the look that goes on slowly', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  write(file, 1);
  pass(settings.reconcileMs * 1.3);
  assert.equal(sizeOf('a'), 2 * RECORD.length);
});

test('a directory that does not tell what is written is looked at by time from the second time on', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  assert.ok(isWatched(file));
  for (let i = 0; i < 3; i++) {
    write(file, 1);
    pass(settings.reconcileMs * 1.3);
  }
  assert.ok(!isWatched(file));
  assert.equal(collector.unwatchedDirectories, 1);
  pass(QUIET_MS);
  write(file, 1);
  pass(1000);
  assert.equal(sizeOf('a'), 5 * RECORD.length);
});

test('a quiet file that tells now and then stays watched for good', () => {
  const file = createFile('a');
  for (let i = 0; i < 10; i++) {
    pass(settings.reconcileMs * 1.3);
    write(file, 1);
    tell(file);
  }
  assert.ok(isWatched(file));
});

test('a file that is written to fast is looked at and not listened to, until it is quiet again', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  for (let i = 0; i < 20 && isWatched(file); i++) {
    write(file, 1);
    tell(file);
  }
  assert.ok(!isWatched(file));
  pass(200);
  const seen = sizeOf('a');
  write(file, 1);
  pass(2 * settings.pollActiveMs);
  assert.equal(sizeOf('a'), seen + RECORD.length);
  assert.ok(!isWatched(file));
  pass(QUIET_MS);
  assert.ok(isWatched(file));
});

test('where the kernel has no watch left, files are looked at by time, which is said once and counted', () => {
  watchesMax = 4;
  const files = ['a', 'b', 'c'].map((name) => createFile(name));
  pass(QUIET_MS);
  assert.equal(open.size, 4);
  assert.equal(collector.unwatchedDirectories, 3);
  for (const file of files) write(file, 1);
  for (const path of open.keys()) tell(join(path, '0.log'));
  pass(2000);
  for (const name of ['a', 'b', 'c']) assert.equal(sizeOf(name), 2 * RECORD.length, name);
  createFile('d');
  open.get(join(home, 'pods'))!('rename', podName('d'));
  pass(3000);
  assert.equal(sizeOf('d'), RECORD.length);
  assert.equal(warnings.filter((message) => message.includes('no watch left')).length, 1);
});

test('when there are watches again, they are used', () => {
  watchesMax = 1;
  const file = createFile('a');
  pass(QUIET_MS);
  assert.ok(!isWatched(file));
  watchesMax = Number.POSITIVE_INFINITY;
  pass(70_000);
  assert.ok(isWatched(file));
  assert.equal(collector.unwatchedDirectories, 0);
});

test('a directory that was deleted and made again is watched anew when its parent tells', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  const deaf = open.get(join(file, '..'));
  replaceContainer('a', 2);
  open.get(podPath('a'))!('rename', 'app');
  collector.refresh();
  assert.notEqual(open.get(join(file, '..')), deaf);
  assert.deepEqual(sizesOf('a'), [2 * RECORD.length]);
  pass(QUIET_MS);
  write(file, 1);
  tell(file);
  collector.refresh();
  assert.deepEqual(sizesOf('a'), [3 * RECORD.length]);
});

test('a directory that was deleted and made again is found also where nothing tells', () => {
  createFile('a');
  pass(QUIET_MS);
  replaceContainer('a', 2);
  pass(settings.reconcileMs * 1.3);
  assert.deepEqual(sizesOf('a'), [2 * RECORD.length]);
});

test('a pod directory that was moved away and made again is watched anew', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  const deaf = [open.get(podPath('a')), open.get(join(file, '..'))];
  renameSync(podPath('a'), join(home, 'away'));
  createFile('a', 2);
  open.get(join(home, 'pods'))!('rename', podName('a'));
  collector.refresh();
  assert.ok(!deaf.includes(open.get(podPath('a'))));
  assert.ok(!deaf.includes(open.get(join(file, '..'))));
  assert.deepEqual(sizesOf('a'), [2 * RECORD.length]);
});

test('what the kubelet writes while it compresses a rotated file wakes nobody', () => {
  const file = createFile('a');
  pass(QUIET_MS);
  tell(join(file, '../0.log.20260102-030405.tmp'));
  assert.equal(events, 0);
});

function createCollector(): Collector {
  return new Collector({
    root: join(home, 'pods'),
    cluster: 'cluster-1',
    node: 'node-1',
    scratch: join(home, 'spool'),
    spool: new Spool(join(home, 'spool'), 1024, silentLogger),
    settings,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.reject(new Error('no sleep')) },
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
    metrics: collectMetrics(new MetricsRegistry()),
    onInstance: () => {},
    onForgotten: () => {},
    onEvent: () => events++,
    openWatch(path, onEvent) {
      if (open.size >= watchesMax) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      open.set(path, onEvent);
      const close = () => {
        if (open.get(path) === onEvent) open.delete(path);
      };
      return { close };
    },
  });
}

function podName(name: string): string {
  return `shop_${name}_0f5be8a2-0000-4000-8000-000000000001`;
}

function podPath(name: string): string {
  return join(home, 'pods', podName(name));
}

function createFile(name: string, records = 1): string {
  const file = join(podPath(name), 'app', '0.log');
  mkdirSync(join(file, '..'), { recursive: true });
  write(file, records);
  // Directories that have just changed are read once more.
  for (const directory of [join(file, '..'), podPath(name)]) utimesSync(directory, ++made, made);
  return file;
}

/** Another directory of the same name. */
function replaceContainer(name: string, records: number): void {
  rmSync(join(podPath(name), 'app'), { recursive: true });
  createFile(name, records);
}

function write(file: string, records: number): void {
  appendFileSync(file, RECORD.repeat(records));
}

/** The event of a write. */
function tell(file: string): void {
  open.get(join(file, '..'))?.('change', file.split('/').at(-1)!);
}

function isWatched(file: string): boolean {
  return open.has(join(file, '..'));
}

/** Refreshes as often as the agent's loop would, for so long. */
function pass(ms: number): void {
  for (const end = nowMs + ms; nowMs < end; nowMs += 50) collector.refresh();
}

/** Of the files of the pod that are there. */
function sizesOf(name: string): number[] {
  const tails = collector.tails.filter(({ origin }) => origin.pod === name);
  return tails.flatMap(({ segments }) => segments.flatMap(({ file, size }) => (file ? [size] : [])));
}

function sizeOf(name: string): number {
  return sizesOf(name)[0] ?? -1;
}
