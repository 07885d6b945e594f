import assert from 'node:assert/strict';
import test from 'node:test';
import { ApiError } from '../../kubernetes/client/status.ts';
import { broken, type Check, examine, type Finding, notChecked, ok, type Result, warning } from './check.ts';

type Work = () => Promise<Result | Result[]>;

const check = (id: string, after: string[], run: Work): Check<undefined> => ({
  id,
  title: id.toUpperCase(),
  after,
  run,
});

async function findings(checks: Check<undefined>[], timeoutMs = 5000): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of examine(checks, undefined, timeoutMs)) found.push(finding);
  return found;
}

const brief = (found: Finding[]) => found.map(({ check, outcome, says }) => `${check} ${outcome} ${says}`);

test('what comes after something broken is not checked, and names the cause, however far back', async () => {
  const never: Work = async () => assert.fail('it was checked');
  const found = await findings([
    check('a', [], async () => broken('gone', ['bring it back'])),
    check('b', ['a'], never),
    check('c', ['b'], never),
    check('d', [], async () => ok('well')),
  ]);
  assert.deepEqual(brief(found), [
    'a broken gone',
    'b not-checked broken before it: A',
    'c not-checked broken before it: A',
    'd ok well',
  ]);
  assert.deepEqual(found[0]!.fixes, ['bring it back']);
});

test('neither a warning nor a check that could not be made holds up what comes after', async () => {
  const found = await findings([
    check('a', [], async () => warning('soon', [])),
    check('b', [], async () => notChecked('out of reach')),
    check('c', ['a', 'b'], async () => [ok('one'), ok('two')]),
  ]);
  assert.deepEqual(brief(found).slice(2), ['c ok one', 'c ok two']);
});

test('what a check throws is a finding: not allowed is not checked, anything else is broken', async () => {
  const forbidden = new ApiError({ code: 403, reason: 'Forbidden', message: 'no rights' });
  const found = await findings([
    check('a', [], async () => Promise.reject(forbidden)),
    check('b', [], async () => Promise.reject(new Error('odd'))),
  ]);
  assert.deepEqual(brief(found), ['a not-checked you may not: no rights', 'b broken odd']);
});

test('a check that never ends is broken when its time is over', async (t) => {
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  const found = await findings([check('a', [], () => new Promise(() => {}))], 20);
  assert.deepEqual(brief(found), ['a broken no answer within 0.02 s']);
});
