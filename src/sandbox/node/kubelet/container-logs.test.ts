import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../base/clock.ts';
import { until } from '../runtime/runtime-fixture.ts';
import { readLogs } from './container-logs.ts';
import { logOptionsOf } from './log-options.ts';

let directory: string;
let path: string;
let running: boolean;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'taffrail-logs-'));
  path = join(directory, '0.log');
  running = false;
});
afterEach(() => rmSync(directory, { recursive: true }));

const record = (second: number, text: string, tag = 'F', stream = 'stdout') =>
  `2026-11-22T20:00:0${second}.5Z ${stream} ${tag} ${text}\n`;

async function read(query: string, onChunk?: (text: string) => void): Promise<string> {
  let text = '';
  const options = logOptionsOf(new URLSearchParams(query), Date.parse('2026-11-22T20:00:10Z'));
  for await (const chunk of readLogs(
    { path, running: () => running },
    options,
    systemClock,
    new AbortController().signal,
  )) {
    text += chunk.toString('latin1');
    onChunk?.(text);
  }
  return text;
}

test('both streams are shown, partial records are joined, and times have nine digits at the start of a line only', async () => {
  writeFileSync(
    path,
    record(1, 'one') +
      record(2, 'begin ', 'P') +
      record(3, 'end') +
      record(4, 'err', 'F', 'stderr') +
      record(5, 'no newline', 'P'),
  );
  assert.equal(await read(''), 'one\nbegin end\nerr\nno newline');
  assert.equal(
    await read('timestamps=true'),
    '2026-11-22T20:00:01.500000000Z one\n2026-11-22T20:00:02.500000000Z begin end\n2026-11-22T20:00:04.500000000Z err\n2026-11-22T20:00:05.500000000Z no newline',
  );
});

test('tail, since and a limit of bytes cut as the kubelet does', async () => {
  writeFileSync(path, Array.from({ length: 9 }, (_, index) => record(index + 1, `line ${index + 1}`)).join(''));
  assert.equal(await read('tailLines=2'), 'line 8\nline 9\n');
  assert.equal(await read('tailLines=0'), '');
  assert.equal(await read('tailLines=100'), await read(''));
  assert.equal(await read('sinceSeconds=2'), 'line 8\nline 9\n');
  assert.equal(await read('sinceTime=2026-11-22T20:00:08Z'), 'line 8\nline 9\n');
  assert.equal(await read('limitBytes=10'), 'line 1\nlin');
  assert.equal(await read('tailLines=5&sinceTime=2026-11-22T20:00:09Z'), 'line 9\n');
  assert.throws(() => logOptionsOf(new URLSearchParams('tailLines=-1'), 0), { code: 'bad-request' });
  assert.throws(() => logOptionsOf(new URLSearchParams('sinceTime=today'), 0), { code: 'bad-request' });
});

test('a tail longer than a block of the file is found', async () => {
  writeFileSync(path, Array.from({ length: 5000 }, (_, index) => record(1, `${index} ${'x'.repeat(50)}`)).join(''));
  const lines = (await read('tailLines=3000')).trim().split('\n');
  assert.equal(lines.length, 3000);
  assert.match(lines[0]!, /^2000 /);
});

test('what is not a record is left out', async () => {
  writeFileSync(path, `${record(1, 'one')}garbage\n\n${record(2, 'two')}`);
  assert.equal(await read(''), 'one\ntwo\n');
});

test('following goes on over a rotation and ends with the container', { timeout: 30_000 }, async () => {
  running = true;
  writeFileSync(path, record(1, 'one'));
  let seen = '';
  const whole = read('follow=true', (text) => {
    seen = text;
  });
  await until(() => seen === 'one\n');
  const two = record(2, 'two');
  appendFileSync(path, two.slice(0, 20));
  await sleep(150);
  appendFileSync(path, two.slice(20));
  renameSync(path, `${path}.20261122-200002`);
  appendFileSync(`${path}.20261122-200002`, record(3, 'three'));
  writeFileSync(path, record(4, 'four'));
  await until(() => seen.endsWith('four\n'));
  appendFileSync(path, record(5, 'five'));
  running = false;
  assert.equal(await whole, 'one\ntwo\nthree\nfour\nfive\n');
});
