import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { LogFile } from './log-file.ts';
import { laterStamp, RotatedFiles, rotationStamp } from './rotated-files.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'taffrail-rotation-'));
  path = join(directory, '0.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

function rotate(rotated: RotatedFiles, content: string, stamp: string): string {
  writeFileSync(path, content);
  const name = rotated.nextName(stamp);
  renameSync(path, name);
  rotated.settle();
  return name;
}

test('names carry local time and never repeat, even when a file is rotated twice in a second', () => {
  assert.equal(rotationStamp(new Date(2026, 10, 22, 20, 0, 5)), '20261122-200005');
  assert.equal(laterStamp('20261231-235959'), '20270101-000000');
  const rotated = new RotatedFiles(path, 5);
  assert.equal(rotated.nextName('20261122-200005'), `${path}.20261122-200005`);
  assert.equal(rotated.nextName('20261122-200005'), `${path}.20261122-200006`);
  assert.equal(rotated.nextName('20261122-190000'), `${path}.20261122-200007`, 'a clock that was set back');
});

test('the newest rotated file stays as it is, older ones are compressed and the oldest deleted', async () => {
  const rotated = new RotatedFiles(path, 4);
  for (let round = 1; round <= 6; round++) {
    rotate(rotated, `round ${round}`, `20261122-20000${round}`);
    await rotated.settled();
  }
  assert.deepEqual(readdirSync(directory).sort(), [
    '0.log.20261122-200004.gz',
    '0.log.20261122-200005.gz',
    '0.log.20261122-200006',
  ]);
  assert.equal(gunzipSync(readFileSync(`${path}.20261122-200004.gz`)).toString(), 'round 4');
  assert.equal(readFileSync(`${path}.20261122-200006`, 'utf8'), 'round 6');
});

test('many rotations at once end in the same state', async () => {
  const rotated = new RotatedFiles(path, 5);
  for (let round = 0; round < 20; round++) rotate(rotated, `round ${round}`, '20261122-200000');
  await rotated.settled();
  const names = readdirSync(directory).sort();
  assert.deepEqual(names, [
    '0.log.20261122-200016.gz',
    '0.log.20261122-200017.gz',
    '0.log.20261122-200018.gz',
    '0.log.20261122-200019',
  ]);
});

test('what an interrupted compression left is removed, and the file compressed after all', async () => {
  writeFileSync(`${path}.20261122-200001`, 'whole');
  writeFileSync(`${path}.20261122-200001.tmp`, 'torn');
  writeFileSync(`${path}.20261122-200002`, 'newest');
  const rotated = new RotatedFiles(path, 5);
  rotated.settle();
  await rotated.settled();
  assert.deepEqual(readdirSync(directory).sort(), ['0.log.20261122-200001.gz', '0.log.20261122-200002']);
});

test('a file that cannot be renamed goes on under its name', () => {
  const troubles: string[] = [];
  const rotated = new RotatedFiles(path, 5);
  const file = new LogFile({
    path,
    sizeBytesMax: 10,
    rotated,
    nowMs: () => 1e12,
    onTrouble: (message) => troubles.push(message),
  });
  file.write(Buffer.from('0123456789'));
  renameSync(directory, `${directory}-away`);
  file.rotate();
  assert.equal(troubles.length, 1);
  renameSync(`${directory}-away`, directory);
  assert.ok(file.write(Buffer.from('more')));
  file.close();
  assert.equal(readFileSync(path, 'utf8'), '0123456789more');
  assert.ok(!existsSync(`${directory}-away`));
});
