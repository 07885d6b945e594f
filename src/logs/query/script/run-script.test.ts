import assert from 'node:assert/strict';
import test from 'node:test';
import { runScript } from './run-script.ts';

const load = 'load {app="a"}\n  1s one\n  2s two\n';

test('a case that is as expected passes', async () => {
  const script = `${load}eval lines {app="a"} |= "o"\n  1s {app="a"} one\n  2s {app="a"} two\neval instant at 2s count_over_time({app="a"}[2s])\n  {app="a"} 2\n`;
  const outcomes = await runScript(script);
  assert.deepEqual(
    outcomes.map(({ status, line }) => [status, line]),
    [
      ['passed', 4],
      ['passed', 7],
    ],
  );
});

test('values that repeat or go up and down are written short', async () => {
  const range = 'eval range from 1s to 4s step 1s';
  const script = `${load}${range} vector(3)\n  {} 3x3\n${range} 1 - 1\n  {} 0+0x1 0-0x1\n${range} count_over_time({app="a"}[1s])\n  {app="a"} 1 1 _x1\n`;
  assert.deepEqual(
    (await runScript(script)).map(({ detail }) => detail),
    ['', '', ''],
  );
  const [wrong] = await runScript(`${range} vector(3)\n  {} 3+1x3\n`);
  assert.match(wrong!.detail, /3 4 5 6/);
});

test('a wrong line, value, row, error, or the lack of one fails and says what came instead', async () => {
  const wrong: [string, RegExp][] = [
    ['eval lines {app="a"}\n  1s {app="a"} one\n', /but got[\s\S]*two/],
    ['eval lines {app="a"} |= "one"\n  1s {app="b"} one\n', /but got[\s\S]*app="a"/],
    ['eval instant at 2s count_over_time({app="a"}[2s])\n  {app="a"} 3\n', /but got[\s\S]*2/],
    ['eval instant at 2s count_over_time({app="a"}[2s])\n', /expected\s+nothing/],
    ['eval range from 1s to 2s step 1s count_over_time({app="a"}[1s])\n  {app="a"} 1 _\n', /but got[\s\S]*1 1/],
    ['eval instant at 2s 1 + 1\n  3\n', /expected 3/],
    ['eval lines {app="a"} |=\n  fail expecting NUMBER\n', /expecting STRING/],
    ['eval lines {app="a"}\n  fail something\n', /expected an error/],
    ['evaluate {app="a"}\n', /a command is/],
  ];
  for (const [text, detail] of wrong) {
    const [outcome] = await runScript(load + text);
    assert.equal(outcome?.status, 'failed', text);
    assert.match(outcome.detail, detail, text);
  }
});
