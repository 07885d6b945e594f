/** Drives the real processes of a journey: starts them, waits for what they say, stops them by their own pid. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const projectRoot = join(import.meta.dirname, '..', '..');
export const taffrail = join(projectRoot, 'bin', 'taffrail');

/** What `t.after` of node:test gives; scripts pass one of their own. */
export interface Cleanup {
  after(fn: () => unknown): void;
}

const endings = new WeakMap<Cleanup, (() => unknown)[]>();

/** Runs `fn` at the end, what was begun last first, and each whatever becomes of the others. */
export function atEnd(t: Cleanup, fn: () => unknown): void {
  const known = endings.get(t);
  if (known) {
    known.push(fn);
    return;
  }
  const stack = [fn];
  endings.set(t, stack);
  t.after(async () => {
    const errors: unknown[] = [];
    for (let next = stack.pop(); next; next = stack.pop()) {
      try {
        await next();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'the end did not go well');
  });
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;
const POLL_MS = 25;
const STOP_TIMEOUT_MS = 20_000;

/** A process of ours that runs until it is stopped. Its output is kept, up to OUTPUT_BYTES_MAX. */
export class Running {
  readonly child: ChildProcess;
  readonly exited: Promise<Finished>;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #bytes = 0;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (chunk: Buffer) => this.#keep(this.#stdout, chunk));
    this.child.stderr!.on('data', (chunk: Buffer) => this.#keep(this.#stderr, chunk));
    this.exited = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
    this.exited.catch(() => {});
  }

  get pid(): number {
    return this.child.pid!;
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** SIGTERM, and SIGKILL when that is not heeded. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    if (this.isRunning) this.child.kill(signal);
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    return this.exited.finally(() => clearTimeout(late));
  }

  #keep(chunks: Buffer[], chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= OUTPUT_BYTES_MAX) chunks.push(chunk);
  }
}

/** Runs to the end. */
export function run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished> {
  return new Running(command, args, env).exited;
}

/** Runs to the end and throws, with what it said, unless it exits with 0. */
export async function runWell(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished> {
  const finished = await run(command, args, env);
  const how = finished.signal ?? `exit code ${finished.code}`;
  assert.equal(finished.code, 0, `${command} ${args.join(' ')}: ${how}\n${finished.stderr}`);
  return finished;
}

/** A folder under the system's temporary one, removed at the end; by then no process may be using it. */
export function temporaryDirectory(t: Cleanup, name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `taffrail-${name}-`));
  atEnd(t, async () => {
    await assertNoProcessOf(directory);
    // To look at what a failure left behind.
    if (process.env.TAFFRAIL_TEST_KEEP) process.stderr.write(`kept: ${directory}\n`);
    else rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  });
  return directory;
}

/** Asks until the answer is neither undefined nor false. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}`);
    await sleep(pollMs);
  }
}

/** `taffrail server` or `taffrail up` on a data directory, once it has left its address there. */
export async function startServing(
  command: 'server' | 'up',
  dataDir: string,
  flags: readonly string[] = [],
): Promise<{ process: Running; url: string }> {
  const port = flags.includes('--port') ? [] : ['--port', '0'];
  const apiPort = command === 'server' || flags.includes('--api-port') ? [] : ['--api-port', '0'];
  const process = new Running(taffrail, [command, '--data-dir', dataDir, ...port, ...apiPort, ...flags]);
  const url = await until(
    `taffrail ${command} is ready`,
    () => {
      if (!process.isRunning) throw new Error(`taffrail ${command} ended: ${process.stderr}`);
      return command === 'up' && !process.stdout.includes('Taffrail is running')
        ? undefined
        : urlOf(dataDir, process.pid);
    },
    60_000,
  );
  return { process, url };
}

function urlOf(dataDir: string, pid: number): string | undefined {
  try {
    const file = JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8'));
    return file.pid === pid ? file.url : undefined;
  } catch {
    return undefined;
  }
}

export function startAgent(logRoot: string, url: string, dataDir: string, flags: readonly string[] = []): Running {
  return new Running(taffrail, ['agent', '--log-root', logRoot, '--to', url, '--data-dir', dataDir, ...flags]);
}

/** Pids of processes whose command line or working directory names the folder. */
export function processesOf(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(directory))
    .map(Number);
}

const LEFTOVER_TIMEOUT_MS = 5000;

/** Waits a moment for what is on its way out, then kills and reports what is left. */
export async function assertNoProcessOf(directory: string): Promise<void> {
  const deadline = performance.now() + LEFTOVER_TIMEOUT_MS;
  while (processesOf(directory).length > 0 && performance.now() < deadline) await sleep(POLL_MS);
  const left = processesOf(directory);
  const said = left.map((pid) => `${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  assert.deepEqual(said, [], `processes of ${directory} were left behind`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
