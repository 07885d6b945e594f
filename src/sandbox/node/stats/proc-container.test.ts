import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Figures } from './figures.ts';
import { ProcContainer } from './proc-container.ts';
import { FakeProc, statusText } from './proc-under-test.ts';
import { ProcessTable } from './process-table.ts';

/** A container whose first process is 10, below a runtime that is 5. */
function started(): { proc: FakeProc; measure: () => Figures | undefined } {
  const proc = new FakeProc();
  proc.processes.set(5, { parent: 1, userTicks: 5000 });
  proc.processes.set(10, { parent: 5, userTicks: 100, systemTicks: 20 });
  const container = new ProcContainer(proc, 10);
  const measure = () => {
    const table = new ProcessTable(proc);
    return container.measure(table, table.tree(10), () => 7);
  };
  return { proc, measure };
}

test('all that descends from the first process is the container, and nothing else', () => {
  const { proc, measure } = started();
  proc.processes.set(12, { parent: 11, userTicks: 1 });
  proc.processes.set(11, { parent: 10, userTicks: 10 });
  proc.processes.set(13, { parent: 5, userTicks: 999 });
  const figures = measure();
  assert.deepEqual(figures?.cpu, { totalSeconds: 1.31, userSeconds: 1.11, systemSeconds: 0.2 });
  assert.deepEqual([figures?.processes, figures?.timeMs], [3, 7]);
});

test('a grandchild that lost its parent is still there, under the first process', () => {
  const { proc, measure } = started();
  proc.processes.set(11, { parent: 10, userTicks: 10 });
  proc.processes.set(12, { parent: 11, userTicks: 50 });
  measure();
  proc.processes.delete(11);
  proc.processes.set(12, { parent: 10, userTicks: 60 });
  proc.processes.get(10)!.childrenUserTicks = 10;
  assert.equal(measure()?.cpu.userSeconds, 1.7);
});

test('one that ends between the reading of its parent and its own counts once', () => {
  const { proc, measure } = started();
  proc.processes.set(11, { parent: 10, userTicks: 500 });
  measure();
  proc.beforeRead = (path) => {
    if (path !== '11/stat' || !proc.processes.delete(11)) return;
    proc.processes.get(10)!.childrenUserTicks = 501;
  };
  assert.equal(measure()?.cpu.userSeconds, 6.01);
  assert.equal(measure()?.cpu.userSeconds, 6.01);
});

test('a child with a lower pid than its parent, which ends while the others are read, counts once', () => {
  const { proc, measure } = started();
  proc.processes.set(8, { parent: 10, userTicks: 500 });
  measure();
  proc.beforeRead = (path) => {
    if (path !== '10/stat' || !proc.processes.delete(8)) return;
    proc.processes.get(10)!.childrenUserTicks = 500;
  };
  assert.equal(measure()?.cpu.userSeconds, 6);
  assert.equal(measure()?.cpu.userSeconds, 6);
});

test("the first process's pid, given to another one, is not the container", () => {
  const { proc, measure } = started();
  assert.ok(measure());
  proc.processes.set(10, { parent: 1, userTicks: 9999, startTicks: 4711 });
  assert.equal(measure(), undefined);
  proc.processes.delete(10);
  assert.equal(measure(), undefined);
});

test('memory is what is no file; pages that processes share after a fork are counted by shares', () => {
  const { proc, measure } = started();
  proc.processes.get(10)!.status = statusText(204800, 1024, 8);
  assert.equal(measure()?.memory.workingSetBytes, (204800 + 1024) * 1024);
  assert.equal(measure()?.memory.swapBytes, 8 * 1024);
  const rollup = 'Pss:  999999 kB\nPss_Anon:  102400 kB\nPss_File:  5000 kB\nPss_Shmem:  512 kB\n';
  Object.assign(proc.processes.get(10)!, { rollup });
  proc.processes.set(11, { parent: 10, status: statusText(204800, 1024), rollup });
  proc.processes.set(12, { parent: 10, status: statusText(100) });
  assert.equal(measure()?.memory.workingSetBytes, (2 * (102400 + 512) + 100) * 1024);
});

test('where a process may not be looked into, its shares are not known and its own memory counts', () => {
  const { proc, measure } = started();
  proc.processes.get(10)!.status = statusText(2048);
  proc.processes.set(11, { parent: 10, status: statusText(4096) });
  assert.equal(measure()?.memory.workingSetBytes, 6144 * 1024);
  assert.equal(measure()?.io, undefined);
});

test('input and output stay when the process that did them has gone', () => {
  const { proc, measure } = started();
  const io = (read: number) => `rchar: 1\nread_bytes: ${read}\nwrite_bytes: 10\n`;
  proc.processes.get(10)!.io = io(4096);
  proc.processes.set(11, { parent: 10, io: io(1000) });
  assert.deepEqual(measure()?.io, { readBytes: 5096, writeBytes: 20 });
  proc.processes.delete(11);
  assert.deepEqual(measure()?.io, { readBytes: 5096, writeBytes: 20 });
});
