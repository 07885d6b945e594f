import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, Reused } from './arena.ts';

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

test('what is used again has an empty arena, also after a failure, and is made anew once it has grown too large', () => {
  let made = 0;
  const reused = new Reused(() => ({ arena: new Arena(), number: ++made }), 4 * 1024 * 1024);
  assert.equal(made, 0);
  const first = reused.use(({ arena }) => arena.room(1000));
  assert.throws(
    () =>
      reused.use(({ arena }) => {
        arena.room(1000);
        throw new RangeError('no');
      }),
    RangeError,
  );
  assert.deepEqual(
    reused.use(({ arena, number }) => [arena.room(1), number]),
    [first, 1],
  );
  reused.use(({ arena }) => arena.room(8 * 1024 * 1024));
  assert.equal(
    reused.use(({ number }) => number),
    2,
  );
});
