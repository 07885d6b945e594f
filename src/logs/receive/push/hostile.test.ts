import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../base/fault.ts';
import { levelOfLine } from '../../level/level.ts';
import { checkedStreams } from './check-push.ts';
import { LabelSyntaxError, printLabels } from './label-syntax.ts';
import { otlpStreams } from './otlp-streams.ts';
import { parseLabels } from './parse-labels.ts';
import { Problems } from './problems.ts';
import { message } from './push-under-test.ts';
import { readLokiJson } from './read-loki-json.ts';
import { readLokiProtobuf } from './read-loki-protobuf.ts';
import { readOtlpJson } from './read-otlp-json.ts';
import { readOtlpProtobuf } from './read-otlp-protobuf.ts';

/** Whatever comes, it is read or refused with words; nothing else is thrown. */
function readsOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'bad-request', String((error as Error).stack));
  }
}

const take = (body: Buffer) => checkedStreams(readLokiProtobuf(body), 0, new Problems());

test('Any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const body = Buffer.from(bytes);
      readsOrRefuses(() => take(body));
      readsOrRefuses(() => checkedStreams(otlpStreams(readOtlpProtobuf(body), 0), 0, new Problems()));
    }),
  );
});

test('A good message with bytes changed or cut is read or refused', () => {
  const good = message('{a="b", c="d"}', [[1_700_000_000_000_000_000n, 'line', { x: 'y' }]]);
  const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
      const body = Buffer.from(good);
      for (const [at, byte] of changes) body[at] = byte;
      readsOrRefuses(() => take(body.subarray(0, length)));
    }),
  );
});

test('Any JSON is read or refused', () => {
  const entry = fc.oneof(fc.jsonValue(), fc.tuple(fc.constantFrom('1', '-1', '99999999999999999999'), fc.string()));
  const stream = fc.record({
    stream: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.string())),
    values: fc.array(entry),
  });
  const streams = fc.oneof(fc.jsonValue(), fc.array(fc.oneof(stream, fc.jsonValue())));
  fc.assert(
    fc.property(streams, (value) => {
      const body = Buffer.from(JSON.stringify({ streams: value, resourceLogs: value }));
      readsOrRefuses(() => checkedStreams(readLokiJson(body), 0, new Problems()));
      readsOrRefuses(() => checkedStreams(otlpStreams(readOtlpJson(body), 0), 0, new Problems()));
    }),
  );
});

test('JSON that is nested ten thousand deep is read or refused', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  readsOrRefuses(() => readLokiJson(Buffer.from(`{"streams":${deep}}`)));
  const values = (depth: number) => `${'{"arrayValue":{"values":['.repeat(depth)}{}${']}}'.repeat(depth)}`;
  const body = (depth: number) =>
    Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${values(depth)}}]}]}]}`);
  assert.throws(() => readOtlpJson(body(17)), { code: 'bad-request', message: /nested more than 16 deep/ });
  assert.throws(() => readOtlpJson(body(5000)), { code: 'bad-request', message: /nested more than 128 deep/ });
});

test('Labels are parsed as they are printed, and any text is parsed or refused with a place', () => {
  const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
  // What JSON escapes is escaped in Go's way too, for text that is well-formed.
  const value = fc.string({ unit: 'grapheme', maxLength: 4 });
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }), (labels) => {
      assert.deepEqual(
        Object.fromEntries(parseLabels(printLabels(labels))),
        Object.fromEntries(Object.entries(labels)),
      );
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\{[a-z="`'\\, ]{0,20}\}?$/)), (text) => {
      try {
        parseLabels(text);
      } catch (error) {
        assert.ok(error instanceof LabelSyntaxError && /^parse error at line 1, col \d+/.test(error.message));
      }
    }),
  );
});

test('Every line has a level', () => {
  fc.assert(
    fc.property(fc.string(), (line) =>
      assert.match(levelOfLine(line), /^(trace|debug|info|warn|error|critical|fatal|unknown)$/),
    ),
  );
  const cases: [string, string][] = [
    ['{"a":1,"level":"WARN"}', 'warn'],
    ['{"a":{"severity":"error"}}', 'error'],
    ['{"a":{"b":{"level":"error"}}}', 'unknown'],
    ['{"a":["level","error"]}', 'unknown'],
    ['{"msg":"level","x":"error"}', 'unknown'],
    ['{"level":30,"msg":"info"}', 'info'],
    ['ts=1 lvl=dbg msg="set level=fatal"', 'debug'],
    ['severity=critical LEVEL=trc', 'trace'],
    ['[error] level lost', 'error'],
    ['key=value INFO: started', 'info'],
    ['something else', 'unknown'],
    ['', 'unknown'],
  ];
  for (const [line, level] of cases) assert.equal(levelOfLine(line), level, line);
});
