import assert from 'node:assert/strict';
import test from 'node:test';
import { filterMayHold, gramFilter } from './gram-filter.ts';

function filterOf(...texts: string[]): Buffer {
  return gramFilter(texts.map((text) => ({ text: Buffer.from(text), places: Uint32Array.of(0, text.length) })));
}

const holds = (filter: Buffer, sought: string) => filterMayHold(filter, Buffer.from(sought));

test('what is made of other words is not held, in whatever case', () => {
  const filter = filterOf('Order placed by customer', 'req-77ab01', 'HTTP/1.1 200');
  for (const sought of ['placed', 'PLACED BY', 'custom', 'req-77ab', 'q-77a', 'er pl', '2026', '1.1'])
    assert.equal(holds(filter, sought), true, sought);
  for (const sought of ['quixotic', 'placet', 'req-xx', 'cust-omer'])
    assert.equal(holds(filter, sought), false, sought);
});

test('nothing is said of what fixed text and a variable may share', () => {
  const filter = filterOf('took ', '12', 'ms at ', '10:00:00', '-x5 then ');
  for (const sought of ['took 12ms', '12ms', '12ms at', '00-x5', '0-x5 then', '00:00-x'])
    assert.equal(holds(filter, sought), true, sought);
});

test('a filter that would be half full is left out, and the next one is not touched by it', () => {
  let state = 1;
  const letter = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(0x61 + ((state >>> 16) % 26));
  };
  assert.equal(filterOf(Array.from({ length: 400_000 }, letter).join('')).length, 0);
  assert.equal(holds(filterOf('other words'), 'abcd'), false);
});
