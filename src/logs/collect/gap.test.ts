import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapBetweenScans, gapsAtStart, gapsWhileAway, isLateStart } from './gap.ts';
import { RangeSet } from './ranges.ts';
import type { FoundFile } from './source.ts';
import type { KnownSegment } from './state.ts';

const hour = 3_600_000;
const name = (ms: number) => `${(BigInt(ms) * 1_000_000n).toString(16).padStart(16, '0')}-0123456789abcdef`;
const [one, two, three] = [name(hour), name(2 * hour), name(3 * hour)] as const;
const known = (segment: string, missingFrom: number, size: number, done = false): KnownSegment => ({
  name: segment,
  missingFrom,
  size,
  done,
});
const file = (more: Partial<FoundFile>): FoundFile => ({
  path: '0.log',
  attempt: 0,
  stamp: null,
  gz: false,
  id: '1:1',
  size: 10,
  mtimeMs: 0,
  birthtimeMs: 0,
  ...more,
});

test('as long as the newest known file is there, nothing is missing but what vanished unread', () => {
  assert.deepEqual(gapsWhileAway([known(one, 9, 9, true), known(two, 4, 9)], [two, three]), []);
  const [gap] = gapsWhileAway([known(one, 5, 9), known(two, 4, 9)], [two]);
  assert.deepEqual([gap!.segment, gap!.from, gap!.to, gap!.reason], [one, 5, 9, 'deleted-before-read']);
});

test('where none of the known files is there, what lies between is missing, of unknown length', () => {
  const gaps = gapsWhileAway([known(one, 9, 9)], [two]);
  assert.deepEqual(gaps, [{ segment: null, from: 0, to: null, after: one, before: two, reason: 'rotated-away' }]);
});

test('where nothing is there any more, the newest file may have grown', () => {
  const gaps = gapsWhileAway([known(one, 9, 9, true), known(two, 4, 4)], []);
  assert.deepEqual(gaps, [
    { segment: two, from: 4, to: null, after: null, before: null, reason: 'deleted-before-read' },
  ]);
  assert.deepEqual(gapsWhileAway([known(two, 4, 4, true)], []), []);
});

test('what the server has the beginning of was settled before', () => {
  const segments = [{ name: two, file: file({}), held: RangeSet.of([0, 5]) }];
  assert.deepEqual(gapsAtStart([known(one, 9, 9)], segments, { startedMs: 0, rotatedFilesMax: 5 }), []);
  const news = [{ name: two, file: file({ birthtimeMs: 2 * hour }), held: new RangeSet() }];
  const [gap] = gapsAtStart([], news, { startedMs: 0, rotatedFilesMax: 5 });
  assert.deepEqual([gap!.reason, gap!.before], ['late-start', two]);
});

test('a first file that is younger than its container is not the first, unless it is a copy', () => {
  const evidence = { name: two, rotatedCount: 1, rotatedFilesMax: 5, startedMs: hour };
  assert.ok(isLateStart({ ...evidence, file: file({ birthtimeMs: 2 * hour - 50 }) }));
  assert.ok(!isLateStart({ ...evidence, startedMs: 2 * hour - 1000, file: file({ birthtimeMs: 2 * hour - 50 }) }));
  assert.ok(!isLateStart({ ...evidence, file: file({ birthtimeMs: 9 * hour }) }), 'copied long after it was written');
  assert.ok(!isLateStart({ ...evidence, file: file({ birthtimeMs: 0 }) }), 'no birth times here');
});

test('with as many rotated files as the kubelet keeps, less is needed to doubt', () => {
  const evidence = { name: two, rotatedCount: 4, rotatedFilesMax: 5 };
  assert.ok(isLateStart({ ...evidence, startedMs: null, file: file({}) }));
  assert.ok(isLateStart({ ...evidence, startedMs: 2 * hour - 1000, file: file({ birthtimeMs: 2 * hour - 50 }) }));
  assert.ok(isLateStart({ ...evidence, startedMs: hour, file: file({ gz: true }) }));
  assert.ok(!isLateStart({ ...evidence, rotatedCount: 3, startedMs: hour, file: file({ gz: true }) }));
});

test('between two scans something may have gone where no file is left that was seen and the kubelet keeps no more', () => {
  const rotated = { name: two, file: file({ stamp: '20261122-100000' }) };
  const live = { name: three, file: file({}) };
  const gap = gapBetweenScans([one], [rotated, live], 2);
  assert.deepEqual(gap, { segment: null, from: 0, to: null, after: one, before: two, reason: 'rotated-away' });
  // More are kept than are there: nothing was deleted. One of those seen is there: nothing between is gone.
  assert.equal(gapBetweenScans([one], [rotated, live], 5), undefined);
  assert.equal(gapBetweenScans([one, two], [rotated, live], 2), undefined);
  assert.equal(gapBetweenScans([], [rotated, live], 2), undefined);
  // What is read through a descriptor that is left on it counts as gone from the directory.
  assert.deepEqual(gapBetweenScans([one], [{ name: one, file: null }, rotated, live], 2), gap);
});
