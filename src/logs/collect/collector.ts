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

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { settings, clock, log, metrics, scratch, node, root } = options;
    const bench = createWorkbench(settings.lineBytesMax, settings.pendingBytesMax, settings.chunkBytes);
    this.#context = {
      settings,
      metrics,
      log,
      scratch,
      node,
      bench,
      chunk: bench.plain.source,
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.nowMs(),
    };
    const pollMs = 2 * settings.pollIdleMs;
    this.#tree = new Tree(
      { root, reconcileMs: settings.reconcileMs, pollMs, log, metrics },
      {
        onFiles: (directory, files) => this.#onFiles(directory, files),
        onGone: (directory) => this.#onGone(directory),
      },
    );
  }

  get tails(): readonly InstanceTail[] {
    return this.#order;
  }

  /** How often a quiet file is looked at: a look costs some microseconds, so less often where there are many. */
  get pollIdleMs(): number {
    return Math.max(this.#options.settings.pollIdleMs, POLL_MS_PER_FILE * this.#order.length);
  }

  /** Finds what is new and looks at the files whose time has come. */
  refresh(): void {
    const now = this.#options.clock.monotonicMs();
    this.#tree.refresh(now);
    if (this.#isFirst) {
      this.#isFirst = false;
      for (const tail of this.#order) if (tail.segments.every(({ file }) => file === null)) tail.end();
    }
    const idleMs = this.pollIdleMs;
    for (const tail of this.#order) {
      if (tail.nextPollMs > now) continue;
      tail.poll(now, idleMs);
      // In a burst files come and go faster than directories are looked at.
      if (tail.isActive(now) && tail.isRotated) this.#tree.hurry(tail.origin.directoryId);
    }
    if (now >= this.#keepAtMs) {
      this.#keepAtMs = now + this.#options.settings.settleMs / 2;
      this.#keepVanishing(now);
      this.#forgetFinished();
    }
  }

  /** The next instance that has something to read, in turn; undefined where none has. */
  nextReady(): InstanceTail | undefined {
    const now = this.#options.clock.monotonicMs();
    for (let i = 0; i < this.#order.length; i++) {
      const tail = this.#order[(this.#next + i) % this.#order.length]!;
      if (!tail.isReady(now)) continue;
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
