import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { segmentName } from '../batch/batch.ts';
import { parseLogFile } from './names.ts';
import { Segments } from './segments.ts';
import type { FoundFile } from './source.ts';

const oldRecord = '2026-11-22T10:00:00.1Z stdout F old';
const newRecord = '2026-11-22T10:00:09.1Z stdout F new';

const unexpected = () => assert.fail('nothing is lost or in trouble');

test('a new file that is given the inode of one that was let go is another segment', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-segments-'));
  const segments = new Segments({ settleMs: 0, monotonicMs: () => 1, onTrouble: unexpected, onLost: unexpected });
  t.after(() => {
    for (const segment of segments.list) segment.close();
    rmSync(directory, { recursive: true });
  });
  // The file system's choice of inodes is not ours, so the scan's finds are made up: 7 is freed and given out again.
  const write = (name: string, content: string | Buffer, inode: number): FoundFile => {
    const path = join(directory, name);
    writeFileSync(path, content);
    const { size, mtimeMs, birthtimeMs } = statSync(path);
    return { path, ...parseLogFile(name)!, id: `1:${inode}`, size, mtimeMs: mtimeMs - (8 - inode) * 1000, birthtimeMs };
  };

  const rotated = write('0.log.20261122-100005', `${oldRecord}\n`, 7);
  segments.update([rotated], false);
  segments.list[0]!.finish();

  const compressed = write('0.log.20261122-100005.gz', gzipSync(`${oldRecord}\n`), 8);
  const live = { ...write('0.log', `${newRecord}\n`, 7), mtimeMs: rotated.mtimeMs + 9000 };
  assert.equal(segments.update([live, compressed], false), true);
  assert.deepEqual(
    segments.list.map(({ name, done }) => ({ name, done })),
    [
      { name: segmentName(Buffer.from(oldRecord)), done: true },
      { name: segmentName(Buffer.from(newRecord)), done: false },
    ],
  );
});
