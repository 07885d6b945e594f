import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { snappyDecode } from '../../../base/snappy.ts';
import { snappyEncode } from '../../../base/snappy-encode.ts';
import { levelOfLine } from '../../level/level.ts';
import { pushLimits } from './limits.ts';
import { PushScan, scannedLevels } from './push-scan.ts';
import { field, message, snappy, whole } from './push-under-test.ts';
import { readLokiProtobuf } from './read-loki-protobuf.ts';
import { readLokiPush } from './read-loki-push.ts';
import { lineCountOf, type ReceivedStream } from './received-stream.ts';

const scan = new PushScan();

/** What a request says, whichever way it was read. */
function plain(streams: readonly ReceivedStream[]) {
  return streams.map((stream) => {
    const { labels, bytes, from, to, seconds, nanos, metadata, lineFrom = 0 } = stream;
    return {
      labels: Buffer.isBuffer(labels) ? labels.toString() : labels,
      lines: Array.from({ length: lineCountOf(stream) }, (_, i) => ({
        text: bytes.toString('latin1', from[lineFrom + i], to[lineFrom + i]),
        seconds: seconds[lineFrom + i],
        nanos: nanos[lineFrom + i],
        metadata: metadata?.[i],
      })),
    };
  });
}

function bothWays(body: Buffer): void {
  const slow = attempt(() => plain(readLokiProtobuf(snappyDecode(body, pushLimits.decodedBytesMax))));
  assert.deepEqual(
    attempt(() => plain(readLokiPush(body))),
    slow,
  );
  if (typeof slow === 'object') assert.ok(scan.scan(body), 'what is sound is read by the module');
  for (const { bytes, from, to, scanned } of typeof slow === 'object' ? readLokiPush(body) : []) {
    const levels = Array.from(scanned!.levels, (level) => scannedLevels[level]);
    assert.deepEqual(
      levels,
      Array.from(from, (_, i) => levelOfLine(bytes.toString('latin1', from[i], to[i]))),
    );
  }
}

function attempt<T>(fn: () => T): T | string {
  try {
    return fn();
  } catch (error) {
    return (error as Error).message;
  }
}

const pieces = [
  ...['level', 'LEVEL', 'Level', 'lvl', 'log.level', 'severity', 'Severity_Text', 'SEVERITY_TEXT', 'SeverityText'],
  ...[
    'info',
    'INFO',
    'Info',
    'warn:',
    '[WARN]',
    'warning',
    '[err]',
    '[ERROR]',
    'err:',
    'error',
    'Critical',
    'critical:',
  ],
  ...[
    '[critical]',
    'debug',
    'DEBUG',
    'fatal',
    'trace',
    'information',
    '"',
    '"',
    '":"',
    '\\"',
    '=',
    '="',
    ':',
    '{',
    '}',
  ],
  ...['[', ']', ' ', '\t', ',', '{"', '"}', 'x', 'größe', '\u00a0', '\n', '1', 'secret bunker barrel corner'],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom(...pieces), { maxLength: 10 })
    .map((parts) => `{${parts.map((part) => JSON.stringify(part)).join(':')}}`),
  fc.string({ maxLength: 60 }),
);

test('levels are those that line by line are found', () => {
  fc.assert(
    fc.property(text, (line) => {
      const bytes = Buffer.from(line);
      assert.equal(scan.levelOf(bytes), levelOfLine(bytes.toString('latin1')), line);
    }),
    { numRuns: 3000 },
  );
});

const time = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 19n });
const request = fc
  .array(
    fc.tuple(
      fc.string({ maxLength: 20 }),
      fc.array(
        fc.tuple(time, text, fc.option(fc.dictionary(fc.string({ maxLength: 5 }), fc.string()), { nil: undefined })),
        { maxLength: 6 },
      ),
    ),
    { maxLength: 4 },
  )
  .map((streams) =>
    Buffer.concat(
      streams.map(([labels, entries]) =>
        message(
          labels,
          entries.map(([at, line, metadata]) => (metadata ? [at, line, metadata] : [at, line])),
        ),
      ),
    ),
  );

test('requests are read as field by field', () => {
  fc.assert(
    fc.property(request, (plainBody) => {
      bothWays(snappy(plainBody));
      bothWays(snappyEncode(plainBody));
    }),
    { numRuns: 500 },
  );
});

test('requests that are broken anywhere are read or refused as field by field', () => {
  fc.assert(
    fc.property(request, fc.nat(), fc.nat(255), fc.nat(), fc.boolean(), (plainBody, at, byte, cut, outside) => {
      const inner = Buffer.from(plainBody);
      if (inner.length > 0 && !outside) inner[at % inner.length] = byte;
      const body = snappyEncode(inner.subarray(0, Math.max(inner.length - (cut % 20), 0)));
      if (outside) body[at % body.length] = byte;
      bothWays(body);
    }),
    { numRuns: 2000 },
  );
});

test('what comes twice, late or unknown is read as field by field', () => {
  const entry = Buffer.concat([
    field(2, 'first'),
    field(7, 'unknown'),
    field(1, whole(1, 5n)),
    field(2, 'second'),
    field(1, whole(2, 7n)),
    whole(9, 1n),
  ]);
  const stream = Buffer.concat([
    field(2, entry),
    field(1, '{a="b"}'),
    whole(3, 99n),
    field(2, ''),
    field(1, '{c="d"}'),
  ]);
  bothWays(snappy(Buffer.concat([whole(4, 1n), field(1, stream), field(3, 'x'), field(1, '')])));
  bothWays(snappy(field(1, field(2, field(1, whole(2, 10n ** 9n))))));
  bothWays(snappy(field(1, field(2, field(1, whole(2, -1n))))));
});

test('a memory that grew large for one request is given back, and the next is read', () => {
  const large = message('{a="b"}', [[1n, 'x'.repeat(12_000_000)]]);
  bothWays(snappyEncode(large).subarray(0, 40));
  assert.equal(scan.scan(snappyEncode(large))!.text.length, 12_000_001);
  bothWays(
    snappy(
      message('{a="b"}', [
        [1n, 'one'],
        [2n, 'two'],
      ]),
    ),
  );
});
