import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContextPicker } from './context-picker.ts';
import { NEARBY, OUTSIDE, SOUGHT } from './line-filter.ts';
import { blockOf, textOf } from './lines-under-test.ts';
import type { PickedLines } from './picked-lines.ts';

/** The rule, said plainly: a line is shown when a line that is sought is near enough, counting only lines that are not outside. */
function expected(verdicts: readonly number[], before: number, after: number): number[] {
  const inside = verdicts.flatMap((verdict, line) => (verdict === OUTSIDE ? [] : [line]));
  return inside.filter((_, at) =>
    inside.slice(Math.max(0, at - after), at + before + 1).some((line) => verdicts[line] === SOUGHT),
  );
}

function blocksOf(verdicts: readonly number[], size: number) {
  const blocks = [];
  for (let at = 0; at < verdicts.length; at += size) {
    const part = verdicts.slice(at, at + size);
    blocks.push({ block: blockOf(part.map((_, i) => String(at + i))), verdicts: Uint8Array.from(part) });
  }
  return blocks;
}

function numbers(picked: readonly PickedLines[]): number[] {
  return picked.flatMap(({ block, lines }) => Array.from(lines, (line) => Number(textOf(block, line))));
}

const verdicts = fc.array(fc.constantFrom(OUTSIDE, NEARBY, NEARBY, NEARBY, SOUGHT), { maxLength: 40 });
const around = fc.integer({ min: 0, max: 5 });
const size = fc.integer({ min: 1, max: 9 });

test('forward, every line near enough to a sought one comes once, in order, across blocks', () => {
  fc.assert(
    fc.property(verdicts, around, around, size, (all, before, after, blockSize) => {
      const picker = new ContextPicker(before, after);
      const picked = blocksOf(all, blockSize).flatMap(({ block, verdicts }) => picker.pick(block, verdicts));
      assert.deepEqual(numbers(picked), expected(all, before, after));
    }),
  );
});

test('backward, the last N sought come with the lines around them', () => {
  fc.assert(
    fc.property(
      verdicts,
      around,
      around,
      size,
      fc.integer({ min: 0, max: 6 }),
      (all, before, after, blockSize, most) => {
        const picker = new ContextPicker(before, after, true);
        const shown: number[] = [];
        for (const { block, verdicts } of blocksOf(all, blockSize).toReversed()) {
          shown.push(...numbers(picker.pick(block, verdicts, most)));
          if (picker.soughtCount >= most && picker.owesNothing) break;
        }
        const sought = all.flatMap((verdict, line) => (verdict === SOUGHT ? [line] : []));
        const kept = new Set(most === 0 ? [] : sought.slice(-most));
        const reduced = all.map((verdict, line) => (verdict === SOUGHT && !kept.has(line) ? NEARBY : verdict));
        assert.deepEqual(shown.toReversed(), expected(reduced, before, after));
        assert.equal(picker.soughtCount, kept.size);
      },
    ),
  );
});

test('a line that is held for later does not keep its block', () => {
  const picker = new ContextPicker(1, 0);
  const first = blockOf(['x'.repeat(100_000), 'held']);
  picker.pick(first, Uint8Array.of(NEARBY, NEARBY));
  const second = blockOf(['found']);
  const [held] = picker.pick(second, Uint8Array.of(SOUGHT));
  assert.equal(textOf(held!.block, held!.lines[0]!), 'held');
  assert.ok(held!.block.text.length < 100);
});
