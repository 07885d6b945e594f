import { type BigIntStats, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../telemetry/telemetry.ts';
import { codeOf, Listing } from './listing.ts';
import type { CollectMetrics } from './metrics.ts';
import { isTemporary, type PodDirectoryName, parsePodDirectory } from './names.ts';
import { QuietWatch } from './quiet-watch.ts';
import type { FoundFile } from './source.ts';
import { type OnWatchEvent, type OpenWatch, type Watch, Watches } from './watches.ts';

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
  /** Its files may have been written to, or are not watched any more. */
  onWritten(directory: ContainerDirectory): void;
  /** Looks at its files now: whether one has grown. */
  hasGrown(directory: ContainerDirectory): boolean;
  /** Something was told: a refresh has something to do. */
  onEvent(): void;
}

export interface TreeOptions {
  root: string;
  /** How often about a directory that is watched is looked at all the same. */
  reconcileMs: number;
  /** How often one is looked at that is not watched; a look costs a stat. */
  pollMs: number;
  log: Logger;
  metrics: CollectMetrics;
  openWatch: OpenWatch;
  monotonicMs(): number;
}

interface Pod {
  path: string;
  name: PodDirectoryName;
  mtimeMs: number;
  inode: number;
  nextLookMs: number;
  watch: Watch | null;
  containers: Map<string, Container>;
}

interface Container {
  pod: Pod;
  directory: ContainerDirectory;
  /** Of the directory when its files were last told; NaN where they are to be told again. */
  mtimeMs: number;
  /** As a number, which is enough to see that nothing has changed. */
  inode: number;
  nextLookMs: number;
  /** When its files are told again although nothing has changed: one of them could not be opened. */
  retryAtMs: number;
  /** Its files are written so seldom that a watch costs less than looking. */
  isQuiet: boolean;
  watch: QuietWatch;
}

/** With many directories that are not watched, each is looked at less often. */
const LOOK_MS = 4;
/** Times of files are as coarse as the kernel's tick. */
const FRESH_MS = 50;
/** Looks that are due are found so many times in `pollMs`. */
const WALKS_PER_POLL = 4;

/**
 * The directory tree below the log root. All directories are watched, except those of containers that are being written to: a
 * watch on them reports every write, so their modification time is polled. Events can be lost, so all is looked at from time to
 * time, each directory at a time of its own.
 * Invariant: the files of a directory that is not watched are looked at by the collector; it is told when a watch is closed.
 */
export class Tree {
  readonly #options: TreeOptions;
  readonly #handlers: TreeHandlers;
  readonly #listing: Listing;
  readonly #watches: Watches;
  readonly #pods = new Map<string, Pod>();
  readonly #byId = new Map<string, Container>();
  #watch: Watch | null = null;
  #rootAtMs = Number.NEGATIVE_INFINITY;
  #walkAtMs = Number.NEGATIVE_INFINITY;
  #dirtyPods = new Set<Pod>();
  #dirty = new Set<Container>();
  #looks = 0;
  #unwatched = 0;

  constructor(options: TreeOptions, handlers: TreeHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#listing = new Listing(options.log, options.metrics);
    this.#watches = new Watches(options.openWatch, options.log);
  }

  /** Directories that are looked at by time because they cannot be watched. */
  get unwatchedCount(): number {
    let count = this.#watch ? 0 : 1;
    for (const { watch, containers } of this.#pods.values()) {
      if (!watch) count++;
      for (const container of containers.values()) if (container.isQuiet && !container.watch.isOpen) count++;
    }
    return count;
  }

  /** Brings the picture up to date; costs little where nothing has changed. */
  refresh(now: number): void {
    if (now >= this.#rootAtMs) this.#readRoot(now);
    if (now >= this.#walkAtMs) this.#walk(now);
    const pods = this.#dirtyPods;
    this.#dirtyPods = new Set();
    for (const pod of pods) this.#readPod(pod, now);
    const containers = this.#dirty;
    this.#dirty = new Set();
    for (const container of containers) this.#look(container, now);
  }

  /** Looks at the container's directory with this identity now. */
  look(directoryId: string, now: number): void {
    const container = this.#byId.get(directoryId);
    if (container) this.#look(container, now);
  }

  /** Whether writes to files in this directory are told. */
  isWatched(directoryId: string): boolean {
    return this.#byId.get(directoryId)?.watch.isOpen ?? false;
  }

  /** Its files are quiet: from now on writes are told, if that is possible. */
  watch(directoryId: string, now: number): boolean {
    const container = this.#byId.get(directoryId);
    if (!container) return false;
    container.isQuiet = true;
    this.#openWatch(container, now);
    return container.watch.isOpen;
  }

  close(): void {
    this.#watch?.close();
    for (const { watch, containers } of this.#pods.values()) {
      watch?.close();
      for (const container of containers.values()) container.watch.close();
    }
    this.#pods.clear();
  }

  #walk(now: number): void {
    this.#walkAtMs = now + this.#options.pollMs / WALKS_PER_POLL;
    this.#unwatched = 0;
    for (const pod of this.#pods.values()) {
      if (!pod.watch) this.#unwatched++;
      if (now >= pod.nextLookMs) {
        pod.nextLookMs = this.#nextLookMs(pod.watch !== null, now);
        if (hasChanged(pod)) this.#suspect(pod);
        else if (!pod.watch && this.#watchPod(pod, now)) this.#dirtyPods.add(pod);
      }
      for (const container of pod.containers.values()) {
        if (!container.watch.isOpen) this.#unwatched++;
        if (now >= container.nextLookMs) this.#dirty.add(container);
      }
    }
  }

  /** What is watched is looked at seldom, and not all at once. */
  #nextLookMs(isWatched: boolean, now: number): number {
    const { pollMs, reconcileMs } = this.#options;
    if (!isWatched) return now + Math.max(pollMs, LOOK_MS * this.#unwatched);
    // Multiples of the golden ratio are spread evenly.
    this.#looks++;
    return now + reconcileMs * (0.75 + 0.5 * ((this.#looks * 0.618034) % 1));
  }

  #readRoot(now: number): void {
    const { root } = this.#options;
    this.#watch ??= this.#watchFor(root, now, (_, name) => this.#onRootEvent(name));
    this.#rootAtMs = this.#nextLookMs(this.#watch !== null, now);
    const names = new Set(this.#listing.subdirectories(root));
    for (const [name, pod] of this.#pods) if (!names.has(name)) this.#forgetPod(name, pod);
    for (const name of names) {
      if (this.#pods.has(name)) continue;
      const parsed = parsePodDirectory(name);
      if (!parsed) {
        this.#listing.complain('odd-name', join(root, name), 'the name is not <namespace>_<pod>_<uid>');
        continue;
      }
      const times = { mtimeMs: Number.NaN, inode: 0, nextLookMs: this.#nextLookMs(true, now) };
      const pod: Pod = { path: join(root, name), name: parsed, ...times, watch: null, containers: new Map() };
      this.#pods.set(name, pod);
      this.#dirtyPods.add(pod);
    }
  }

  #onRootEvent(name: string | null): void {
    this.#rootAtMs = Number.NEGATIVE_INFINITY;
    const pod = name === null ? undefined : this.#pods.get(name);
    if (pod) this.#suspect(pod);
    this.#handlers.onEvent();
  }

  /** Another directory may have taken its place: what is watched may be the one before. */
  #suspect(pod: Pod): void {
    pod.watch?.close();
    pod.watch = null;
    this.#dirtyPods.add(pod);
    for (const container of pod.containers.values()) this.#distrust(container);
  }

  #distrust(container: Container): void {
    this.#dirty.add(container);
    if (!container.watch.isOpen) return;
    container.watch.close();
    this.#handlers.onWritten(container.directory);
  }

  #forgetPod(name: string, pod: Pod): void {
    this.#pods.delete(name);
    pod.watch?.close();
    for (const container of pod.containers.values()) this.#forget(container);
  }

  #forget(container: Container): void {
    const { id, container: name } = container.directory;
    container.pod.containers.delete(name);
    this.#byId.delete(id);
    container.watch.close();
    if (id !== '') this.#handlers.onGone(container.directory);
  }

  #readPod(pod: Pod, now: number): void {
    this.#watchPod(pod, now);
    pod.nextLookMs = this.#nextLookMs(pod.watch !== null, now);
    remember(pod);
    const names = new Set(this.#listing.subdirectories(pod.path));
    for (const [name, container] of pod.containers) if (!names.has(name)) this.#forget(container);
    for (const name of names) {
      if (!pod.containers.has(name)) this.#dirty.add(this.#addContainer(pod, name));
    }
  }

  #watchPod(pod: Pod, now: number): boolean {
    pod.watch ??= this.#watchFor(pod.path, now, (_, name) => this.#onPodEvent(pod, name));
    return pod.watch !== null;
  }

  #onPodEvent(pod: Pod, name: string | null): void {
    this.#dirtyPods.add(pod);
    const container = name === null ? undefined : pod.containers.get(name);
    if (container) this.#distrust(container);
    this.#handlers.onEvent();
  }

  #addContainer(pod: Pod, name: string): Container {
    const onEvent: OnWatchEvent = (type, file) => this.#onContainerEvent(container, type, file);
    const container: Container = {
      pod,
      directory: { ...pod.name, path: join(pod.path, name), container: name, id: '', birthMs: null },
      mtimeMs: Number.NaN,
      inode: 0,
      nextLookMs: 0,
      retryAtMs: Number.POSITIVE_INFINITY,
      isQuiet: true,
      watch: new QuietWatch(this.#watches, this.#options.monotonicMs, onEvent),
    };
    pod.containers.set(name, container);
    return container;
  }

  #onContainerEvent(container: Container, type: 'rename' | 'change', name: string | null): void {
    container.isQuiet = container.watch.isOpen;
    const mayBeReadable = container.retryAtMs !== Number.POSITIVE_INFINITY;
    if (mayBeReadable) container.retryAtMs = Number.NEGATIVE_INFINITY;
    if (mayBeReadable || type === 'rename' || name === null) this.#dirty.add(container);
    else if (isTemporary(name) && container.isQuiet) return;
    this.#handlers.onWritten(container.directory);
    this.#handlers.onEvent();
  }

  #look(container: Container, now: number): void {
    const { path, container: name, id } = container.directory;
    if (container.pod.containers.get(name) !== container) return;
    // What is written after a look is told, if the watch was there before it.
    this.#openWatch(container, now);
    container.nextLookMs = this.#nextLookMs(container.watch.isOpen, now);
    let seen: Stats;
    let exact: BigIntStats;
    try {
      // A stat in big integers costs three times as much: it is for where something has changed.
      seen = statSync(path);
      const isUnchanged = seen.ino === container.inode && seen.mtimeMs === container.mtimeMs;
      if (isUnchanged && now < container.retryAtMs) {
        this.#lookForGrowth(container, now);
        return;
      }
      exact = statSync(path, { bigint: true });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') this.#forget(container);
      else this.#listing.complain('unreadable', path, String(error));
      return;
    }
    const found = `${exact.dev}:${exact.ino}:${exact.birthtimeNs}`;
    if (found !== id) this.#adopt(container, found, Number(exact.birthtimeMs) || null, now);
    // Another change may follow within the resolution of the time: then it is read once more.
    container.mtimeMs = isFresh(seen) ? Number.NaN : seen.mtimeMs;
    container.inode = seen.ino;
    this.#tellFiles(container, now);
  }

  /** Takes the identity of what is at the container's path now. */
  #adopt(container: Container, id: string, birthMs: number | null, now: number): void {
    const before = container.directory;
    container.directory = { ...before, id, birthMs };
    this.#byId.delete(before.id);
    this.#byId.set(id, container);
    if (before.id === '') return;
    this.#handlers.onGone(before);
    container.watch.close();
    this.#openWatch(container, now);
  }

  #tellFiles(container: Container, now: number): void {
    const files = this.#listing.files(container.directory.path);
    if (files === undefined) {
      container.mtimeMs = Number.NaN;
      return;
    }
    const opened = this.#handlers.onFiles(container.directory, files);
    container.retryAtMs = opened ? Number.POSITIVE_INFINITY : now + this.#options.reconcileMs;
  }

  #lookForGrowth(container: Container, now: number): void {
    const { watch, directory } = container;
    if (!watch.isOpen) return;
    watch.looked(this.#handlers.hasGrown(directory), now);
    if (!watch.isOpen) this.#handlers.onWritten(directory);
  }

  #openWatch(container: Container, now: number): void {
    const { isQuiet, watch, directory } = container;
    if (!isQuiet || watch.isOpen) return;
    try {
      watch.open(directory.path, now);
    } catch (error) {
      this.#complain(directory.path, error);
    }
  }

  #watchFor(path: string, now: number, onEvent: OnWatchEvent): Watch | null {
    try {
      return this.#watches.open(path, now, onEvent);
    } catch (error) {
      this.#complain(path, error);
      return null;
    }
  }

  #complain(path: string, error: unknown): void {
    if (codeOf(error) !== 'ENOENT')
      this.#listing.complain('unwatched', path, `${String(error)}; it is looked at by time`);
  }
}

/** Whether events were lost: a change within the resolution of a file's times may go unnoticed here, not there. */
function hasChanged(pod: Pod): boolean {
  const { mtimeMs, inode } = pod;
  remember(pod);
  return mtimeMs !== pod.mtimeMs || inode !== pod.inode;
}

function remember(pod: Pod): void {
  try {
    const seen = statSync(pod.path);
    pod.mtimeMs = isFresh(seen) ? Number.NaN : seen.mtimeMs;
    pod.inode = seen.ino;
  } catch {
    pod.mtimeMs = Number.NaN;
  }
}

function isFresh({ mtimeMs }: Stats): boolean {
  return Math.abs(Date.now() - mtimeMs) < FRESH_MS;
}
