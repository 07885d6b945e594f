import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns } from './turns.ts';

test('one has its turn in each turn of the event loop, in the order of asking', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = async (name: string) => {
    await turns.turn();
    log.push(name);
    if (name === 'a') asked.push(work('d'));
  };
  const asked = [work('a'), work('b'), work('c')];
  for (let turn = 0; turn < 5; turn++) {
    await nextTurn();
    log.push('|');
  }
  await Promise.all(asked);
  assert.deepEqual(log.join(''), 'a|b|c|d||');
  await turns.turn();
});
