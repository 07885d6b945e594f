import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLogger } from '../../telemetry/telemetry.ts';
import { Segment } from './segment.ts';
import { fileId, readAt } from './source.ts';
import { Spool } from './spool.ts';

const content = Buffer.from('2026-01-02T03:04:05Z stdout F one\n2026-01-02T03:04:06Z stdout F two\n');
const origin = {
  key: { cluster: 'c', podUid: 'u', container: 'app', attempt: 0 },
  namespace: 'shop',
  pod: 'web',
  directoryId: '1:2:3',
  directoryBirthMs: null,
};
let home: string;
let directory: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'taffrail-spool-'));
  directory = mkdtempSync(join(home, 'spool-'));
});

afterEach(() => rmSync(home, { recursive: true }));

/** A segment whose file was deleted, with a descriptor left on it. */
function deletedSegment(heldTo = 0): Segment {
  const path = join(home, '0.log');
  writeFileSync(path, content);
  const id = fileId(statSync(path, { bigint: true }));
  const found = { path, attempt: 0, stamp: null, gz: false, id, size: 0, mtimeMs: 0, birthtimeMs: 0 };
  const segment = new Segment(found);
  segment.identify(false);
  segment.held.add(0, heldTo);
  rmSync(path);
  segment.file = null;
  return segment;
}

const open = (bytesMax = 1000) => new Spool(directory, bytesMax, silentLogger);

function read(segment: Segment, from: number): string {
  const bytes = Buffer.alloc(segment.size - from);
  readAt(segment.fd!, bytes, bytes.length, from);
  return bytes.toString();
}

test('what the server lacks of a deleted file is kept, and found again by the next agent', () => {
  const segment = deletedSegment(34);
  const spool = open();
  assert.ok(spool.keep(origin, segment));
  assert.equal(spool.usedBytes, content.length - 34);
  assert.equal(read(segment, 34), content.toString().slice(34));
  assert.ok(segment.prefixMatches(), 'its beginning is still its own');
  segment.close();
  const again = open();
  const [copy] = again.load();
  assert.deepEqual(copy!.origin, origin);
  assert.equal(copy!.segment.name, segment.name);
  assert.equal(copy!.segment.availableFrom, 34);
  assert.equal(read(copy!.segment, 34), content.toString().slice(34));
  assert.equal(again.usedBytes, content.length - 34);
  again.drop(copy!.segment);
  copy!.segment.close();
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(again.usedBytes, 0);
});

test('beyond its limit it keeps nothing', () => {
  const segment = deletedSegment();
  assert.ok(!open(content.length - 1).keep(origin, segment));
  assert.deepEqual(readdirSync(directory), []);
  segment.close();
});

test('a damaged copy is left aside, an unfinished one is removed', () => {
  const segment = deletedSegment();
  open().keep(origin, segment);
  const copyPath = segment.copyPath!;
  segment.close();
  writeFileSync(copyPath, Buffer.from(content).fill('x', 40, 45));
  writeFileSync(join(directory, 'unfinished.copy'), 'x');
  assert.deepEqual(open().load(), []);
  const left = readdirSync(directory);
  assert.ok(!left.includes('unfinished.copy'));
  assert.ok(left.some((name) => name.endsWith('.damaged')));
});

test('a copy of a newer version is refused and left untouched', () => {
  const segment = deletedSegment();
  open().keep(origin, segment);
  segment.close();
  const path = `${segment.copyPath}.json`;
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), version: 2 }));
  assert.throws(() => open().load(), /version 2/);
  assert.equal(readdirSync(directory).length, 2);
});
