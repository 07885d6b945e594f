import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeFileDurably } from '../../../base/files.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { type Cgroups, entrancesOf } from './cgroups.ts';
import { Container, type ContainerSurroundings, firstChildOf } from './container.ts';
import { CriLog } from './cri-log.ts';
import { survivorMark } from './entry-script.ts';
import { identified } from './identity.ts';
import { entered } from './isolation.ts';
import { LogFile } from './log-file.ts';
import {
  type ContainerRecord,
  type ContainerRequest,
  type ExecResult,
  execOutputBytesMax,
  type Isolation,
  type RuntimeStats,
} from './protocol.ts';
import { RotatedFiles } from './rotated-files.ts';
import { RecordClock } from './timestamp.ts';

export interface RuntimeOptions {
  /** Records, pipes and the roots' mount point live here. */
  directory: string;
  isolation: Isolation;
  cgroups?: Cgroups;
  log: Logger;
  nowMs: () => number;
  onChange: (record: ContainerRecord) => void;
}

const troubleLogIntervalMs = 10_000;

/**
 * The containers of this node. Invariant: every container that was ever started and not removed has a record here and on
 * disk; one whose record was `running` when the runtime came up is gone (it died with the runtime before) and says so.
 */
export class Runtime {
  readonly isolation: Isolation;
  readonly stats: RuntimeStats = { logBytes: 0, lostBytes: 0, pauses: 0, pendingBytes: 0 };
  #options: RuntimeOptions;
  #records = new Map<string, ContainerRecord>();
  #containers = new Map<string, Container>();
  #around: ContainerSurroundings;
  #clock = new RecordClock();
  #troubleLoggedMs = 0;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.isolation = options.isolation;
    const { directory } = options;
    for (const name of ['containers', 'pipes', 'tree/stage', 'tree/volumes'])
      mkdirSync(join(directory, name), { recursive: true, mode: 0o700 });
    this.#around = {
      isolation: options.isolation,
      cgroups: options.cgroups,
      onTrouble: (message) => options.log.warn(message),
      treeDirectory: join(directory, 'tree'),
      pipeDirectory: join(directory, 'pipes'),
      stats: this.stats,
      nowMs: options.nowMs,
      onChange: (record) => this.#changed(record),
    };
    for (const name of readdirSync(join(directory, 'pipes')))
      rmSync(join(directory, 'pipes', name), { recursive: true });
    this.#loadRecords();
  }

  list(): ContainerRecord[] {
    return [...this.#records.values()];
  }

  async start(request: ContainerRequest): Promise<ContainerRecord> {
    if (this.#records.has(request.id)) throw new Error(`container ${request.id} exists already`);
    const log = new CriLog(this.#openLog(request), this.#clock);
    const container = new Container(request, log, this.#around);
    this.#containers.set(request.id, container);
    this.#changed(container.record);
    await container.start(request);
    return container.record;
  }

  async stop(id: string, graceMs: number): Promise<ContainerRecord> {
    const container = this.#containers.get(id);
    container?.stop(graceMs);
    await container?.ended;
    return this.#known(id);
  }

  remove(id: string, logs: boolean): void {
    const record = this.#known(id);
    if (record.state === 'running') throw new Error(`container ${id} is running`);
    this.#containers.get(id)?.abandon();
    if (record.cgroup) this.#options.cgroups?.remove(record.cgroup);
    this.#containers.delete(id);
    this.#records.delete(id);
    rmSync(this.#recordPath(id), { force: true });
    if (logs) removeLogFiles(record.logPath);
  }

  exec(id: string, argv: string[], timeoutMs: number): Promise<ExecResult> {
    const { pid, state, identity, cgroup } = this.#known(id);
    if (state !== 'running' || pid === undefined) throw new Error(`container ${id} is not running`);
    const [program, ...args] = entered(
      this.isolation,
      pid,
      identified(identity, this.isolation, argv),
      cgroup && entrancesOf(cgroup),
    );
    return new Promise((resolve) => {
      const options = { maxBuffer: execOutputBytesMax, cwd: '/' };
      let timedOut = false;
      const child = execFile(program as string, args, options, (error, stdout, stderr) => {
        clearTimeout(timer);
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 126;
        resolve({ exitCode, output: (stdout + stderr).slice(0, execOutputBytesMax), timedOut });
      });
      const timer = setTimeout(() => {
        timedOut = true;
        endEntered(child.pid, this.isolation.pids);
      }, timeoutMs);
    });
  }

  currentStats(): RuntimeStats {
    this.stats.pendingBytes = [...this.#containers.values()].reduce(
      (sum, container) => sum + container.pendingBytes,
      0,
    );
    return this.stats;
  }

  /** Stops every container; what is still running after the grace is killed. */
  async stopAll(graceMs: number): Promise<void> {
    const running = this.list().filter((record) => record.state === 'running');
    await Promise.all(running.map((record) => this.stop(record.id, graceMs)));
  }

  #openLog(request: ContainerRequest): LogFile {
    const onTrouble = (message: string) => this.#trouble(message);
    return new LogFile({
      path: request.logPath,
      sizeBytesMax: request.logSizeBytesMax,
      rotated: new RotatedFiles(request.logPath, request.logFilesMax, onTrouble),
      nowMs: this.#options.nowMs,
      onTrouble,
    });
  }

  #trouble(message: string): void {
    if (this.#options.nowMs() - this.#troubleLoggedMs < troubleLogIntervalMs) return;
    this.#troubleLoggedMs = this.#options.nowMs();
    this.#options.log.warn(message);
  }

  #known(id: string): ContainerRecord {
    const record = this.#records.get(id);
    if (!record) throw new Error(`no container ${id}`);
    return record;
  }

  #recordPath(id: string): string {
    return join(this.#options.directory, 'containers', `${id}.json`);
  }

  #changed(record: ContainerRecord): void {
    this.#records.set(record.id, record);
    try {
      writeFileDurably(this.#recordPath(record.id), JSON.stringify(record), 0o600);
    } catch (error) {
      this.#trouble(`cannot keep the record of container ${record.id}: ${String(error)}`);
    }
    this.#options.onChange(record);
  }

  #loadRecords(): void {
    for (const name of readdirSync(join(this.#options.directory, 'containers'))) {
      const path = join(this.#options.directory, 'containers', name);
      if (!name.endsWith('.json')) {
        rmSync(path, { force: true });
        continue;
      }
      const record = JSON.parse(readFileSync(path, 'utf8')) as ContainerRecord;
      if (record.state !== 'exited') {
        endSurvivor(record);
        const message = 'the container was running when the runtime ended; its exit code is not known';
        Object.assign(record, {
          state: 'exited',
          exitCode: 255,
          reason: 'Unknown',
          message,
          finishedAtMs: this.#options.nowMs(),
        });
        writeFileDurably(path, JSON.stringify(record), 0o600);
      }
      // The groups went with the runtime that had made them.
      delete record.cgroup;
      record.sandboxLost = true;
      this.#records.set(record.id, record);
    }
  }
}

/** `nsenter` waits for the program in the container: end that, and it follows. */
function endEntered(pid: number | undefined, pids: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill((pids ? firstChildOf(pid) : undefined) ?? pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Where the kernel could not be asked to kill containers with their runtime, they are ended when it comes back. */
function endSurvivor(record: ContainerRecord): void {
  if (record.pid === undefined || record.startedAtMs === undefined) return;
  const path = `/proc/${record.pid}/environ`;
  if (!existsSync(path)) return;
  try {
    const ours = readFileSync(path, 'latin1').includes(`${survivorMark}=${record.id}`);
    if (ours) process.kill(record.pid, 'SIGKILL');
    if (ours) process.kill(-record.pid, 'SIGKILL');
  } catch {
    // Not ours to read, so not ours; or gone in the meantime.
  }
}

/** The file, its rotated siblings, and the directory once it is empty. */
function removeLogFiles(logPath: string): void {
  const directory = dirname(logPath);
  if (!existsSync(directory)) return;
  const names = readdirSync(directory);
  const ours = names.filter((name) => name === basename(logPath) || name.startsWith(`${basename(logPath)}.`));
  for (const name of ours) rmSync(join(directory, name), { force: true });
  if (ours.length === names.length) rmSync(directory, { recursive: true, force: true });
}
