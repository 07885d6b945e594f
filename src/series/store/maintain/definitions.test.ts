import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareLabels, Labels } from '../../query/query.ts';
import { LabelsPacker, LabelsReader } from '../read/packed-labels.ts';
import { Definitions } from './definitions.ts';

test('Definitions give their labels back, and sort as labels do', () => {
  const text = fc.oneof(fc.constantFrom('a', 'b', 'ab', 'é', '\ue000', '😀'), fc.string({ unit: 'grapheme' }));
  const labels = fc.array(fc.tuple(text, text), { maxLength: 5 }).map((pairs) => Labels.from(pairs));
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 20 }), (all) => {
      const packer = new LabelsPacker();
      for (const each of all) packer.add(each);
      const packed = packer.finish();
      const shown = (list: Labels[]) => list.map((each) => each.toString());
      const reader = new LabelsReader(packed);
      assert.deepEqual(shown(all.map(() => reader.next())), shown(all));
      const definitions = new Definitions(packed);
      assert.deepEqual(shown(all.map((_, i) => definitions.labels(i))), shown(all));
      const sorted = [...definitions.sorted()].map((local) => all[local]!);
      assert.deepEqual(shown(sorted), shown(all.toSorted(compareLabels)));
    }),
  );
});
