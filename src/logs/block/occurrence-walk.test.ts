import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OccurrenceWalk } from './occurrence-walk.ts';
import type { Templates } from './templates.ts';

/** Templates whose holes have these columns. */
function templatesOf(columns: readonly (readonly number[])[]): Templates {
  const columnOf = columns.flatMap((each) => [...each, -1]);
  const firstPiece = Uint32Array.from([0, ...columns.map((_, t) => columns.slice(0, t + 1).flat().length + t + 1)]);
  const pieceFrom = new Uint32Array(columnOf.length + 1);
  return { count: columns.length, firstPiece, pieceFrom, columnOf: Int32Array.from(columnOf), text: Buffer.alloc(0) };
}

test('a walk from any line on, with leaps short and long, counts as who looks at every line', () => {
  const columns = fc.array(fc.array(fc.nat(4), { maxLength: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(columns, fc.array(fc.nat(3), { maxLength: 80 }), fc.infiniteStream(fc.nat(30)), (all, lines, leaps) => {
      const numbers = Uint16Array.from(lines, (template) => template % all.length);
      const plain: number[][] = [];
      const counts = new Uint32Array(5);
      for (const template of numbers) plain.push(all[template]!.map((column) => counts[column]!++));
      const walk = new OccurrenceWalk(numbers, templatesOf(all), 5);
      let line = leaps.next().value!;
      if (line > numbers.length) return;
      walk.start(line, (column) => counts[column]!);
      for (; line < numbers.length; line += 1 + (leaps.next().value! % 20)) {
        walk.goTo(line);
        const occurrences = new Uint32Array(6);
        const end = walk.take(occurrences, 1);
        assert.deepEqual([...occurrences.subarray(1, end)], plain[line]);
      }
    }),
  );
});
