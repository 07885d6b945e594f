import {
  type BigIntStats,
  type FSWatcher,
  lstatSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
  watch,
} from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { CollectMetrics } from './metrics.ts';
import { isTemporary, type PodDirectoryName, parseLogFile, parsePodDirectory } from './names.ts';
import { type FoundFile, fileId } from './source.ts';

/** A container's directory as it was when its identity was taken. */
export interface ContainerDirectory extends PodDirectoryName {
  path: string;
  container: string;
  /** Device, inode and time of birth: another directory of the same path has another one. */
  id: string;
  birthMs: number | null;
}

export interface TreeHandlers {
  /** The log files in it have changed, or are told again. False where one could not be opened: then they are told again later. */
  onFiles(directory: ContainerDirectory, files: FoundFile[]): boolean;
  /** It is gone, or another one has taken its place. */
  onGone(directory: ContainerDirectory): void;
}

export interface TreeOptions {
  root: string;
  reconcileMs: number;
  /** How often a container's directory is looked at; a look costs a stat. */
  pollMs: number;
  log: Logger;
  metrics: CollectMetrics;
}

interface Pod {
  path: string;
  name: PodDirectoryName;
  /** Something has happened in it, or may have. */
  dirty: boolean;
  mtimeMs: number;
  watcher: FSWatcher | null;
  containers: Map<string, Container>;
}

interface Container {
  directory: ContainerDirectory;
  /** Of the directory when its files were last told; NaN where they are to be told again. */
  mtimeMs: number;
  /** As a number, which is enough to see that nothing has changed. */
  inode: number;
  nextPollMs: number;
  /** When its files are told again although nothing has changed: one of them could not be opened. */
  retryAtMs: number;
}

const LOOK_MS = 4;
/** Times of files are as coarse as the kernel's tick. */
const FRESH_MS = 50;
/** Names that were complained about are remembered up to here, so that each is said once. */
const saidMax = 1000;

/**
 * The directory tree below the log root. Root and pod directories are watched; containers' directories are not, because
 * a watch on them reports every write into a file: their modification time is polled. Events can be lost, so all is read
 * again from time to time.
 */
export class Tree {
  readonly #options: TreeOptions;
  readonly #handlers: TreeHandlers;
  readonly #pods = new Map<string, Pod>();
  readonly #said = new Set<string>();
  #watcher: FSWatcher | null = null;
  #dirty = true;
  #reconcileAtMs = 0;
  #containerCount = 0;

  constructor(options: TreeOptions, handlers: TreeHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Brings the picture up to date; costs little where nothing has changed. */
  refresh(now: number): void {
    const reconcile = now >= this.#reconcileAtMs;
    if (reconcile) this.#reconcileAtMs = now + this.#options.reconcileMs;
    if (reconcile || this.#dirty) this.#readRoot();
    let count = 0;
    for (const pod of this.#pods.values()) {
      count += pod.containers.size;
      if (pod.dirty || (reconcile && this.#hasChanged(pod))) this.#readPod(pod);
      for (const container of pod.containers.values()) {
        if (now >= container.nextPollMs) this.#look(pod, container, now);
      }
    }
    this.#containerCount = count;
  }

  /** Whether events were lost: a change within the resolution of a file's times may go unnoticed here, not there. */
  #hasChanged(pod: Pod): boolean {
    try {
      const { mtimeMs } = statSync(pod.path);
      const changed = mtimeMs !== pod.mtimeMs;
      pod.mtimeMs = mtimeMs;
      return changed;
    } catch {
      return true;
    }
  }

  /** The container's directory with this identity is looked at by the next refresh. */
  hurry(directoryId: string): void {
    for (const { containers } of this.#pods.values()) {
      for (const container of containers.values()) if (container.directory.id === directoryId) container.nextPollMs = 0;
    }
  }

  close(): void {
    this.#watcher?.close();
    for (const pod of this.#pods.values()) pod.watcher?.close();
    this.#pods.clear();
  }

  #readRoot(): void {
    const { root } = this.#options;
    this.#dirty = false;
    this.#watcher ??= this.#watch(root, () => {
      this.#dirty = true;
    });
    const names = new Set(this.#subdirectories(root));
    for (const [name, pod] of this.#pods) if (!names.has(name)) this.#forgetPod(name, pod);
    for (const name of names) {
      if (this.#pods.has(name)) continue;
      const parsed = parsePodDirectory(name);
      if (!parsed) {
        this.#complain('odd-name', join(root, name), 'the name is not <namespace>_<pod>_<uid>');
        continue;
      }
      this.#pods.set(name, {
        path: join(root, name),
        name: parsed,
        dirty: true,
        mtimeMs: Number.NaN,
        watcher: null,
        containers: new Map(),
      });
    }
  }

  #forgetPod(name: string, pod: Pod): void {
    pod.watcher?.close();
    for (const { directory } of pod.containers.values()) this.#handlers.onGone(directory);
    this.#pods.delete(name);
  }

  #readPod(pod: Pod): void {
    pod.dirty = false;
    pod.watcher ??= this.#watch(pod.path, () => {
      pod.dirty = true;
    });
    const names = new Set(this.#subdirectories(pod.path));
    for (const [name, { directory }] of pod.containers) {
      if (names.has(name)) continue;
      pod.containers.delete(name);
      this.#handlers.onGone(directory);
    }
    for (const name of names) {
      if (pod.containers.has(name)) continue;
      const directory = { ...pod.name, path: join(pod.path, name), container: name, id: '', birthMs: null };
      pod.containers.set(name, {
        directory,
        mtimeMs: Number.NaN,
        inode: 0,
        nextPollMs: 0,
        retryAtMs: Number.POSITIVE_INFINITY,
      });
    }
  }

  #look(pod: Pod, container: Container, now: number): void {
    const { path, container: name, id } = container.directory;
    // A look costs some microseconds; with many containers they are looked at less often.
    container.nextPollMs = now + Math.max(this.#options.pollMs, LOOK_MS * this.#containerCount);
    let seen: Stats;
    let exact: BigIntStats;
    try {
      // A stat in big integers costs three times as much: it is for where something has changed.
      seen = statSync(path);
      const isUnchanged = seen.ino === container.inode && seen.mtimeMs === container.mtimeMs;
      if (isUnchanged && now < container.retryAtMs) return;
      exact = statSync(path, { bigint: true });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') {
        this.#complain('unreadable', path, String(error));
        return;
      }
      pod.containers.delete(name);
      if (id !== '') this.#handlers.onGone(container.directory);
      return;
    }
    const found = `${exact.dev}:${exact.ino}:${exact.birthtimeNs}`;
    if (found !== id) {
      if (id !== '') this.#handlers.onGone(container.directory);
      container.directory = { ...container.directory, id: found, birthMs: Number(exact.birthtimeMs) || null };
    }
    // Another change may follow within the resolution of the time: then it is read once more.
    const isFresh = Math.abs(Date.now() - seen.mtimeMs) < FRESH_MS;
    container.mtimeMs = isFresh ? Number.NaN : seen.mtimeMs;
    container.inode = seen.ino;
    const files = this.#files(path);
    if (files === undefined) container.mtimeMs = Number.NaN;
    else {
      const opened = this.#handlers.onFiles(container.directory, files);
      container.retryAtMs = opened ? Number.POSITIVE_INFINITY : now + this.#options.reconcileMs;
    }
  }

  #files(directory: string): FoundFile[] | undefined {
    const names = this.#names(directory);
    if (!names) return undefined;
    const files: FoundFile[] = [];
    for (const name of names) {
      if (isTemporary(name)) continue;
      const path = join(directory, name);
      const parsed = parseLogFile(name);
      if (!parsed) {
        this.#complain('odd-name', path, 'the name is not <attempt>.log[.<YYYYMMDD-HHMMSS>[.gz]]');
        continue;
      }
      const file = this.#statFile(path);
      if (file) files.push({ path, ...parsed, ...file });
    }
    return files;
  }

  #statFile(path: string): Pick<FoundFile, 'id' | 'size' | 'mtimeMs' | 'birthtimeMs'> | undefined {
    try {
      const stat = statSync(path, { bigint: true });
      if (!stat.isFile()) {
        this.#complain('not-a-file', path, 'it is neither a file nor a link to one');
        return undefined;
      }
      if (isDockerJson(path)) {
        this.#complain(
          'docker-json',
          path,
          'it leads to a Docker JSON file; set the container runtime to write CRI logs',
        );
        return undefined;
      }
      const { dev, ino, size, mtimeMs, birthtimeMs } = stat;
      return {
        id: fileId({ dev, ino }),
        size: Number(size),
        mtimeMs: Number(mtimeMs),
        birthtimeMs: Number(birthtimeMs),
      };
    } catch (error) {
      if (codeOf(error) === 'ELOOP') this.#complain('symlink-loop', path, 'its symbolic links lead in a circle');
      else if (codeOf(error) !== 'ENOENT') this.#complain('unreadable', path, String(error));
      else if (isLink(path)) this.#complain('dangling-symlink', path, 'its target does not exist');
      return undefined;
    }
  }

  #names(directory: string): string[] | undefined {
    try {
      return readdirSync(directory);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#complain('unreadable', directory, String(error));
      return undefined;
    }
  }

  #subdirectories(directory: string): string[] {
    try {
      return readdirSync(directory, { withFileTypes: true })
        .filter(
          (entry) =>
            entry.isDirectory() || (entry.isSymbolicLink() && this.#leadsToDirectory(join(directory, entry.name))),
        )
        .map((entry) => entry.name);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#complain('unreadable', directory, String(error));
      return [];
    }
  }

  #leadsToDirectory(path: string): boolean {
    try {
      return statSync(path).isDirectory();
    } catch (error) {
      this.#complain(codeOf(error) === 'ELOOP' ? 'symlink-loop' : 'dangling-symlink', path, String(error));
      return false;
    }
  }

  #watch(path: string, onEvent: () => void): FSWatcher | null {
    try {
      const watcher = watch(path, { persistent: false }, onEvent);
      // The periodic scan goes on without it.
      watcher.on('error', onEvent);
      return watcher;
    } catch (error) {
      this.#complain('unwatched', path, `${String(error)}; it is read every ${this.#options.reconcileMs} ms`);
      return null;
    }
  }

  /** Counts the first time that something is in the way, and says it. */
  #complain(kind: string, path: string, why: string): void {
    const key = `${kind} ${path}`;
    if (this.#said.has(key)) return;
    if (this.#said.size >= saidMax) this.#said.clear();
    this.#said.add(key);
    this.#options.metrics.troubles.add(1, { kind });
    this.#options.log.warn('skipped in the log directory', { kind, path, why });
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function isDockerJson(path: string): boolean {
  return isLink(path) && realpathSync(path).endsWith('-json.log');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
