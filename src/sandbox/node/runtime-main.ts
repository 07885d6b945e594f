/**
 * The container runtime's own process, as containerd-shim is one: it outlives the kubelet that started it, so that a
 * pod's processes and their open pipes do not end with `up`. Argument: the node's directory.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '../../base/fault.ts';
import { takeLock } from '../../base/lock.ts';
import { createLogger } from '../../telemetry/telemetry.ts';
import { Cgroups } from './runtime/cgroups.ts';
import { probeIsolation } from './runtime/isolation.ts';
import { Runtime } from './runtime/runtime.ts';
import { chooseSocketPath, removeAddress, writeAddress } from './runtime/runtime-address.ts';
import { RuntimeServer } from './runtime/runtime-server.ts';

/** How long containers may take to end when the runtime itself is asked to. */
const terminationGraceMs = 5000;

async function main(nodeDirectory: string): Promise<void> {
  const log = createLogger().with({ process: 'runtime' });
  mkdirSync(nodeDirectory, { recursive: true, mode: 0o700 });
  const lock = takeLock(join(nodeDirectory, 'runtime.lock'), 'this node directory');
  const cgroups = Cgroups.open();
  const refused = typeof cgroups === 'string';
  const isolation = {
    ...(await probeIsolation(process.getuid?.() === 0)),
    cgroups: refused ? cgroups : cgroups.support,
  };
  if (isolation.reason) log.warn(isolation.reason);
  const runtime = new Runtime({
    directory: join(nodeDirectory, 'runtime'),
    isolation,
    ...(refused ? {} : { cgroups }),
    log,
    nowMs: Date.now,
    onChange: (record) => server.publish(record),
  });
  const socketPath = chooseSocketPath(nodeDirectory);
  const end = () => {
    server.close();
    if (!refused) cgroups.close();
    removeAddress(nodeDirectory, socketPath);
    lock.release();
    process.exit(0);
  };
  const server = new RuntimeServer(runtime, log, end);
  process.once('SIGTERM', () => void runtime.stopAll(terminationGraceMs).then(end));
  // The terminal's Ctrl-C and hang-up are for `up`, which tells us what to do.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  await server.listen(socketPath);
  writeAddress(nodeDirectory, { socketPath, pid: process.pid });
  log.info('the container runtime is ready', { pid: process.pid, socket: socketPath });
}

main(resolve(process.argv[2] ?? '.taffrail/node')).catch((error: unknown) => {
  process.stderr.write(`taffrail runtime: ${messageOf(error)}\n`);
  process.exit(1);
});
