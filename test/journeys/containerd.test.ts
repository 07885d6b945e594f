import assert from 'node:assert/strict';
import { createReadStream, createWriteStream, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { type Containerd, imageName, missingForContainerd, startContainerd } from '../containerd/containerd.ts';
import { textOf } from './cri-text.ts';
import { atEnd, runWell, startAgent, startServing, taffrail, temporaryDirectory, until } from './processes.ts';

const uid = '7c5d2a10-9f0e-4b7a-8d55-0c2f6a1be3d4';
const missing = missingForContainerd();

// What Debian lacks may be skipped on a developer's machine, but CI is where this has to be seen.
const skip = missing !== undefined && process.env.CI !== 'true' ? `no containerd here: ${missing}` : false;

test('what real containers say through a real containerd is read back to the byte', {
  skip,
  timeout: 180_000,
}, async (t) => {
  assert.equal(missing, undefined, 'CI has to be able to run containerd');
  const containerd = await startContainerd(t);
  const home = temporaryDirectory(t, 'journey');
  const server = await startServing('server', join(home, 'server'));
  atEnd(t, () => server.process.stop());
  const agent = startAgent(containerd.logRoot, server.url, join(home, 'agent'), [
    '--node-name',
    'debian',
    '--cluster',
    'c',
  ]);
  atEnd(t, () => agent.stop());

  const pod = await containerd.pod('default', 'journey', uid);
  const podDirectory = join(containerd.logRoot, `default_journey_${uid}`);
  const chatty = await containerd.cri.startContainer(pod, container('chatty', CHATTY));
  const others = await Promise.all(
    Object.entries(SCRIPTS).map(async ([name, script]) => ({
      name,
      id: await containerd.cri.startContainer(pod, container(name, script)),
    })),
  );
  for (let rotation = 1; rotation <= 4; rotation++) {
    await sleep(700);
    await rotate(containerd, podDirectory, 'chatty', chatty, rotation);
  }
  for (const id of [chatty, ...others.map((other) => other.id)]) {
    await until('the container has ended', async () => !(await containerd.cri.status(id)).running, 60_000);
  }
  // That a container has ended shows in its files when the next instance begins: only then is a line final that has no newline.
  for (const { name } of others) {
    const again = await containerd.cri.startContainer(pod, { ...container(name, 'echo second'), attempt: 1 });
    await until('the second instance has ended', async () => !(await containerd.cri.status(again)).running);
  }

  const names = ['chatty', ...others.map(({ name }) => name)];
  await t.test('by an agent that runs all the while', async () => {
    for (const name of names) await assertSame(server.url, podDirectory, name);
  });
  await t.test('each stream on its own', async () => {
    for (const stream of ['stdout', 'stderr'] as const) {
      const said = await logs(server.url, 'chatty', ['--stream', stream]);
      assertBytes(said, textOf(join(podDirectory, 'chatty'), 0, stream), `chatty's ${stream}`);
    }
  });
  await t.test('once, by an agent whose state was wiped and that ships everything again', async () => {
    await agent.stop();
    rmSync(join(home, 'agent'), { recursive: true });
    await importOnce(t, containerd.logRoot, server.url, join(home, 'agent'));
    for (const name of names) await assertSame(server.url, podDirectory, name);
  });
  await t.test('by an import into an empty store', async () => {
    const second = await startServing('server', join(home, 'second'));
    try {
      await importOnce(t, containerd.logRoot, second.url, join(home, 'second-agent'));
      for (const name of names) await assertSame(second.url, podDirectory, name);
    } finally {
      await second.process.stop();
    }
  });
});

/** Long lines of both streams all the time, so that a rotation falls into one. */
const CHATTY = `
long=$(head -c 40000 /dev/zero | tr '\\0' x)
i=0
while [ $i -lt 1500 ]; do
  echo "out $i"; echo "err $i" >&2
  [ $((i % 10)) = 0 ] && echo "long $i $long end"
  [ $((i % 15)) = 0 ] && printf 'err-long %s %s end\\n' $i "$long" >&2
  i=$((i + 1)); [ $((i % 100)) = 0 ] && sleep 0.2
done
echo done`;

const SCRIPTS = {
  binary: `printf 'nul \\0 bad \\377\\376 carriage\\r colour \\033[31mred\\033[0m\\n\\n \\nlast'; exit 3`,
  limits: `head -c 16384 /dev/zero | tr '\\0' a; echo; head -c 16385 /dev/zero | tr '\\0' b; echo; head -c 70000 /dev/zero | tr '\\0' c`,
  streams: `i=0; while [ $i -lt 300 ]; do printf 'o%s ' $i; printf 'e%s ' $i >&2; i=$((i+1)); done; echo; echo >&2`,
};

function container(name: string, script: string) {
  return { name, attempt: 0, image: imageName, command: ['/bin/sh', '-c', script] };
}

/** As the kubelet does it: rename, reopen, and compress the one before through a .tmp. */
async function rotate({ cri }: Containerd, podDirectory: string, name: string, id: string, n: number): Promise<void> {
  const directory = join(podDirectory, name);
  const before = readdirSync(directory).filter((file) => /^0\.log\.\d{8}-\d{6}$/.test(file));
  renameSync(join(directory, '0.log'), join(directory, `0.log.20261122-10000${n}`));
  await cri.reopenLog(id);
  for (const file of before) {
    const path = join(directory, file);
    await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`));
    renameSync(`${path}.tmp`, `${path}.gz`);
    rmSync(path);
  }
}

async function importOnce(t: TestContext, logRoot: string, url: string, dataDir: string): Promise<void> {
  const importer = startAgent(logRoot, url, dataDir, ['--once', '--node-name', 'debian', '--cluster', 'c']);
  atEnd(t, () => importer.stop());
  const { code, stderr } = await importer.exited;
  assert.equal(code, 0, stderr);
}

async function assertSame(url: string, podDirectory: string, name: string): Promise<void> {
  const expected = textOf(join(podDirectory, name), 0);
  let said: Buffer = Buffer.alloc(0);
  // The running agent may be a moment behind; what it has shipped by then must be a beginning of the whole.
  await until(
    `all of ${name} is stored`,
    async () => {
      said = await logs(url, name);
      return said.length >= expected.length;
    },
    20_000,
    200,
  ).catch(() => {});
  assertBytes(said, expected, name);
}

async function logs(url: string, name: string, flags: string[] = []): Promise<Buffer> {
  const args = ['logs', 'journey', '-c', name, '--instance', '0', '--server', url, ...flags];
  return (await runWell(taffrail, args)).stdout;
}

function assertBytes(actual: Buffer, expected: Buffer, what: string): void {
  if (actual.equals(expected)) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const around = (bytes: Buffer) => JSON.stringify(bytes.subarray(Math.max(0, at - 60), at + 60).toString('latin1'));
  assert.fail(
    `${what}: ${actual.length} bytes, not ${expected.length}; from byte ${at} on it has ${around(actual)} instead of ${around(expected)}`,
  );
}
