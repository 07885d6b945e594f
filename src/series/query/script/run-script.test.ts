import assert from 'node:assert/strict';
import test from 'node:test';
import { runScript } from './run-script.ts';

const load = 'load 1m\n  m{a="1"} 0+1x10\n  h {{count:1}}x3\n\n';

async function outcomeOf(text: string): Promise<[string, string]> {
  const { outcomes } = await runScript(load + text);
  assert.equal(outcomes.length, 1);
  return [outcomes[0]!.status, outcomes[0]!.detail];
}

test('a case passes, fails with the difference, or is skipped with the reason', async () => {
  assert.deepEqual(await outcomeOf('eval instant at 5m m\n  m{a="1"} 5'), ['passed', '']);
  assert.deepEqual(await outcomeOf('eval instant at 5m m\n  m{a="1"} 6'), [
    'failed',
    'expected 6 for {__name__="m", a="1"} but got 5',
  ]);
  assert.deepEqual(await outcomeOf('eval instant at 5m m'), [
    'failed',
    'unexpected metric {__name__="m", a="1"} in result, has value 5',
  ]);
  assert.deepEqual(await outcomeOf('eval instant at 1m h'), ['skipped', 'native histograms']);
});

test('what was expected and did not happen is a failure', async () => {
  const [status, detail] = await outcomeOf('eval instant at 5m m\n  expect fail\n  m{a="1"} 5');
  assert.deepEqual([status, detail], ['failed', 'expected an error but got none']);
  const wrong = await outcomeOf('eval instant at 5m -{__name__=~"m"} + on () m\n  expect fail msg: other');
  assert.equal(wrong[0], 'failed');
  assert.match(
    (await outcomeOf('eval instant at 5m m\n  expect warn\n  m{a="1"} 5'))[1],
    /expected warn annotation: anything; got none/,
  );
  const info = 'eval instant at 5m rate(m[5m])\n  expect no_info\n  {a="1"} 0.0166666666';
  assert.match((await outcomeOf(info))[1], /unexpected info annotations: PromQL info: metric might not be a counter/);
  assert.match(
    (await outcomeOf('eval range from 0 to 2m step 1m m\n  m{a="1"} 0 1'))[1],
    /but got 0 @0 1 @60000 2 @120000/,
  );
});

test('what cannot be read is a failure at its line, and the rest is run', async () => {
  const { outcomes } = await runScript(
    `${load}nonsense\n\neval instant at x m\n\nload 1m\n  m 1z\n\neval instant at 0 m{a="1"}\n  m{a="1"} 0\n`,
  );
  assert.deepEqual(
    outcomes.map(({ line, status }) => [line, status]),
    [
      [5, 'failed'],
      [7, 'failed'],
      [9, 'failed'],
      [12, 'passed'],
    ],
  );
  assert.match(outcomes[0]!.detail, /invalid command "nonsense", expected load, clear or eval/);
});
