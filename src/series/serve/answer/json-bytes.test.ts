import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { JsonBytes } from './json-bytes.ts';
import { secondsText, valueText } from './json-number.ts';

const written = (write: (out: JsonBytes) => void) => {
  const out = new JsonBytes(16);
  write(out);
  return out.take().toString();
};

test('strings are quoted as JSON has it, and text stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(
        written((out) => out.quoted(text)),
        Buffer.from(JSON.stringify(text)).toString(),
      );
    }),
  );
  assert.equal(
    written((out) => out.text('ä€😀')),
    'ä€😀',
  );
});

test('pieces have memory of their own, of exactly their length', () => {
  const out = new JsonBytes(8);
  out.text('a long text that does not fit');
  const piece = out.take();
  out.text('other');
  assert.equal(piece.toString(), 'a long text that does not fit');
  assert.equal(piece.buffer.byteLength, piece.length);
  assert.equal(out.take().toString(), 'other');
});

test('points are written in any number, from any place on', () => {
  const timesMs = Float64Array.from({ length: 1000 }, (_, at) => at * 1500);
  const values = timesMs.map((timeMs) => timeMs / 7);
  const texts = [...timesMs].map((timeMs, at) => `[${secondsText(timeMs)},"${valueText(values[at]!)}"]`);
  for (const [from, to] of [
    [0, 1000],
    [3, 4],
    [255, 513],
  ] as const) {
    assert.equal(
      written((out) => out.points('<', timesMs, values, from, to)),
      `<${texts.slice(from, to).join()}`,
    );
  }
  assert.equal(
    written((out) => out.points('<', timesMs, values, 9, 9)),
    '',
  );
  assert.equal(
    written((out) => out.point(':', timesMs[5]!, values[5]!)),
    `:${texts[5]}`,
  );
});
