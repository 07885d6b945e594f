import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseRfc3339 } from '../../src/base/nanotime.ts';
import { startAgent } from '../../src/processes/agent.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { MemoryServer } from './agent-server.ts';

const fixtures = fileURLToPath(new URL('../fixtures/containerd-1.6.20', import.meta.url));
const podName = 'default_fixtures_11111111-2222-4333-8444-555555555555';
let home: string;
let server: MemoryServer;

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'taffrail-agent-'));
  cpSync(fixtures, join(home, 'pods'), { recursive: true, preserveTimestamps: true });
  server = await MemoryServer.start();
});

after(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

/** The files of one attempt read slowly: strings of latin1, split at newlines, joined per stream. */
function slowly(container: string, attempt: number) {
  const directory = join(fixtures, podName, container);
  const names = readdirSync(directory).filter((name) => name.startsWith(`${attempt}.log`));
  names.sort((a, b) => (a.length === b.length ? (a < b ? -1 : 1) : b.length - a.length));
  const lines: { text: string; time: bigint; flags: number }[] = [];
  const open = new Map<string, { text: string; time: bigint }>();
  for (const record of names.flatMap((name) =>
    readFileSync(join(directory, name), 'latin1').split('\n').slice(0, -1),
  )) {
    const [, time, stream, tag, content] = /^(\S+) (stdout|stderr) ([PF]) (.*)$/s.exec(record)!;
    const begun = open.get(stream!) ?? { text: '', time: parseRfc3339(time!)! };
    begun.text += content;
    if (tag === 'P') open.set(stream!, begun);
    else {
      open.delete(stream!);
      lines.push({ ...begun, flags: stream === 'stderr' ? 1 : 0 });
    }
  }
  for (const [stream, begun] of open) lines.push({ ...begun, flags: (stream === 'stderr' ? 1 : 0) | 8 });
  return lines;
}

async function readOnce(): Promise<void> {
  const agent = await startAgent({
    logRoot: join(home, 'pods'),
    to: server.url,
    dataDir: join(home, 'data'),
    nodeName: 'node-1',
    cluster: 'cluster-1',
    once: true,
    log: silentLogger,
    metrics: new MetricsRegistry(),
  });
  await agent.done;
}

test('what containerd wrote is read to the byte', async () => {
  await readOnce();
  for (const container of readdirSync(join(fixtures, podName))) {
    for (const attempt of container === 'plain' ? [0, 1] : [0]) {
      const read = server
        .lines(container, attempt)
        .map(({ text, time, flags }) => ({ text: text.toString('latin1'), time, flags }));
      assert.deepEqual(read, slowly(container, attempt), `${container} ${attempt}`);
    }
  }
});

test('a second reading finds that everything is held', async () => {
  const before = [...server.instances.values()].map(({ batches }) => batches.length);
  rmSync(join(home, 'data'), { recursive: true });
  await readOnce();
  assert.deepEqual(
    [...server.instances.values()].map(({ batches }) => batches.length),
    before,
  );
  assert.equal(server.repeated, 0);
});
