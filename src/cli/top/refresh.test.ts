import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import test from 'node:test';
import { Output } from '../output/stdout.ts';
import { frame, refresh, type Screen } from './refresh.ts';

/** Sleeps not at all, and ends everything after so many sleeps. */
function clockFor(sleeps: number, controller: AbortController) {
  return {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async () => {
      sleeps--;
      if (sleeps === 0) controller.abort();
    },
  };
}

async function shown(screen: Screen): Promise<string> {
  const stream = new PassThrough();
  const controller = new AbortController();
  let drawn = 0;
  await refresh(async () => ({ text: `frame ${++drawn}\n`, told: '' }), {
    output: new Output(stream),
    screen,
    intervalMs: 1000,
    clock: clockFor(2, controller),
    signal: controller.signal,
  });
  return String(stream.read());
}

test('without a terminal frames follow each other, each under its time', async () => {
  const time = '# 1970-01-01T00:00:00.000Z\n';
  assert.equal(await shown({}), `${time}frame 1\n${time}frame 2\n`);
});

test('on a terminal each frame takes the place of the one before, and the cursor comes back', async () => {
  const text = await shown({ isTTY: true, rows: 10, columns: 20 });
  assert.equal(text.split('\x1b[2J').length, 2);
  assert.equal(text.split('\x1b[H').length, 3);
  assert.ok(text.endsWith('\x1b[?25h'));
});

const linesOf = (frame: string) => frame.replaceAll(/\x1b\[[HJK]/g, '').split('\n');

test('a frame is cut to the screen, and says how much is not shown', () => {
  const text = 'one\ntwo\nthree\nfour\nfive\n';
  assert.deepEqual(linesOf(frame({ text, told: '' }, { rows: 4, columns: 4 })), ['one', 'two', '...', '']);
  assert.match(frame({ text, told: '' }, { rows: 4, columns: 80 }), /\.\.\. 3 more lines/);
});

test('what is told is wrapped and stays in sight, whatever the table takes', () => {
  const text = Array.from({ length: 50 }, (_, row) => `row ${row}\n`).join('');
  const told = '1 pod has no figures\nhint: ask the doctor\n';
  assert.deepEqual(linesOf(frame({ text, told }, { rows: 9, columns: 16 })), [
    ...['row 0', 'row 1', 'row 2', '... 47 more line'],
    ...['1 pod has no', 'figures', 'hint: ask the', 'doctor', ''],
  ]);
  const much = linesOf(frame({ text, told: told.repeat(9) }, { rows: 9, columns: 80 }));
  assert.deepEqual([much[2], much.at(-2), much.length], ['row 2', '... 15 more lines', 9]);
});

test('a terminal that does not know its size is taken for one of 80 by 24', () => {
  const text = frame({ text: `${'x'.repeat(100)}\n`, told: '' }, { isTTY: true, rows: 0, columns: 0 });
  assert.equal(/x+/.exec(text)?.[0].length, 80);
});
