import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { takeLock } from './lock.ts';

const modulePath = new URL('./lock.ts', import.meta.url).href;

test('a lock is refused while another process holds it, and free once that process was killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lock');
  const script = `const { takeLock } = await import(${JSON.stringify(modulePath)}); takeLock(${JSON.stringify(path)}, 'it'); console.log('held'); setInterval(() => {}, 1000)`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  assert.throws(() => takeLock(path, 'the directory'), {
    code: 'already-locked',
    message: 'another process is using the directory',
  });
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  takeLock(path, 'the directory').release();
});

test('a lock that was released can be taken by another process', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'deep', 'lock');
  takeLock(path, 'it').release();
  execFileSync(process.execPath, [
    '--input-type=module',
    '-e',
    `(await import(${JSON.stringify(modulePath)})).takeLock(${JSON.stringify(path)}, 'it')`,
  ]);
});

test('a lock that is released leaves no file, and two takers in turn never hold it together', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lock');
  const script = `import { openSync, closeSync, unlinkSync } from 'node:fs';
    const { takeLock } = await import(${JSON.stringify(modulePath)});
    for (let held = 0; held < 40; ) {
      let lock;
      try { lock = takeLock(${JSON.stringify(path)}, 'it'); } catch { continue; }
      closeSync(openSync(${JSON.stringify(join(folder, 'inside'))}, 'wx')); // fails where somebody else is inside
      unlinkSync(${JSON.stringify(join(folder, 'inside'))});
      lock.release();
      held++;
    }`;
  const takers = [0, 1].map(() => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }));
  const codes = await Promise.all(takers.map((taker) => new Promise((resolve) => taker.once('exit', resolve))));
  assert.deepEqual(codes, [0, 0]);
  assert.ok(!existsSync(path));
});
