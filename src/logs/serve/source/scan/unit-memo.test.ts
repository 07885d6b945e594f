import assert from 'node:assert/strict';
import test from 'node:test';
import type { SelectRequest } from '../../../query/query.ts';
import type { LogStore } from '../../../store/store.ts';
import type { ListedUnit } from './listed-units.ts';
import { listingKey, UnitMemo } from './unit-memo.ts';

const place = { path: 'pack', offset: 0, bytes: 1 };
const unit = { place, key: 'pack/0/1', timeMin: 0n, timeMax: 1n, textBytes: 1, parts: [] } satisfies ListedUnit;

function storeAt(revision: { now: number }): UnitMemo {
  return new UnitMemo({ revision: () => String(revision.now) } as LogStore);
}

test('what was listed is known until the store changes', () => {
  const revision = { now: 1 };
  const memo = storeAt(revision);
  assert.equal(memo.get('all'), undefined);
  memo.note('all', { instances: [], units: [unit] });
  assert.deepEqual(memo.get('all')?.units, [unit]);
  assert.equal(memo.get('other'), undefined);
  revision.now++;
  assert.equal(memo.get('all'), undefined);
});

test('what was listed bit by bit is kept only where it was listed to the end, and nothing has changed meanwhile', () => {
  const revision = { now: 1 };
  const memo = storeAt(revision);
  const list = (key: string, change: number) => {
    memo.get(key);
    for (const _ of memo.noting(key, [], [unit, unit])) revision.now += change;
    return memo.get(key)?.units.length;
  };
  assert.equal(list('whole', 0), 2);
  assert.equal(list('changed', 1), undefined);
  memo.get('stopped');
  for (const _ of memo.noting('stopped', [], [unit, unit])) break;
  assert.equal(memo.get('stopped'), undefined);
});

test('there is no room for more than it may hold', () => {
  const memo = storeAt({ now: 1 });
  const units = Array.from({ length: 9_000 }, () => unit);
  for (const key of ['a', 'b', 'c']) {
    memo.get(key);
    memo.note(key, { instances: [], units });
  }
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => memo.get(key) !== undefined),
    [false, false, true],
  );
  memo.note('d', { instances: [], units: Array.from({ length: 30_000 }, () => unit) });
  assert.equal(memo.get('d'), undefined);
});

test('a listing is of one scope, one choice of streams, one time and one order', () => {
  const request: SelectRequest = {
    scope: { tenant: 'a', namespaces: '*' },
    matchers: [],
    ...{ sinceNs: 1n, untilNs: 2n, direction: 'forward', hints: { needles: [], needsText: true } },
    signal: new AbortController().signal,
  };
  const others: Partial<SelectRequest>[] = [
    { scope: { tenant: 'b', namespaces: '*' } },
    { scope: { tenant: 'a', namespaces: ['*'] } },
    { matchers: [{ name: 'app', op: '=', value: 'x' }] },
    { sinceNs: 0n },
    { untilNs: 3n },
    { hints: { ...request.hints, linesWanted: 10 } },
    { hints: { ...request.hints, linesWanted: 10 }, direction: 'backward' },
  ];
  const keys = [
    listingKey(request, {}),
    listingKey(request, { throughSequence: 7 }),
    ...others.map((other) => listingKey({ ...request, ...other }, {})),
  ];
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(listingKey({ ...request, hints: { needles: [], needsText: false } }, {}), keys[0]);
});
