import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareLabels, Labels } from '../../query/query.ts';
import { LabelsPacker, LabelsReader, labelOrder } from './packed-labels.ts';

test('packed labels are given back, and sorted as labels are', () => {
  const few = fc.constantFrom('a', 'b', 'ab', 'é', '\ue000', '😀');
  const labelsOf = (text: fc.Arbitrary<string>) =>
    fc.array(fc.tuple(text, text), { maxLength: 5 }).map((pairs) => Labels.from(pairs));
  const anySeries = fc.array(labelsOf(fc.oneof(few, fc.string({ unit: 'grapheme' }))), { maxLength: 20 });
  // More series than texts.
  const manySeries = fc.array(labelsOf(few), { minLength: 8, maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(anySeries, manySeries), (all) => {
      const packer = new LabelsPacker();
      for (const each of all) packer.add(each);
      const packed = packer.finish();
      const shown = (list: Labels[]) => list.map((each) => each.toString());
      const reader = new LabelsReader(packed);
      assert.deepEqual(shown(all.map((_, at) => reader.at(at))), shown(all));
      const sorted = [...labelOrder(packed)].map((at) => all[at]!);
      assert.deepEqual(shown(sorted), shown(all.toSorted(compareLabels)));
    }),
  );
});
