import assert from 'node:assert/strict';
import test from 'node:test';
import { KnownFilters } from './known-filters.ts';

const place = (offset: number) => `pack/${offset}/100`;
const filter = { grams: new Uint8Array(512), shorts: new Uint8Array(8192) };

test('a filter that is known is given back, as long as the block lies there', () => {
  const filters = new KnownFilters(100_000);
  const query = filters.nextQuery();
  filters.add(place(1), filter, query);
  assert.equal(filters.get(place(1), query), filter);
  assert.equal(filters.get(place(2), query), undefined);
  assert.equal(filters.get('pack/1/101', query), undefined);
});

test('where there is no room, what two queries did not ask for goes, and what they did ask for stays', () => {
  const filters = new KnownFilters(2 * (512 + 8192 + 256));
  const first = filters.nextQuery();
  for (const offset of [1, 2, 3]) filters.add(place(offset), filter, first);
  const known = (query: number) => [1, 2, 3].filter((offset) => filters.get(place(offset), query) !== undefined);
  const second = filters.nextQuery();
  assert.deepEqual(known(second), [1, 2]);
  filters.add(place(3), filter, second);
  assert.deepEqual(known(second), [1, 2]);
  filters.nextQuery();
  const fourth = filters.nextQuery();
  filters.get(place(2), fourth);
  filters.add(place(3), filter, fourth);
  assert.deepEqual(known(fourth), [2, 3]);
});
