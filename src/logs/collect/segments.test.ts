import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { segmentName } from '../batch/batch.ts';
import { parseLogFile } from './names.ts';
import { Segments } from './segments.ts';
import type { FoundFile } from './source.ts';

const oldRecord = '2026-11-22T10:00:00.1Z stdout F old';
const newRecord = '2026-11-22T10:00:09.1Z stdout F new';

const unexpected = () => assert.fail('nothing is lost or in trouble');

function fixture(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-segments-'));
  const segments = new Segments({
    settleMs: 0,
    monotonicMs: () => 1,
    onTrouble: unexpected,
    onLost: unexpected,
    onNeverOpened: unexpected,
  });
  t.after(() => {
    for (const segment of segments.list) segment.close();
    rmSync(directory, { recursive: true });
  });
  const found = (name: string): FoundFile => {
    const path = join(directory, name);
    const { dev, ino, size, mtimeMs, birthtimeMs } = statSync(path);
    return { path, ...parseLogFile(name)!, id: `${dev}:${ino}`, size, mtimeMs, birthtimeMs };
  };
  return { directory, segments, found };
}

test('a new file that is given the inode of one that was let go is another segment', (t) => {
  const { directory, segments, found } = fixture(t);
  const rotated = join(directory, '0.log.20261122-100005');
  writeFileSync(rotated, `${oldRecord}\n`);
  segments.update([found('0.log.20261122-100005')], false);
  segments.list[0]!.finish();

  // Whether a freed inode is given out again is the file system's choice: here it is, since it never was freed.
  writeFileSync(`${rotated}.gz`, gzipSync(`${oldRecord}\n`));
  renameSync(rotated, join(directory, '0.log'));
  writeFileSync(join(directory, '0.log'), `${newRecord}\n${newRecord}\n`);
  const live = found('0.log');
  const compressed = found('0.log.20261122-100005.gz');
  assert.equal(segments.update([live, compressed], false), true);
  assert.deepEqual(
    segments.list.map(({ name, done }) => ({ name, done })),
    [
      { name: segmentName(Buffer.from(oldRecord)), done: true },
      { name: segmentName(Buffer.from(newRecord)), done: false },
    ],
  );
});

test('a file that is renamed between the scan and its opening is found by the next scan, and the new one is not taken for it', (t) => {
  const { directory, segments, found } = fixture(t);
  const live = join(directory, '0.log');
  writeFileSync(live, `${oldRecord}\n`);
  const scanned = found('0.log');
  renameSync(live, `${live}.20261122-100005`);
  segments.update([scanned], false);
  assert.deepEqual(segments.list, []);

  writeFileSync(live, `${newRecord}\n`);
  segments.update([scanned], false);
  assert.deepEqual(segments.list, []);

  segments.update([found('0.log.20261122-100005'), found('0.log')], false);
  const names = [oldRecord, newRecord].map((record) => segmentName(Buffer.from(record)));
  assert.deepEqual(
    segments.list.map(({ name, done }) => ({ name, done })),
    names.map((name) => ({ name, done: false })),
  );
});

test('a copy that is found after the file was cut is the same segment, to be compared with what the server has', (t) => {
  const { directory, segments, found } = fixture(t);
  const live = join(directory, '0.log');
  writeFileSync(live, `${oldRecord}\n`);
  segments.update([found('0.log')], false);
  const segment = segments.list[0]!;
  segment.resolved = true;
  segment.position = segment.size;
  segment.held.add(0, segment.size);
  copyFileSync(live, `${live}.20261122-100005`);
  truncateSync(live, 0);
  segments.poll(2);
  writeFileSync(live, `${newRecord}\n`);
  segments.poll(3);
  assert.equal(segments.update([found('0.log.20261122-100005'), found('0.log')], false), true);
  assert.deepEqual(
    segments.list.map(({ name, file, done, resolved }) => ({ name, stamp: file?.stamp, done, resolved })),
    [
      { name: segmentName(Buffer.from(oldRecord)), stamp: '20261122-100005', done: false, resolved: false },
      { name: segmentName(Buffer.from(newRecord)), stamp: null, done: false, resolved: false },
    ],
  );
  assert.equal(segments.list[0], segment);
});

test('a file that is written anew with the same first record is another segment', (t) => {
  const { directory, segments, found } = fixture(t);
  const live = join(directory, '0.log');
  writeFileSync(live, `${oldRecord}\n${oldRecord}\n`);
  segments.update([found('0.log')], false);
  segments.list[0]!.position = segments.list[0]!.size;
  truncateSync(live, oldRecord.length + 1);
  segments.poll(2);
  assert.equal(new Set(segments.list.map(({ name }) => name)).size, 2);
});

test('only bytes that were there when the lag was last asked for count as standing behind', (t) => {
  const { directory, segments, found } = fixture(t);
  writeFileSync(join(directory, '0.log'), `${oldRecord}\n`);
  segments.update([found('0.log')], false);
  const segment = segments.list[0]!;
  segment.identify(false);
  const bytes = oldRecord.length + 1;
  assert.deepEqual([segment.lagBytes, segment.standingLagBytes()], [bytes, 0]);
  assert.equal(segment.standingLagBytes(), bytes);
  segment.held.add(0, bytes);
  segment.size += 100;
  assert.deepEqual([segment.lagBytes, segment.standingLagBytes()], [100, 0]);
  assert.equal(segment.standingLagBytes(), 100);
});
