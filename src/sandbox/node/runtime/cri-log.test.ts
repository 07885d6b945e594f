import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { parseRfc3339 } from '../../../base/nanotime.ts';
import { CriLog, recordBytesMax, type StreamName } from './cri-log.ts';
import { LogFile } from './log-file.ts';
import { RotatedFiles } from './rotated-files.ts';
import { RecordClock } from './timestamp.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'taffrail-cri-log-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

interface CriRecord {
  time: string;
  stream: StreamName;
  tag: string;
  text: Buffer;
}

function recordsOf(bytes: Buffer): CriRecord[] {
  const records: CriRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = bytes.subarray(at, end);
    const [time = '', stream, tag = ''] = line.toString('latin1').split(' ', 3);
    records.push({
      time,
      stream: stream as StreamName,
      tag,
      text: line.subarray(time.length + stream!.length + tag.length + 3),
    });
    at = end + 1;
  }
  return records;
}

function openLog(sizeBytesMax = Number.POSITIVE_INFINITY): { log: CriLog; path: string; rotated: RotatedFiles } {
  const path = join(directory, 'c', '0.log');
  const rotated = new RotatedFiles(path, 1000);
  const file = new LogFile({ path, sizeBytesMax, rotated, nowMs: Date.now });
  return { log: new CriLog(file, new RecordClock()), path, rotated };
}

/** What the container wrote to a stream, from its records. */
function written(records: CriRecord[], stream: StreamName): Buffer {
  const parts = records
    .filter((record) => record.stream === stream)
    .flatMap(({ text, tag }) => (tag === 'F' ? [text, Buffer.from('\n')] : [text]));
  return Buffer.concat(parts);
}

const fixtures = new URL('../../../../test/fixtures/containerd-1.6.20/', import.meta.url);
const pod = 'default_fixtures_11111111-2222-4333-8444-555555555555/';

for (const name of ['plain', 'empty-lines', 'no-newline', 'killed', 'long', 'exactly-16384', 'binary', 'utf8-split']) {
  test(`the same output is cut into the same records as containerd cut it: ${name}`, () => {
    const expected = recordsOf(readFileSync(new URL(`${pod}${name}/0.log`, fixtures)));
    const { log, path } = openLog();
    for (const stream of ['stdout', 'stderr'] as const) {
      log.push(stream, written(expected, stream));
      log.end(stream);
    }
    const ours = recordsOf(readFileSync(path));
    for (const stream of ['stdout', 'stderr'] as const) {
      const cut = (records: CriRecord[]) =>
        records.filter((record) => record.stream === stream).map(({ tag, text }) => [tag, text.toString('latin1')]);
      assert.deepEqual(cut(ours), cut(expected));
    }
  });
}

test('whatever a container writes, and however the pipe cuts it, can be put together again from its records', () => {
  const pieces = fc.array(
    fc.record({
      stream: fc.constantFrom<StreamName>('stdout', 'stderr'),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(16_383, 16_384, 16_385, 40_000).map((length) => new Uint8Array(length).fill(0x78)),
        fc.constant(new Uint8Array([10])),
      ),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, (all) => {
      const { log, path } = openLog();
      for (const { stream, bytes } of all) assert.ok(log.push(stream, Buffer.from(bytes)));
      log.end('stdout');
      log.end('stderr');
      log.file.close();
      const records = recordsOf(readFileSync(path));
      rmSync(path);
      for (const stream of ['stdout', 'stderr'] as const) {
        const expected = Buffer.concat(all.filter((piece) => piece.stream === stream).map(({ bytes }) => bytes));
        assert.ok(written(records, stream).equals(expected));
      }
      for (const { text, time } of records) {
        assert.ok(text.length <= recordBytesMax);
        assert.ok(parseRfc3339(time) !== undefined, time);
      }
    }),
    { numRuns: 60 },
  );
});

test('a file is rotated between two records, before the record that follows the limit, and no byte is lost', async () => {
  const { log, path, rotated } = openLog(10_000);
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}`);
  log.push('stdout', Buffer.from(`${lines.join('\n')}\n`));
  await rotated.settled();
  const names = readdirSync(join(directory, 'c')).sort();
  assert.ok(names.length > 5, String(names));
  const records: CriRecord[] = [];
  for (const name of [...names.slice(1), names[0]!]) {
    const { gunzipSync } = await import('node:zlib');
    const bytes = readFileSync(join(directory, 'c', name));
    const plain = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    if (name !== '0.log')
      assert.ok(plain.length >= 10_000 && plain.length < 10_100, `${name} has ${plain.length} bytes`);
    records.push(...recordsOf(plain));
  }
  assert.equal(written(records, 'stdout').toString(), `${lines.join('\n')}\n`);
  assert.ok(readFileSync(path).length > 0);
});
