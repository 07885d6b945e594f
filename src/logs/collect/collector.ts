import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { InstanceKey } from '../batch/batch.ts';
import { createWorkbench, type Piece } from './assemble.ts';
import type { CollectMetrics } from './metrics.ts';
import type { TailOrigin } from './origin.ts';
import type { CollectSettings } from './settings.ts';
import type { FoundFile } from './source.ts';
import type { KeptCopy, Spool } from './spool.ts';
import { InstanceTail } from './tail.ts';
import type { TailContext } from './tail-context.ts';
import { type ContainerDirectory, Tree } from './tree.ts';
import { type OpenWatch, openWatch } from './watches.ts';

export interface CollectorOptions {
  root: string;
  cluster: string;
  node: string;
  /** A directory for inflated copies; they are unlinked as soon as they are made. */
  scratch: string;
  spool: Spool;
  settings: CollectSettings;
  clock: Clock;
  log: Logger;
  metrics: CollectMetrics;
  /** A new instance was found on disk; called before anything of it is read. */
  onInstance(tail: InstanceTail): void;
  /** It is finished and its files are gone. */
  onForgotten(tail: InstanceTail): void;
  /** Files were written to, or come or gone: a refresh has something to do. */
  onEvent(): void;
  /** The kernel's, where it is left out. */
  openWatch?: OpenWatch;
}

const POLL_MS_PER_FILE = 1.5;

/** All instances of a node: finds them, looks at their files, and says which one is to be read next. */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #context: TailContext;
  readonly #tree: Tree;
  readonly #tails = new Map<string, InstanceTail>();
  #byDirectory = new Map<string, InstanceTail[]>();
  /** Round robin: where the next look for a ready one begins. */
  #order: InstanceTail[] = [];
  #next = 0;
  #keepAtMs = 0;
  #isFirst = true;
  /** How many are looked at by time. */
  #polled = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { settings, clock, log, metrics, scratch, node, root, openWatch: open = openWatch } = options;
    const monotonicMs = () => clock.monotonicMs();
    const bench = createWorkbench(settings.lineBytesMax, settings.pendingBytesMax, settings.chunkBytes);
    this.#context = {
      settings,
      metrics,
      log,
      scratch,
      node,
      bench,
      chunk: bench.plain.source,
      monotonicMs,
      wallMs: () => clock.nowMs(),
    };
    const pollMs = 2 * settings.pollIdleMs;
    this.#tree = new Tree(
      { root, reconcileMs: settings.reconcileMs, pollMs, log, metrics, openWatch: open, monotonicMs },
      {
        onFiles: (directory, files) => this.#onFiles(directory, files),
        onGone: (directory) => this.#onGone(directory),
        onWritten: (directory) => this.#onWritten(directory),
        hasGrown: (directory) => this.#hasGrown(directory),
        onEvent: () => options.onEvent(),
      },
    );
  }

  get tails(): readonly InstanceTail[] {
    return this.#order;
  }

  /** Directories that are looked at by time because they cannot be watched. */
  get unwatchedDirectories(): number {
    return this.#tree.unwatchedCount;
  }

  /** When a file is to be looked at next; what is told until then comes before that. */
  get nextPollMs(): number {
    return this.#order.reduce((earliest, tail) => Math.min(earliest, tail.polls.nextMs), Number.POSITIVE_INFINITY);
  }

  /** When an instance has something to read next. */
  get nextReadyMs(): number {
    return this.#order.reduce((earliest, tail) => Math.min(earliest, tail.nextReadyMs), Number.POSITIVE_INFINITY);
  }

  /** Finds what is new and looks at the files whose time has come. */
  refresh(): void {
    const now = this.#options.clock.monotonicMs();
    this.#tree.refresh(now);
    if (this.#isFirst) {
      this.#isFirst = false;
      for (const tail of this.#order) if (tail.segments.every(({ file }) => file === null)) tail.end();
    }
    let polled = 0;
    for (const tail of this.#order) {
      if (tail.polls.nextMs <= now) this.#poll(tail, now);
      if (tail.polls.nextMs < Number.POSITIVE_INFINITY) polled++;
    }
    this.#polled = polled;
    if (now >= this.#keepAtMs) {
      this.#keepAtMs = now + this.#options.settings.settleMs / 2;
      this.#keepVanishing(now);
      this.#forgetFinished();
    }
  }

  /** Looks at its files, and plans when to look again. A file that grows fast is looked at often, a quiet one when a write is told. */
  #poll(tail: InstanceTail, now: number): void {
    const { polls, origin } = tail;
    const { directoryId } = origin;
    const { pollActiveMs, pollIdleMs } = this.#options.settings;
    tail.poll(now);
    // A look costs some microseconds, so less often where there are many.
    const idleMs = Math.max(pollIdleMs, POLL_MS_PER_FILE * this.#polled);
    if (this.#tree.isWatched(directoryId)) polls.nextMs = tail.isAtRest ? Number.POSITIVE_INFINITY : now + idleMs;
    else if (polls.isActive(now)) {
      polls.nextMs = now + pollActiveMs;
      // In a burst files come and go faster than directories are looked at.
      if (tail.isRotated) this.#tree.look(directoryId, now);
    } else {
      const isQuiet = !this.#byDirectory.get(directoryId)?.some((neighbour) => neighbour.polls.isActive(now));
      // Once it is watched it is looked at again: what was written in between is not told.
      polls.nextMs = isQuiet && this.#tree.watch(directoryId, now) ? now : now + idleMs;
    }
  }

  /** The next instance that has something to read, in turn; undefined where none has. */
  nextReady(): InstanceTail | undefined {
    const now = this.#options.clock.monotonicMs();
    for (let i = 0; i < this.#order.length; i++) {
      const tail = this.#order[(this.#next + i) % this.#order.length]!;
      if (tail.nextReadyMs > now) continue;
      this.#next = (this.#next + i + 1) % this.#order.length;
      return tail;
    }
    return undefined;
  }

  turn(tail: InstanceTail): Piece[] {
    return tail.turn(this.#options.clock.monotonicMs());
  }

  close(): void {
    this.#tree.close();
    for (const tail of this.#order) tail.close();
  }

  /** Files that are gone and that the spool has kept: their instance is read although its directory may be gone too. */
  adoptCopies(copies: readonly KeptCopy[]): void {
    for (const { origin, segment } of copies) {
      const name = `${origin.directoryId} ${origin.key.attempt}`;
      const tail = this.#tails.get(name) ?? this.#addTail(name, origin);
      tail.adoptCopy(segment);
    }
  }

  /** Copies what would vanish with this process. */
  #keepVanishing(now: number): void {
    const { spool } = this.#options;
    for (const tail of this.#order) {
      for (const segment of tail.vanishing(now)) if (!spool.keep(tail.origin, segment)) tail.giveUp(segment);
      for (const segment of tail.segments) if (segment.done && segment.copyPath !== null) spool.drop(segment);
    }
  }

  #onFiles(directory: ContainerDirectory, files: FoundFile[]): boolean {
    const byAttempt = Map.groupBy(files, ({ attempt }) => attempt);
    for (const [attempt, found] of byAttempt) this.#tailOf(directory, attempt).update(found);
    const latest = Math.max(-1, ...byAttempt.keys());
    const tails = this.#byDirectory.get(directory.id) ?? [];
    for (const tail of tails) {
      const { attempt } = tail.origin.key;
      if (!byAttempt.has(attempt)) tail.update([]);
      if (!byAttempt.has(attempt) || attempt < latest) tail.end();
    }
    return tails.every((tail) => !tail.hasClosedFile);
  }

  #onWritten(directory: ContainerDirectory): void {
    const now = this.#options.clock.monotonicMs();
    for (const { polls } of this.#byDirectory.get(directory.id) ?? []) polls.written(now);
  }

  #hasGrown(directory: ContainerDirectory): boolean {
    const now = this.#options.clock.monotonicMs();
    const tails = this.#byDirectory.get(directory.id) ?? [];
    for (const tail of tails) this.#poll(tail, now);
    return tails.some(({ polls }) => polls.hasFoundGrowth());
  }

  #onGone(directory: ContainerDirectory): void {
    for (const tail of this.#byDirectory.get(directory.id) ?? []) {
      tail.update([]);
      tail.end();
    }
  }

  #tailOf(directory: ContainerDirectory, attempt: number): InstanceTail {
    const name = `${directory.id} ${attempt}`;
    let tail = this.#tails.get(name);
    if (!tail) {
      const { podUid, container, namespace, pod, id, birthMs } = directory;
      const key: InstanceKey = { cluster: this.#options.cluster, podUid, container, attempt };
      tail = this.#addTail(name, { key, namespace, pod, directoryId: id, directoryBirthMs: birthMs });
    }
    return tail;
  }

  #addTail(name: string, origin: TailOrigin): InstanceTail {
    const tail = new InstanceTail(this.#context, origin);
    this.#tails.set(name, tail);
    this.#order.push(tail);
    const neighbours = this.#byDirectory.get(origin.directoryId) ?? [];
    this.#byDirectory.set(origin.directoryId, [...neighbours, tail]);
    this.#options.onInstance(tail);
    return tail;
  }

  #forgetFinished(): void {
    if (!this.#order.some(isOver)) return;
    for (const [name, tail] of this.#tails) {
      if (!isOver(tail)) continue;
      tail.close();
      this.#tails.delete(name);
      this.#options.onForgotten(tail);
    }
    this.#order = [...this.#tails.values()];
    this.#byDirectory = Map.groupBy(this.#order, ({ origin }) => origin.directoryId);
  }
}

/** Its files are gone, nothing of it waits to be acknowledged, and the server knows that it has ended. */
function isOver(tail: InstanceTail): boolean {
  if (tail.segments.some(({ file }) => file !== null) || tail.endedSinceMs === null || !tail.isFinished) return false;
  return tail.isToldEnded || tail.id === null || tail.state === 'deleted';
}
