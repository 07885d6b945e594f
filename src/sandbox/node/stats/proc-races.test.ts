import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcContainer } from './proc-container.ts';
import { FakeProc } from './proc-under-test.ts';
import { ProcessTable } from './process-table.ts';

const root = 10;
type Action = 'fork' | 'work' | 'end';

/** A container whose processes go on while they are read: every one is waited for, orphans by the first process. */
class BusyContainer {
  readonly proc = new FakeProc();
  worked = 0;
  #container = new ProcContainer(this.proc, root);

  constructor() {
    this.proc.processes.set(root, { parent: 5, startTicks: 1 });
  }

  /** `pid` of a new process may be lower than its parent's, as after the numbers have begun anew. */
  step([action, choice, amount]: readonly [Action, number, number]): void {
    const { processes } = this.proc;
    const pids = [...processes.keys()];
    const pid = pids[choice % pids.length] as number;
    const process = processes.get(pid)!;
    const newPid = 2 + (amount % 60);
    if (action === 'work') {
      process.userTicks = (process.userTicks ?? 0) + amount;
      this.worked += amount;
    } else if (action === 'fork') {
      if (!processes.has(newPid)) processes.set(newPid, { parent: pid, startTicks: 100 + this.worked + choice });
    } else if (pid !== root) {
      processes.delete(pid);
      for (const child of processes.values()) if (child.parent === pid) child.parent = root;
      const parent = processes.get(process.parent)!;
      parent.childrenUserTicks =
        (parent.childrenUserTicks ?? 0) + (process.userTicks ?? 0) + (process.childrenUserTicks ?? 0);
    }
  }

  ticks(): number {
    const table = new ProcessTable(this.proc);
    const figures = this.#container.measure(table, table.tree(root), () => 0);
    return Math.round((figures as { cpu: { totalSeconds: number } }).cpu.totalSeconds * 100);
  }
}

/** The parent ends after its child was read and before it is itself, because the child's pid is lower. */
const orphanedWhileRead: [Action, number, number][] = [
  ['fork', 0, 9],
  ['fork', 67, 0],
  ['fork', 0, 10],
  ['fork', 0, 0],
  ['work', 502, 5],
  ['end', 189, 0],
];

/** A pid is given out again between the reading of the first process and the pid's own. */
const replacedWhileRead: [Action, number, number][] = [
  ['fork', 0, 161],
  ['fork', 0, 9],
  ['work', 505, 5],
  ['work', 0, 0],
  ['fork', 0, 70],
  ['end', 5, 0],
  ['fork', 0, 401],
];

const steps = fc.array(fc.tuple(fc.constantFrom<Action>('fork', 'fork', 'work', 'end'), fc.nat(1000), fc.nat(500)), {
  maxLength: 120,
});

test('while processes fork, work and end between any two readings, time never decreases, is never made up, and none is lost in the end', () => {
  fc.assert(
    fc.property(steps, fc.array(fc.nat(6), { maxLength: 120 }), (all, pauses) => {
      const busy = new BusyContainer();
      const waiting = [...all];
      let readings = 0;
      busy.proc.beforeRead = () => {
        if (readings++ % ((pauses[readings % (pauses.length || 1)] ?? 0) + 1) > 0) return;
        const next = waiting.shift();
        if (next) busy.step(next);
      };
      let before = 0;
      while (waiting.length > 0) {
        const ticks = busy.ticks();
        assert.ok(ticks >= before, `${ticks} after ${before}`);
        assert.ok(ticks <= busy.worked, `${ticks} of ${busy.worked}`);
        before = ticks;
      }
      busy.ticks();
      assert.equal(busy.ticks(), busy.worked);
    }),
    {
      numRuns: 500,
      examples: [
        [orphanedWhileRead, [1, 6, 1, 5, 1, 4]],
        [replacedWhileRead, [3, 1, 5, 2, 0]],
      ],
    },
  );
});
