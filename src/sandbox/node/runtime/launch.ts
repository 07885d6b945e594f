import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../base/clock.ts';
import { Fault } from '../../../base/fault.ts';
import { isProcessAlive } from '../../../base/process-alive.ts';
import { type ContainerRecord, protocolVersion } from './protocol.ts';
import { readAddress } from './runtime-address.ts';
import { RuntimeClient, RuntimeGone } from './runtime-client.ts';

/** A runtime's own log that has grown beyond this is begun anew with the next runtime. */
const logBytesMax = 1024 * 1024;
const startMsMax = 15_000;
/** From the last container's end to the process's. */
const endMsMax = 5000;
const pollMs = 30;

// The same ending as this file's: .ts when types are stripped, .js in a release.
const mainPath = fileURLToPath(new URL(`../runtime-main${import.meta.url.slice(-3)}`, import.meta.url));

/** Adopts the runtime that serves this directory, or starts one that outlives us. */
export async function adoptOrStartRuntime(
  nodeDirectory: string,
  clock: Clock,
  onContainer: (container: ContainerRecord) => void,
): Promise<{ client: RuntimeClient; adopted: boolean }> {
  const running = await openRuntime(nodeDirectory, onContainer);
  const adopted = running && (await checked(running).catch(unlessGone));
  if (adopted) return { client: adopted, adopted: true };
  const exited = spawnRuntime(nodeDirectory);
  const deadlineMs = clock.monotonicMs() + startMsMax;
  while (clock.monotonicMs() < deadlineMs) {
    const client = await openRuntime(nodeDirectory, onContainer);
    if (client) return { client: await checked(client), adopted: false };
    if (exited.code !== undefined) break;
    await clock.sleep(pollMs);
  }
  throw new Fault('unavailable', 'the container runtime did not start', {
    hint: `see ${join(nodeDirectory, 'runtime.log')}`,
  });
}

/** Undefined when no runtime serves this directory. */
export async function openRuntime(
  nodeDirectory: string,
  onContainer: (container: ContainerRecord) => void = () => {},
): Promise<RuntimeClient | undefined> {
  const address = readAddress(nodeDirectory);
  if (!address) return undefined;
  return RuntimeClient.open(address.socketPath, onContainer).catch(() => undefined);
}

function spawnRuntime(nodeDirectory: string): { code: number | undefined } {
  mkdirSync(nodeDirectory, { recursive: true, mode: 0o700 });
  const logPath = join(nodeDirectory, 'runtime.log');
  const grown = (statSync(logPath, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax;
  const logFile = openSync(logPath, grown ? 'w' : 'a', 0o600);
  const exited: { code: number | undefined } = { code: undefined };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', mainPath, nodeDirectory], {
    detached: true,
    stdio: ['ignore', 'ignore', logFile],
    cwd: '/',
  });
  closeSync(logFile);
  child.once('exit', (code) => {
    exited.code = code ?? 1;
  });
  child.once('error', () => {
    exited.code = 1;
  });
  child.unref();
  return exited;
}

/** A runtime that dies while it is greeted is as good as none. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof RuntimeGone)) throw error;
}

async function checked(client: RuntimeClient): Promise<RuntimeClient> {
  const version = await client.call('version', {});
  if (version.protocolVersion === protocolVersion) return client;
  client.close();
  throw new Fault(
    'newer-format',
    `the running container runtime speaks version ${version.protocolVersion} of its protocol, this program ${protocolVersion}`,
    {
      hint: 'stop the sandbox with the program that started it (taffrail down), then start it again',
    },
  );
}

/** Ends every container and the runtime, and waits until its process has let go of the directory. */
export async function shutDownRuntime(client: RuntimeClient, clock: Clock, graceMs: number): Promise<void> {
  const { pid } = await client.call('version', {});
  await client.call('shutdown', { graceMs });
  const deadlineMs = clock.monotonicMs() + endMsMax;
  while (isProcessAlive(pid) && clock.monotonicMs() < deadlineMs) await clock.sleep(pollMs);
}
