import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../base/fault.ts';
import { type Cgroups, entrancesOf, oomKillsOf } from './cgroups.ts';
import type { CriLog, StreamName } from './cri-log.ts';
import { entryScript } from './entry-script.ts';
import { isolated } from './isolation.ts';
import { closeAll, openPipes } from './pipes.ts';
import type { CgroupPlacement, ContainerRecord, ContainerRequest, Isolation, RuntimeStats } from './protocol.ts';

export interface ContainerSurroundings {
  isolation: Isolation;
  cgroups: Cgroups | undefined;
  /** Told of a container that had to do without. */
  onTrouble: (message: string) => void;
  /** The runtime's own, with the empty directories that entryScript asks for. */
  treeDirectory: string;
  pipeDirectory: string;
  stats: RuntimeStats;
  nowMs: () => number;
  /** After every change of the record. */
  onChange: (record: ContainerRecord) => void;
}

/** After the process has ended, its pipes may stay open this long (a child without a pid namespace holds them). */
const drainMs = 2000;
const diskFullRetryMs = 200;
/** 128 and SIGKILL. */
const killedExitCode = 137;
const setupOutputBytesMax = 4096;
/** All reads of this process land here one after the other and are consumed at once. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * One container: its processes, its pipes and its log. Invariant: the record says `exited` only once everything that the
 * container wrote has been handed to the log and an unfinished line has been written.
 */
export class Container {
  readonly record: ContainerRecord;
  #log: CriLog;
  #around: ContainerSurroundings;
  #child: ChildProcess | undefined;
  #readers = new Map<StreamName, Socket>();
  #retryTimer: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #killAtMs = Number.POSITIVE_INFINITY;
  #ended: Promise<void> = Promise.resolve();

  constructor(request: ContainerRequest, log: CriLog, around: ContainerSurroundings) {
    this.#log = log;
    this.#around = around;
    this.record = {
      id: request.id,
      podUid: request.podUid,
      podNamespace: request.podNamespace,
      podName: request.podName,
      name: request.name,
      attempt: request.attempt,
      kind: request.kind,
      specHash: request.specHash,
      ...(request.identity ? { identity: request.identity } : {}),
      state: 'created',
      logPath: request.logPath,
      createdAtMs: around.nowMs(),
    };
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Resolves when the container's command runs. Rejects with why it does not; the record then says `exited`. */
  async start(request: ContainerRequest): Promise<void> {
    const scriptPath = join(this.#around.pipeDirectory, `entry-${request.id}`);
    try {
      const complaint = await this.#spawn(request, scriptPath);
      if (complaint === undefined) return;
      this.#signal('SIGKILL');
      await this.#ended;
      throw new Error(complaint);
    } catch (error) {
      if (this.record.state === 'created') this.#neverRan(messageOf(error));
      throw error;
    } finally {
      rmSync(scriptPath, { force: true });
    }
  }

  /** Gives what the entry script complained of, if it did. */
  async #spawn(request: ContainerRequest, scriptPath: string): Promise<string | undefined> {
    const { isolation, treeDirectory, pipeDirectory } = this.#around;
    const cgroup = this.#place(request);
    const entrances = cgroup ? entrancesOf(cgroup) : [];
    // A file and not an argument: the environment may hold secrets, and everybody may read a process's arguments.
    writeFileSync(scriptPath, entryScript(request, isolation, treeDirectory, entrances), { mode: 0o600 });
    const [program, ...args] = isolated(isolation, ['/bin/sh', scriptPath]);
    const pipes = openPipes(pipeDirectory);
    try {
      this.#child = spawn(program as string, args, {
        stdio: ['ignore', pipes.stdout.writeEnd, pipes.stderr.writeEnd, 'pipe'],
        cwd: '/',
        detached: true,
      });
    } finally {
      closeAll(pipes.stdout.writeEnd, pipes.stderr.writeEnd);
    }
    const drained = Promise.all([
      this.#read('stdout', pipes.stdout.readEnd),
      this.#read('stderr', pipes.stderr.readEnd),
    ]);
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      this.#child?.once('exit', (code, signal) => resolve({ code, signal }));
      this.#child?.once('error', () => resolve({ code: 128, signal: null }));
    });
    const complaint = await setupComplaint(this.#child);
    if (complaint === undefined) {
      const pid = isolation.pids ? firstChildOf(this.#child.pid as number) : this.#child.pid;
      this.#change({ state: 'running', startedAtMs: this.#around.nowMs(), ...(pid === undefined ? {} : { pid }) });
    }
    this.#ended = exited.then((exit) => this.#finish(exit, drained, complaint));
    return complaint;
  }

  /** Undefined where there are no cgroups: then nothing is limited, and the node's figures come from elsewhere. */
  #place({ id, resources = {} }: ContainerRequest): CgroupPlacement | undefined {
    try {
      const cgroup = this.#around.cgroups?.place(id, resources);
      if (cgroup) this.record.cgroup = cgroup;
      return cgroup;
    } catch (error) {
      this.#around.onTrouble(`container ${id} runs without cgroups, and so without limits: ${messageOf(error)}`);
      return undefined;
    }
  }

  #neverRan(message: string): void {
    this.#log.file.close();
    this.#change({ state: 'exited', finishedAtMs: this.#around.nowMs(), exitCode: 128, reason: 'StartError', message });
  }

  stop(graceMs: number): void {
    if (this.record.state !== 'running') return;
    const killAtMs = this.#around.nowMs() + graceMs;
    if (this.#killTimer === undefined) this.#signal('SIGTERM');
    if (killAtMs >= this.#killAtMs) return;
    this.#killAtMs = killAtMs;
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.#signal('SIGKILL'), graceMs);
  }

  /** Gives up what a full disk has kept out of the log; counts it. */
  abandon(): void {
    clearTimeout(this.#retryTimer);
    for (const reader of this.#readers.values()) reader.destroy();
    this.#around.stats.lostBytes += this.#log.pendingBytes;
    this.#log.file.close();
  }

  get pendingBytes(): number {
    return this.#log.pendingBytes;
  }

  #signal(signal: NodeJS.Signals): void {
    const { isolation } = this.#around;
    try {
      if (isolation.pids && this.record.pid !== undefined) process.kill(this.record.pid, signal);
      // Without a pid namespace the process group stands for the container.
      else if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Resolves at the end of the stream. */
  #read(stream: StreamName, file: number): Promise<void> {
    return new Promise((resolve) => {
      const callback = (count: number, buffer: Uint8Array) =>
        this.#take(stream, Buffer.from(buffer.buffer, buffer.byteOffset, count));
      const reader = new Socket({
        fd: file,
        readable: true,
        writable: false,
        onread: { buffer: readBuffer, callback },
      });
      this.#readers.set(stream, reader);
      reader.on('error', () => reader.destroy());
      reader.once('close', () => {
        this.#readers.delete(stream);
        resolve();
      });
      reader.resume();
    });
  }

  #take(stream: StreamName, chunk: Buffer): boolean {
    this.#around.stats.logBytes += chunk.length;
    if (this.#log.push(stream, chunk)) return true;
    this.#pause();
    return true;
  }

  /** The disk is full: the pipes hold the container back until there is room again. */
  #pause(): void {
    if (this.#retryTimer !== undefined) return;
    this.#around.stats.pauses += 1;
    for (const reader of this.#readers.values()) reader.pause();
    const retry = () => {
      this.#retryTimer = undefined;
      if (this.#log.retry()) for (const reader of this.#readers.values()) reader.resume();
      else this.#retryTimer = setTimeout(retry, diskFullRetryMs);
    };
    this.#retryTimer = setTimeout(retry, diskFullRetryMs);
  }

  async #finish(
    exit: { code: number | null; signal: NodeJS.Signals | null },
    drained: Promise<unknown>,
    complaint: string | undefined,
  ): Promise<void> {
    clearTimeout(this.#killTimer);
    const finishedAtMs = this.#around.nowMs();
    // What is left of the process group goes with its first process, as in a pid namespace.
    if (!this.#around.isolation.pids) this.#signal('SIGKILL');
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, drainMs))]);
    const room = [this.#log.end('stdout'), this.#log.end('stderr')].every(Boolean);
    if (room && this.#readers.size === 0) this.#log.file.close();
    const signal = exit.signal === null ? undefined : constants.signals[exit.signal];
    const exitCode = complaint !== undefined ? 128 : (exit.code ?? 128 + (signal ?? 0));
    const outOfMemory = exitCode === killedExitCode && this.record.cgroup && oomKillsOf(this.record.cgroup) > 0;
    const reason = outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
    this.#change({
      state: 'exited',
      finishedAtMs,
      exitCode,
      ...(signal === undefined ? {} : { signal }),
      reason: complaint !== undefined ? 'StartError' : reason,
      ...(complaint === undefined ? {} : { message: complaint }),
    });
  }

  #change(change: Partial<ContainerRecord>): void {
    Object.assign(this.record, change);
    this.#around.onChange(this.record);
  }
}

/** Undefined once the entry script has said `ok`, else what it complained of. */
function setupComplaint(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const channel = child.stdio[3] as Socket;
    child.once('error', (error) => resolve(error.message));
    channel.on('data', (chunk: Buffer) => {
      if (said.length < setupOutputBytesMax) said += chunk.toString();
      // `unshare` keeps its end open for as long as the container runs, so the word counts and not the end.
      if (said !== 'ok\n' && !said.endsWith('\nok\n')) return;
      resolve(undefined);
      channel.destroy();
    });
    channel.on('error', () => channel.destroy());
    channel.once('close', () => resolve(said.trim() || 'the container could not be set up'));
  });
}

/** Undefined when there is none (any more). */
export function firstChildOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    // The kernel may be built without that list.
    return everyProcess().find((candidate) => parentOf(candidate) === pid);
  }
}

function everyProcess(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function parentOf(pid: number): number | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/, '').trim();
    return Number(afterName.split(' ')[1]);
  } catch {
    return undefined;
  }
}
