import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ListedUnit } from './listed-units.ts';
import { UnitSupply } from './unit-supply.ts';

const unit = (number: number): ListedUnit => ({
  ...{ key: String(number), textBytes: 1 + (number % 3), timeMin: 0n, timeMax: 0n, parts: [] },
  place: { path: 'pack', offset: number, bytes: 1 },
});

test('every unit that is not settled is handed out once, whatever was looked at, put back and queued before', () => {
  const step = fc.constantFrom('next', 'peek', 'isWithin', 'queue', 'nextFor', 'putBack');
  fc.assert(
    fc.property(fc.nat(12), fc.array(step, { maxLength: 30 }), fc.nat(2), (count, steps, settled) => {
      const asked: number[] = [];
      const supply = new UnitSupply([...Array(count).keys()].map(unit).values(), 2, ({ key }) => {
        asked.push(Number(key));
        return Number(key) % 3 === settled;
      });
      const found: ListedUnit[] = [];
      for (const what of steps) {
        if (what === 'next') found.push(...[supply.next() ?? []].flat());
        else if (what === 'nextFor') found.push(...[supply.nextFor(1) ?? []].flat());
        else if (what === 'queue') supply.queue(4);
        else if (what === 'peek') assert.ok(supply.peek() !== undefined || supply.isDone);
        else if (what === 'putBack') supply.putBack(found.splice(-2));
        else supply.isWithin(3);
      }
      for (let next = supply.next(); next !== undefined; next = supply.next()) found.push(next);
      assert.ok(supply.isDone);
      assert.deepEqual(
        found.map(({ key }) => Number(key)).sort((a, b) => a - b),
        [...Array(count).keys()].filter((number) => number % 3 !== settled),
      );
      assert.deepEqual(asked, [...Array(count).keys()]);
    }),
  );
});

test('units come in the order of their listing, those put back first; what is left is within its own bytes and not within fewer', () => {
  const supply = new UnitSupply([0, 1, 2, 3].map(unit).values(), 1, () => false);
  const [first, second] = [supply.next()!, supply.next()!];
  supply.putBack([first, second]);
  assert.deepEqual([supply.isWithin(6), supply.isWithin(7), supply.isDone], [false, true, false]);
  const keys = [1, 2, 3, 4].map(() => supply.next()!.key);
  assert.deepEqual(keys, ['0', '1', '2', '3']);
  assert.deepEqual([supply.next(), supply.isDone, supply.isWithin(-1)], [undefined, true, true]);
});
