import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Fault } from '../../base/fault.ts';
import { takeLock } from '../../base/lock.ts';
import { isProcessAlive } from '../../base/process-alive.ts';
import { type ServerFile, serverFileName } from '../../processes/server-file.ts';
import { stopRuntime } from '../../sandbox/node/node.ts';
import { setting } from '../settings.ts';

const stopTimeoutMs = 30_000;
const pollMs = 100;

export function command(): Command {
  return new Command('down')
    .description('Stop what "taffrail up" runs on a data directory, its pods included.')
    .addOption(setting('--data-dir <dir>', 'the data directory', { default: '.taffrail' }))
    .option('--fresh', 'delete what the data directory holds, afterwards')
    .action(async (flags: { dataDir: string; fresh?: boolean }) => {
      const pid = runningPid(flags.dataDir);
      if (pid !== undefined) {
        process.kill(pid, 'SIGTERM');
        await untilGone(pid);
        process.stdout.write(`stopped (pid ${pid})\n`);
      }
      // Pods outlive an `up` that was killed.
      if (await stopRuntime(flags.dataDir)) process.stdout.write('stopped the pods that were left running\n');
      else if (pid === undefined) process.stdout.write(`nothing is running on ${flags.dataDir}\n`);
      if (flags.fresh) await reset(flags.dataDir);
    });
}

/** Deletes what Taffrail made in the directory; refuses while it is in use, and where it does not look like Taffrail's. */
export async function reset(dataDir: string): Promise<void> {
  let names: string[];
  try {
    names = readdirSync(dataDir);
  } catch {
    return;
  }
  if (names.length === 0) return;
  if (!names.includes('VERSION'))
    throw new Fault('usage', `${dataDir} is not a data directory of Taffrail: it has no VERSION file`);
  takeLock(join(dataDir, 'lock'), `the data directory ${dataDir}`).release();
  await stopRuntime(dataDir);
  for (const name of names) rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** The lock decides: a file that a killed process left behind may name a pid that is somebody else's by now. */
function runningPid(dataDir: string): number | undefined {
  if (!existsSync(join(dataDir, 'VERSION')) || !isLocked(dataDir)) return undefined;
  return (JSON.parse(readFileSync(join(dataDir, serverFileName), 'utf8')) as ServerFile).pid;
}

function isLocked(dataDir: string): boolean {
  try {
    takeLock(join(dataDir, 'lock'), dataDir).release();
    return false;
  } catch {
    return true;
  }
}

async function untilGone(pid: number): Promise<void> {
  for (let waitedMs = 0; isProcessAlive(pid); waitedMs += pollMs) {
    if (waitedMs > stopTimeoutMs)
      throw new Fault('unavailable', `process ${pid} has not stopped after ${stopTimeoutMs / 1000} s`);
    await sleep(pollMs);
  }
}
