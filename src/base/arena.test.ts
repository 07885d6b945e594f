import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena } from './arena.ts';

test('rooms begin at multiples of 64, with slack between them', () => {
  const arena = new Arena();
  const [first, second] = [arena.room(1), arena.room(100)];
  assert.deepEqual([first % 64, second % 64], [0, 0]);
  assert.ok(first >= 64 && second >= first + 1 + 64);
});

test('the memory grows with what is asked for, and keeps what was written', () => {
  const arena = new Arena();
  const before = arena.byteLength;
  const at = arena.room(3);
  arena.bytes(at, 3).set([1, 2, 3]);
  const larger = arena.room(2 * before);
  assert.ok(arena.byteLength >= larger + 2 * before);
  assert.deepEqual([...arena.bytes(at, 3)], [1, 2, 3]);
});

test('after a reset the same room is handed out again, cleared only where zeros are asked for', () => {
  const arena = new Arena();
  const at = arena.room(4);
  arena.u32(at, 1)[0] = 7;
  arena.reset();
  assert.equal(arena.room(4), at);
  assert.equal(arena.u32(at, 1)[0], 7);
  arena.reset();
  assert.equal(arena.zeros(4), at);
  assert.equal(arena.u32(at, 1)[0], 0);
});

test('what is given back of the last room is handed out next', () => {
  const arena = new Arena();
  const at = arena.room(10_000);
  arena.shorten(at + 10);
  assert.equal(arena.room(1), at + 128);
});

test('more than the greatest memory is refused', () => {
  assert.throws(() => new Arena().room(2 ** 30), RangeError);
});
