import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOfMarks, sumOfMarks } from './marks.ts';
import { OccurrencesWithin } from './occurrences-within.ts';

test('what is found in a part of a text is what its marks say, few lines or many', () => {
  const mark = fc.oneof(fc.constant(0), fc.constant(0), fc.constant(0), fc.nat(1));
  const marks = fc.oneof(fc.array(mark, { maxLength: 80 }), fc.array(fc.nat(1), { maxLength: 80 }));
  fc.assert(
    fc.property(marks, fc.nat(80), fc.nat(80), (all, a, b) => {
      const [from, to] = [Math.min(a, b, all.length), Math.min(Math.max(a, b), all.length)];
      const bytes = Uint8Array.from(all);
      const lines = all.flatMap((each, line) => (each === 1 ? [line] : []));
      assert.deepEqual([sumOfMarks(bytes), [...linesOfMarks(bytes, lines.length)]], [lines.length, lines]);
      const whole = {
        isPossible: true,
        count: () => lines.length,
        marks: () => bytes,
        lines: () => Uint32Array.from(lines),
      };
      const part = new OccurrencesWithin(whole, from, to);
      const expected = lines.filter((line) => line >= from && line < to).map((line) => line - from);
      assert.deepEqual([...part.lines()], expected);
      assert.equal(part.count(), expected.length);
      assert.deepEqual([...part.marks()], all.slice(from, to));
      assert.equal(sumOfMarks(bytes.subarray(from, to)), expected.length);
    }),
  );
});
