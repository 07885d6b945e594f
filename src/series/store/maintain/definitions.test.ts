import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareLabels, Labels } from '../../query/query.ts';
import { ByteWriter } from '../chunk/byte-writer.ts';
import { writeDefinition } from '../wal/record.ts';
import { Definitions } from './definitions.ts';

test('Definitions give their labels back, and sort as labels do', () => {
  const text = fc.oneof(fc.constantFrom('a', 'b', 'ab', 'é', '\ue000', '😀'), fc.string({ unit: 'grapheme' }));
  const labels = fc.array(fc.tuple(text, text), { maxLength: 5 }).map((pairs) => Labels.from(pairs));
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 20 }), (all) => {
      const out = new ByteWriter(16);
      all.forEach((each, i) => {
        writeDefinition(out, i + 7, each);
      });
      const definitions = new Definitions(out.written());
      const shown = (list: Labels[]) => list.map((each) => each.toString());
      assert.deepEqual(shown(all.map((_, i) => definitions.labels(i))), shown(all));
      const sorted = [...definitions.sorted()].map((local) => all[local]!);
      assert.deepEqual(shown(sorted), shown(all.toSorted(compareLabels)));
    }),
  );
});
