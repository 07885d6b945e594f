import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { numberedLine, verify } from './breaking/numbered.ts';
import { Writer } from './breaking/writer.ts';
import { textOf } from './journeys/cri-text.ts';
import { temporaryDirectory } from './journeys/processes.ts';

// What the kill loops judge with must itself find what is wrong.

const line = (number: number) => numberedLine('w', number);
const said = (...numbers: number[]) => Buffer.from(numbers.map((number) => `${line(number)}\n`).join(''));

test('all numbers once and in order are whole', () => {
  assert.deepEqual(verify(said(0, 1, 2, 3), 4, line, 'w'), {
    lines: 4,
    missing: 0,
    doubled: 0,
    wrong: 0,
    first: undefined,
  });
});

test('what is missing, doubled, changed or out of order is counted, and the first of it named', () => {
  const counted = (bytes: Buffer) => {
    const { missing, doubled, wrong } = verify(bytes, 4, line, 'w');
    return { missing, doubled, wrong };
  };
  assert.deepEqual(counted(said(0, 1, 3)), { missing: 1, doubled: 0, wrong: 0 });
  assert.deepEqual(counted(said(0, 1, 2)), { missing: 1, doubled: 0, wrong: 0 });
  assert.deepEqual(counted(said()), { missing: 4, doubled: 0, wrong: 0 });
  assert.deepEqual(counted(said(0, 1, 1, 2, 3)), { missing: 0, doubled: 1, wrong: 0 });
  assert.deepEqual(counted(said(0, 2, 1, 3)), { missing: 1, doubled: 1, wrong: 0 });
  assert.deepEqual(counted(said(0, 1, 2, 3, 4)), { missing: 0, doubled: 0, wrong: 1 });
  const cut = Buffer.from(said(0, 1, 2, 3).toString().replace(line(2), line(2).slice(0, -1)));
  assert.deepEqual(counted(cut), { missing: 1, doubled: 0, wrong: 1 });
  assert.match(verify(said(0, 3), 4, line, 'w').first ?? '', /w: 2 numbers are missing from 1 on/);
});

test("a writer's files hold its numbers once and in order, over rotations, compression and restarts", (t) => {
  const root = temporaryDirectory(t, 'writer');
  const writer = new Writer(root, 3);
  const atRestart = 12_000;
  for (let i = 0; i < 600; i++) {
    writer.write(40);
    if (writer.count === atRestart) writer.restart();
  }
  writer.close();
  const directory = join(root, readdirSync(root)[0]!, writer.name);
  assert.ok(writer.rotations > 2 && readdirSync(directory).some((name) => name.endsWith('.gz')));
  const said = Buffer.concat([0, 1].map((attempt) => textOf(directory, attempt)));
  assert.deepEqual(
    verify(said, 24_000, (n) => numberedLine(writer.name, n), 'writer'),
    {
      lines: 24_000,
      missing: 0,
      doubled: 0,
      wrong: 0,
      first: undefined,
    },
  );
});
