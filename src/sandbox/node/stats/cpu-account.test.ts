import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CpuAccount } from './cpu-account.ts';
import type { ProcessStat } from './proc-text.ts';

function stat(pid: number, parent: number, more: Partial<ProcessStat> = {}): ProcessStat {
  const ticks = { userTicks: 0, systemTicks: 0, childrenUserTicks: 0, childrenSystemTicks: 0 };
  return { pid, parent, state: 'S', session: 1, ...ticks, threads: 1, startTicks: pid, ...more };
}

test('a child that was waited for goes on counting in its parent, once', () => {
  const account = new CpuAccount();
  account.update([stat(1, 0, { userTicks: 10 }), stat(2, 1, { userTicks: 100, systemTicks: 20 })], true);
  assert.deepEqual(account.seconds, { user: 1.1, system: 0.2 });
  account.update([stat(1, 0, { userTicks: 11, childrenUserTicks: 105, childrenSystemTicks: 20 })], true);
  assert.deepEqual(account.seconds, { user: 1.16, system: 0.2 });
});

test('a child that nobody waits for is not lost, and nothing is taken back', () => {
  const account = new CpuAccount();
  account.update([stat(1, 0, { userTicks: 10 }), stat(2, 1, { userTicks: 100, systemTicks: 50 })], true);
  account.update([stat(1, 0, { userTicks: 12 })], true);
  assert.deepEqual(account.seconds, { user: 1.12, system: 0.5 });
  account.update([stat(1, 0, { userTicks: 13 })], true);
  assert.deepEqual(account.seconds, { user: 1.13, system: 0.5 });
});

test('one that goes while it is read is counted once, when it is known where its time went', () => {
  const account = new CpuAccount();
  account.update([stat(1, 0), stat(2, 1, { userTicks: 100 })], true);
  account.update([stat(1, 0)], false);
  assert.equal(account.seconds.user, 1);
  account.update([stat(1, 0, { childrenUserTicks: 101 })], true);
  assert.equal(account.seconds.user, 1.01);
});

test('a pid that was given out again is another process', () => {
  const account = new CpuAccount();
  account.update([stat(1, 0), stat(2, 1, { userTicks: 100 })], true);
  account.update([stat(1, 0, { childrenUserTicks: 100 }), stat(2, 1, { userTicks: 3, startTicks: 99 })], true);
  assert.equal(account.seconds.user, 1.03);
});

/** A container in which processes fork, work, end, are waited for, or are orphaned to the first one. */
class World {
  processes = new Map<number, ProcessStat>([[1, stat(1, 0)]]);
  worked = 0;
  #nextPid = 2;

  #pick(choice: number): ProcessStat {
    return [...this.processes.values()][choice % this.processes.size] as ProcessStat;
  }

  step(action: 'fork' | 'work' | 'end' | 'vanish', choice: number, ticks: number): void {
    const process = this.#pick(choice);
    if (action === 'fork') this.processes.set(this.#nextPid, stat(this.#nextPid++, process.pid));
    else if (action === 'work') {
      process.userTicks += ticks;
      this.worked += ticks;
    } else if (process.pid !== 1) this.#end(process, action === 'end');
  }

  #end(process: ProcessStat, awaited: boolean): void {
    this.processes.delete(process.pid);
    for (const child of this.processes.values()) if (child.parent === process.pid) child.parent = 1;
    const parent = this.processes.get(process.parent) as ProcessStat;
    if (awaited) parent.childrenUserTicks += process.userTicks + process.childrenUserTicks;
  }

  read(): ProcessStat[] {
    return [...this.processes.values()].map((process) => ({ ...process }));
  }
}

const steps = (...actions: ('fork' | 'work' | 'end' | 'vanish')[]) =>
  fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(1000), fc.nat(500), fc.boolean()), { maxLength: 200 });

test('whatever processes do, their time never decreases and is never more than was worked', () => {
  fc.assert(
    fc.property(steps('fork', 'work', 'end', 'vanish'), (all) => {
      const world = new World();
      const account = new CpuAccount();
      let before = 0;
      for (const [action, choice, ticks, sampled] of all) {
        world.step(action, choice, ticks);
        if (!sampled) continue;
        account.update(world.read(), true);
        assert.ok(account.seconds.user >= before);
        assert.ok(account.seconds.user * 100 <= world.worked + 1e-6);
        before = account.seconds.user;
      }
    }),
  );
});

test('where every process is waited for, no tick is missing', () => {
  fc.assert(
    fc.property(steps('fork', 'work', 'end'), (all) => {
      const world = new World();
      const account = new CpuAccount();
      for (const [action, choice, ticks, sampled] of all) {
        world.step(action, choice, ticks);
        if (!sampled) continue;
        account.update(world.read(), true);
        assert.ok(Math.abs(account.seconds.user * 100 - world.worked) < 1e-6);
      }
    }),
  );
});
