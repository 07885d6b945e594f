import assert from 'node:assert/strict';
import test from 'node:test';
import { gramsOfTexts } from '../../../block/block.ts';
import { KnownFilters } from './known-filters.ts';

const place = (offset: number) => ({ path: 'pack', offset, bytes: 100 });
/** Bits of all runs, or of none. */
const full = new Uint8Array(512).fill(0xff);
const empty = new Uint8Array(512);
const grams = gramsOfTexts(['quixotic']);

test('a filter that is known says whether a block may hold a text', () => {
  const filters = new KnownFilters(100_000);
  const query = filters.nextQuery();
  filters.add(place(1), full, query);
  filters.add(place(2), empty, query);
  filters.add(place(3), new Uint8Array(), query);
  assert.deepEqual(
    [1, 2, 3, 4].map((offset) => filters.mayHold(place(offset), grams, query)),
    [true, false, true, undefined],
  );
});

test('where there is no room, what two queries did not ask for goes, and what they did ask for stays', () => {
  const filters = new KnownFilters(2 * (512 + 256));
  const first = filters.nextQuery();
  for (const offset of [1, 2, 3]) filters.add(place(offset), full, first);
  const known = (query: number) =>
    [1, 2, 3].filter((offset) => filters.mayHold(place(offset), grams, query) !== undefined);
  const second = filters.nextQuery();
  assert.deepEqual(known(second), [1, 2]);
  filters.add(place(3), full, second);
  assert.deepEqual(known(second), [1, 2]);
  filters.nextQuery();
  const fourth = filters.nextQuery();
  filters.mayHold(place(2), grams, fourth);
  filters.add(place(3), full, fourth);
  assert.deepEqual(known(fourth), [2, 3]);
});
