import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentWorld, numbers, until } from './agent-harness.ts';

const taffrail = join(import.meta.dirname, '../../bin/taffrail');
const KILLS = 6;

function startProcess(world: AgentWorld): ChildProcess {
  const flags = ['--log-root', world.root, '--to', world.server.url.href, '--data-dir', join(world.home, 'agent')];
  return spawn(taffrail, ['agent', ...flags, '--node-name', 'node-1', '--cluster', 'c'], { stdio: 'ignore' });
}

test('kill -9 at random moments, while lines are written and files rotate: each line once', {
  timeout: 60_000,
}, async () => {
  const world = await AgentWorld.open();
  let written = 0;
  let child = startProcess(world);
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      for (let step = 0; step < 20; step++) {
        world.write(numbers(written, (written += 50)));
        if (step === 9) {
          world.write(['P:half of it, '], { stream: 'stderr' });
          if (kill % 3 === 2) world.compress(world.rotate());
          else world.rotate();
          world.write([`the rest ${kill}`], { stream: 'stderr' });
        }
        await sleep(10 + Math.random() * 30);
      }
      child.kill('SIGKILL');
      await once(child, 'exit');
      child = startProcess(world);
    }
    await until('the last line', () => world.texts().length >= written + KILLS, 30_000);
    await sleep(300);
    const lines = world.texts();
    const joined = Array.from({ length: KILLS }, (_, kill) => `half of it, the rest ${kill}`);
    assert.deepEqual(lines.toSorted(), [...numbers(0, written), ...joined].sort());
    assert.deepEqual(
      lines.filter((line) => line.startsWith('line')),
      numbers(0, written),
      'in the order of the files',
    );
    assert.deepEqual(world.server.gaps(), []);
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await world.close();
  }
});
