import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

const never = new AbortController().signal;

test('so many run at a time, the next in the order in which they came; more than may wait are refused', async () => {
  const turns = new Turns({ runningMax: 1, queuedMax: 2 });
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const query = (name: string, signal = never) =>
    turns.take(signal, async () => {
      log.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const first = query('a');
  const gone = new AbortController();
  const leaving = query('b', gone.signal);
  const last = query('c');
  await assert.rejects(query('d'), { code: 'overloaded' });
  gone.abort();
  await assert.rejects(leaving, { name: 'QueryStoppedError' });
  assert.deepEqual(log, ['a']);
  ends[0]!();
  await first;
  await new Promise(setImmediate);
  assert.deepEqual(log, ['a', 'c']);
  ends[1]!();
  await last;
  assert.equal(turns.running, 0);
});
