import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../src/base/fault.ts';
import { startAgent } from '../../src/processes/agent.ts';
import { AgentWorld, numbers, quickSettings, until } from './agent-harness.ts';

let world: AgentWorld;

beforeEach(async () => {
  world = await AgentWorld.open();
});

afterEach(() => world.close());

async function untilLines(count: number, attempt = 0): Promise<void> {
  await until(`${count} lines`, () => world.texts(attempt).length >= count);
}

test('lines are followed over a rotation and a compression', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  const rotated = world.rotate();
  world.write(numbers(10, 20));
  await untilLines(20);
  world.compress(rotated);
  world.write(numbers(20, 30));
  await untilLines(30);
  assert.deepEqual(world.texts(), numbers(0, 30));
  assert.equal(world.server.gaps().length, 0);
  assert.equal(world.server.instances.size, 1);
});

test('a wiped state doubles nothing and loses nothing', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  await world.stop();
  world.wipe();
  world.write(numbers(10, 20));
  await world.start();
  await untilLines(20);
  assert.deepEqual(world.texts(), numbers(0, 20));
  assert.equal(world.server.instances.size, 1);
  assert.equal(world.server.gaps().length, 0);
});

test('a wiped state after two rotations and a deletion fills what is on disk, from the compressed file too', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  await world.stop();
  world.wipe();
  world.write(numbers(10, 15));
  const first = world.rotate();
  world.write(numbers(15, 25));
  world.compress(world.rotate());
  world.write(numbers(25, 30));
  rmSync(first);
  await world.start();
  await until('the last lines', () => world.texts().includes('line 29'));
  await world.stop();
  const lines = world.texts();
  assert.deepEqual(
    lines.filter((line) => !numbers(10, 15).includes(line)).sort(),
    [...numbers(0, 10), ...numbers(15, 30)].sort(),
  );
  assert.equal(new Set(lines).size, lines.length);
});

test('with its state, the agent says that files went missing while it was away', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  await world.stop();
  const first = world.rotate();
  world.write(numbers(15, 25));
  rmSync(first);
  await world.start();
  await untilLines(20);
  await until('a gap', () => world.server.gaps().length > 0);
  const [gap] = world.server.gaps();
  assert.equal(gap!.reason, 'rotated-away');
  assert.equal(gap!.to, null);
  assert.equal(gap!.segment, null);
  assert.equal(world.server.instances.size, 1, 'the directory is the same, so it is the same instance');
});

test('an instance whose files all vanished while the agent was away is told as a gap', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  await world.stop();
  rmSync(world.directory('app'), { recursive: true });
  await world.start();
  await until('a gap', () => world.server.gaps().length > 0);
  assert.equal(world.server.gaps()[0]!.reason, 'deleted-before-read');
});

test('a static pod that is removed and added again with the same uid is a new instance', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  rmSync(world.directory('app'), { recursive: true });
  await sleep(150);
  mkdirSync(world.directory('app'), { recursive: true });
  world.write(numbers(100, 105));
  await untilLines(15);
  assert.equal(world.server.instances.size, 2);
  assert.deepEqual(world.texts(), [...numbers(0, 10), ...numbers(100, 105)]);
  assert.equal(world.server.gaps().length, 0);
});

test('partial lines of both streams that are interleaved across a rotation are joined', async () => {
  world.write(['P:out one ']);
  world.write(['P:err one '], { stream: 'stderr' });
  world.write(['P:out two ']);
  await world.start();
  await sleep(150);
  world.rotate();
  world.write(['P:err two '], { stream: 'stderr' });
  world.write(['out three', 'after']);
  await untilLines(2);
  assert.deepEqual(world.texts(), ['out one out two out three', 'after'], 'the other stream goes on meanwhile');
  world.write(['err three'], { stream: 'stderr' });
  await untilLines(3);
  assert.deepEqual(world.texts(), ['out one out two out three', 'after', 'err one err two err three']);
});

test('a pending partial line is read again after a restart, around what is held', async () => {
  world.write(['P:half ']);
  world.write(['other'], { stream: 'stderr' });
  await world.start();
  await untilLines(1);
  await world.stop();
  world.wipe();
  world.write(['whole']);
  await world.start();
  await untilLines(2);
  assert.deepEqual(world.texts(), ['other', 'half whole']);
});

test('a file that is recreated is a new segment of the same instance', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  rmSync(world.path());
  world.write(numbers(10, 20));
  await untilLines(20);
  assert.deepEqual(world.texts(), numbers(0, 20));
  assert.equal(world.server.instances.size, 1);
});

test('a file that is truncated in place is a new segment, and nothing read is lost', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  truncateSync(world.path(), 0);
  world.write(numbers(10, 12));
  await untilLines(12);
  assert.deepEqual(world.texts(), numbers(0, 12));
  truncateSync(world.path(), 0);
  world.write(numbers(12, 30));
  await untilLines(30);
  assert.deepEqual(world.texts(), numbers(0, 30), 'also when it has grown beyond its former size meanwhile');
});

test('copy and truncate: the copy is not read again', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  copyFileSync(world.path(), `${world.path()}.20260102-030400`);
  truncateSync(world.path(), 0);
  world.write(numbers(10, 20));
  await untilLines(20);
  await sleep(100);
  assert.deepEqual(world.texts(), numbers(0, 20));
});

test('a rotation whose reopening failed is undone: the file renamed back is the same segment', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  const rotated = `${world.path()}.20260102-030400`;
  renameSync(world.path(), rotated);
  await sleep(100);
  world.write([], {});
  renameSync(rotated, world.path());
  world.write(numbers(10, 20));
  await untilLines(20);
  assert.deepEqual(world.texts(), numbers(0, 20));
  assert.equal(new Set([...world.server.instances.values()].flatMap((i) => i.covers.map((c) => c.segment))).size, 1);
});

test('an agent that starts late says that it does not know the beginning', async () => {
  world.write(numbers(0, 5));
  await sleep(150);
  for (let i = 0; i < 5; i++) {
    const rotated = world.rotate();
    if (i === 0) rmSync(rotated);
    await sleep(110);
    // Records of this clock, as the file must not look like a copy.
    writeFileSync(world.path(), `${new Date().toISOString()} stdout F round ${i}\n`);
  }
  await world.start();
  await untilLines(5);
  await until('a gap', () => world.server.gaps().length > 0);
  assert.equal(world.server.gaps()[0]!.reason, 'late-start');
  await world.stop();
  await world.start();
  await sleep(200);
  assert.equal(world.server.gaps().length, 1, 'it is said once');
});

test('an agent that is there from the beginning says nothing of the kind', async () => {
  world.write(numbers(0, 5));
  await world.readOnce();
  assert.deepEqual(world.server.gaps(), []);
});

test('a store put back from an older backup gets what is still on disk', async () => {
  world.write(numbers(0, 10));
  await world.start();
  await untilLines(10);
  const [instance] = [...world.server.instances.values()];
  const backup = { covers: [...instance!.covers], batches: [...instance!.batches] };
  world.write(numbers(10, 20));
  await untilLines(20);
  world.rotate();
  world.write(numbers(20, 30));
  await untilLines(30);
  Object.assign(instance!, backup);
  world.server.epoch = 'epoch-2';
  world.write(numbers(30, 31));
  await untilLines(31);
  assert.deepEqual(world.texts(), numbers(0, 31));
});

test('a deleted file is read to its end, also by the next agent when the server was away', async () => {
  await world.start();
  world.server.failWith = 503;
  world.write(numbers(0, 1000));
  await until('the file is open', () => world.metric('taffrail_agent_open_files') > 0);
  rmSync(world.directory('app'), { recursive: true });
  await until('the spool has it', () => world.metric('taffrail_agent_spool_bytes') > 0);
  await world.stop();
  world.server.failWith = null;
  await world.start();
  await untilLines(1000);
  assert.deepEqual(world.texts(), numbers(0, 1000));
  await until('the spool is empty', () => world.metric('taffrail_agent_spool_bytes') === 0);
  assert.deepEqual(world.server.gaps(), []);
});

test('where the spool has no room, the loss is a gap', async () => {
  await world.start({ settings: { spoolBytesMax: 100, queuedBytesMax: 1 } });
  world.write(numbers(0, 10));
  await untilLines(10);
  await until('all is acknowledged', () => world.metric('taffrail_agent_lag_bytes') === 0);
  world.server.failWith = 503;
  world.write(numbers(10, 20));
  await until('the queue is full', () => world.metric('taffrail_agent_queued_bytes') > 0);
  world.write(numbers(20, 200));
  await until('it was noticed', () => world.metric('taffrail_agent_lag_bytes') > 5000);
  rmSync(world.directory('app'), { recursive: true });
  await until('it was given up', () => world.metric('taffrail_agent_gaps_total') > 0);
  world.server.failWith = null;
  await until('a gap', () => world.server.gaps().length > 0);
  assert.equal(world.server.gaps()[0]!.reason, 'spool-full');
  assert.deepEqual(world.texts(), numbers(0, 20), 'what was in the queue arrives');
});

test('two agents on one log root, or one data directory: the second one stops with a clear word', async () => {
  await world.start();
  const locked = (error: unknown) => error instanceof Fault && error.code === 'already-locked';
  await assert.rejects(startAgent(world.options()), locked);
  await assert.rejects(startAgent({ ...world.options(), dataDir: `${world.home}/other` }), locked);
});

test('a final partial line is flushed when the next attempt exists', async () => {
  world.write(['one', 'P:unfinished']);
  await world.start();
  await untilLines(1);
  world.write(['second life'], { attempt: 1 });
  await untilLines(2);
  const last = world.server.lines('app').at(-1)!;
  assert.equal(last.text.toString(), 'unfinished');
  assert.equal(last.flags, 8);
  assert.deepEqual(world.texts(1), ['second life']);
  assert.ok(quickSettings.settleMs > 0);
});
