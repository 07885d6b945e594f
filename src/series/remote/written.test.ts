import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { snappyDecode } from '../../base/snappy.ts';
import { snappyEncode } from '../../base/snappy-encode.ts';
import { Labels } from '../query/query.ts';
import { readWriteRequest1 } from '../serve/write/write-request-1.ts';
import { WriteRequest } from './write-request.ts';

test('what is packed for another server is unpacked to the same bytes', () => {
  const repetitive = fc.array(fc.constantFrom('namespace', 'shop', '__name__', 'x', '\0\0\0\0'), { maxLength: 300 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 5000 }).map((some) => Buffer.from(some)),
    repetitive.map((words) => Buffer.from(words.join(''))),
    fc.constant(Buffer.alloc(200_000, 'ab')),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      assert.deepEqual(snappyDecode(snappyEncode(input), 1_000_000), input);
    }),
  );
  assert.ok(snappyEncode(Buffer.alloc(200_000, 'ab')).length < 15_000);
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const sample = fc.record({ timeMs: fc.integer({ min: -1e13, max: 1e15 }), value: fc.double() });
const series = fc.record({ name: text, labels: fc.dictionary(text, text, { maxKeys: 4 }), samples: fc.array(sample) });

test('what is written is read as it was, staleness markers included', () => {
  fc.assert(
    fc.property(fc.array(series, { maxLength: 5 }), (all) => {
      const wellFormed = all.filter(({ labels }) => !Object.keys(labels).some((name) => name.includes('\ufffd')));
      const request = new WriteRequest();
      const labels = wellFormed.map((one) => Labels.of({ ...one.labels, __name__: one.name }));
      const stale = 0x7ff0000000000002n;
      wellFormed.forEach(({ samples }, at) => {
        const bits = new BigUint64Array(Float64Array.from([...samples, { value: 0 }], ({ value }) => value).buffer);
        bits[samples.length] = stale;
        const times = Float64Array.from([...samples, { timeMs: 7 }], ({ timeMs }) => timeMs);
        request.addSeries(WriteRequest.labels(labels[at]!), [...times.keys()], times, new Float64Array(bits.buffer));
      });
      request.addMetadata('metric', { type: 'summary', help: 'ä', unit: 's' });
      const read = readWriteRequest1(Buffer.from(request.bytes()));
      assert.deepEqual(
        labels.map((_, at) => read.labels(at).key),
        labels.map(({ key }) => key),
      );
      const expected = wellFormed.flatMap(({ samples }, at) =>
        [...samples, { timeMs: 7, value: stale }].map((one) => ({ at, ...one })),
      );
      assert.equal(read.samples.length, expected.length);
      const bits = new BigUint64Array(read.samples.values.buffer);
      expected.forEach(({ at, timeMs, value }, place) => {
        assert.equal(read.samples.seriesOf[place], at);
        assert.equal(read.samples.timestampsMs[place], timeMs);
        if (typeof value === 'bigint') assert.equal(bits[place], value);
        else assert.ok(Object.is(read.samples.values[place], value));
      });
      assert.deepEqual(read.metadata, [['metric', { type: 'summary', help: 'ä', unit: 's' }]]);
    }),
  );
});
