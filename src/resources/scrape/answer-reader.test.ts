import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import { AnswerReader } from './answer-reader.ts';

const limits = { bodyBytesMax: 1000, onBodyBytes: () => {} };
const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-ENCODING:\tidentity \r\nContent-Secret: x\n';
const whole: [string, string][] = [
  ['with a length', `${head}Content-Length: 11\r\n\r\nhello world`],
  ['in chunks', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: z\r\n\r\n`],
  ['behind interim answers', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head}Content-Length: 11\r\n\r\nhello world`],
];

function read(pieces: readonly string[]): AnswerReader {
  const reader = new AnswerReader(limits);
  for (const piece of pieces) reader.feed(Buffer.from(piece), piece.length);
  return reader;
}

for (const [what, text] of whole) {
  test(`an answer ${what} is read the same however it is cut`, () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const reader = read(at.slice(1).map((end, index) => text.slice(at[index], end)));
        assert.equal(reader.done, true);
        assert.equal(reader.body().toString(), 'hello world');
        assert.deepEqual([reader.statusCode, reader.keepAlive], [200, true]);
        assert.equal(reader.header('content-encoding'), 'identity');
        reader.release();
      }),
    );
  });
}

test('an answer without a length ends with its connection, which cannot be used again', () => {
  const reader = read([`${head}\r\nhello`, ' world']);
  assert.equal(reader.done, false);
  reader.end();
  assert.deepEqual([reader.done, reader.keepAlive, reader.body().toString()], [true, false, 'hello world']);
});

test('HTTP/1.0 and Connection: close end the connection', () => {
  assert.equal(read(['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n']).keepAlive, false);
  assert.equal(read([`${head}Connection: close\r\nContent-Length: 0\r\n\r\n`]).keepAlive, false);
});

for (const [what, text] of [
  ['not HTTP', 'SSH-2.0-OpenSSH\r\n'],
  ['a length that is none', `${head}Content-Length: -5\r\n\r\n`],
  ['two lengths', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
  ['a length beyond the limit', `${head}Content-Length: 1001\r\n\r\n`],
  ['a chunk beyond the limit', `${head}Transfer-Encoding: chunked\r\n\r\nffffff\r\n`],
  ['a chunk without a size', `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
  ['a chunk longer than it says', `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n`],
  ['an unknown transfer encoding', `${head}Transfer-Encoding: gzip\r\n\r\n`],
  ['a head without end', `${head}${'X-A: b\r\n'.repeat(5000)}`],
  ['a line without end', 'a'.repeat(40_000)],
  ['more behind the end', `${head}Content-Length: 2\r\n\r\nhello`],
  ['a header without a colon', `${head}nonsense\r\n\r\n`],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => read([text]),
      (error) => error instanceof Fault && error.code === 'unavailable',
    );
  });
}

test('any bytes are read or refused, and never more than the limit is kept', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(head, '\r\n', '5\r\n', 'Transfer-Encoding: chunked\r\n'), fc.string())),
      (pieces) => {
        const reader = new AnswerReader(limits);
        try {
          for (const piece of pieces) {
            const bytes = Buffer.from(piece);
            reader.feed(bytes, bytes.length);
          }
          reader.end();
        } catch (error) {
          assert.ok(error instanceof Fault, String(error));
        }
        assert.ok(reader.body().length <= limits.bodyBytesMax);
        reader.release();
      },
    ),
  );
});
