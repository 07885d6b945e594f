import { fstatSync, statSync } from 'node:fs';
import { Segment } from './segment.ts';
import { FileMoved, type FoundFile, fileId } from './source.ts';

export interface SegmentsOptions {
  settleMs: number;
  monotonicMs(): number;
  /** A file that cannot be opened or read. */
  onTrouble(message: string, error: unknown): void;
  /** Bytes that were seen and can no longer be read. */
  onLost(segment: Segment, from: number, to: number): void;
  /** A file went that could never be opened; it came after `after`, as far as one can tell. */
  onNeverOpened(after: Segment | undefined): void;
}

/**
 * The segments of one instance, in the order in which they were written.
 * Invariant: no two have the same name, and each inode of the directory belongs to one.
 */
export class Segments {
  readonly #options: SegmentsOptions;
  list: Segment[] = [];
  /** When one of them was last seen to grow. */
  grewAtMs = 0;
  /** Files that cannot be opened (yet), by id. */
  readonly #closed = new Set<string>();

  constructor(options: SegmentsOptions) {
    this.#options = options;
  }

  /** Whether a file should be tried again although nothing in its directory changes. */
  get hasClosedFile(): boolean {
    return this.#closed.size > 0;
  }

  /** What lies behind the positions, as far as it is known. */
  get unreadBytes(): number {
    return this.list.reduce((sum, { size, position, done }) => sum + (done ? 0 : size - position), 0);
  }

  /** Those whose file is gone and that are not done. */
  vanished(): readonly Segment[] {
    // Asked of every instance many times a second, and almost never so.
    return this.list.some(isVanished) ? this.list.filter(isVanished) : [];
  }

  /** The files as a scan has just found them; `ended`: nothing will be written any more. True where a new one has a name now. */
  update(found: readonly FoundFile[], ended: boolean): boolean {
    const unknown: FoundFile[] = [];
    const present = new Set<Segment>();
    for (const file of found) {
      const segment = this.list.find((candidate) => isSameFile(candidate, file));
      if (!segment) unknown.push(file);
      else {
        segment.file = file;
        present.add(segment);
      }
    }
    for (const segment of this.list) if (!present.has(segment)) segment.file = null;
    for (const id of this.#closed) {
      if (found.some((file) => file.id === id)) continue;
      this.#closed.delete(id);
      this.#options.onNeverOpened(this.list.at(-1));
    }
    const added = unknown.sort(byRotation).filter((file) => this.#add(new Segment(file))).length;
    // What is done and gone is of no use, except for the newest: it says where a gap would begin.
    this.list = this.list.filter((segment) => segment.file !== null || !segment.done || segment === this.list.at(-1));
    this.markFinal(ended);
    return added > 0;
  }

  /** A copy in the spool: it comes before what is still on disk. */
  adoptCopy(segment: Segment): void {
    if (!this.list.some(({ name }) => name === segment.name)) this.list.unshift(segment);
  }

  /** Looks at the open files, which costs a microsecond each. True where one has got its name. */
  poll(now: number): boolean {
    let named = false;
    for (const segment of [...this.list]) {
      if (segment.fd === null || segment.done) continue;
      const { size } = fstatSync(segment.fd);
      if (segment.name === null) named = this.#identify(segment, this.isSettled(segment, now)) || named;
      else if (size < segment.size) named = this.truncate(segment) || named;
      else if (size > segment.size) {
        segment.size = size;
        this.grewAtMs = now;
        if (segment.finalSinceMs !== null) segment.finalSinceMs = now;
      }
    }
    if (named) this.grewAtMs = now;
    return named;
  }

  /** Whether the name of the file that is written to leads to another one by now, or to none. */
  get isRotated(): boolean {
    const live = this.list.findLast(({ file, fd }) => fd !== null && file !== null && file.stamp === null);
    if (!live) return false;
    const found = statSync(live.file!.path, { bigint: true, throwIfNoEntry: false });
    return found === undefined || fileId(found) !== live.id;
  }

  /** All but the newest are not written to any more, nor are those without a name in the directory. */
  markFinal(ended: boolean): void {
    const now = this.#options.monotonicMs();
    this.list.forEach((segment, index) => {
      const isRotatedAway = segment.file === null || segment.file.gz;
      const superseded = index < this.list.length - 1 || isRotatedAway;
      if (superseded || ended) segment.finalSinceMs ??= now;
      else segment.finalSinceMs = null;
    });
  }

  /** It will not grow any more, as far as one can tell. */
  isSettled({ finalSinceMs, file, isCompressed }: Segment, now: number): boolean {
    if (finalSinceMs === null) return false;
    return isCompressed || file?.gz === true || now - finalSinceMs >= this.#options.settleMs;
  }

  /** Lets go of what is acknowledged and will not grow. */
  closeDone(): void {
    const now = this.#options.monotonicMs();
    for (const segment of this.list) {
      if (segment.done || !this.isSettled(segment, now)) continue;
      const empty = segment.name === null && segment.size === 0;
      if (!empty && (segment.name === null || !segment.resolved)) continue;
      if (segment.held.missingBelow(segment.size) === 0) segment.finish();
    }
  }

  /** The file was cut, or written anew in place: what is in it now is another segment. True where that has a name. */
  truncate(segment: Segment): boolean {
    if (segment.position < segment.size) this.#options.onLost(segment, segment.position, segment.size);
    const next = segment.split();
    if (next === null) return false;
    this.list.push(next);
    return this.#identify(next, false);
  }

  #add(segment: Segment): boolean {
    this.list.push(segment);
    this.grewAtMs = this.#options.monotonicMs();
    try {
      const named = this.#identify(segment, false);
      this.#closed.delete(segment.id);
      this.#putInOrder(segment);
      return named;
    } catch (error) {
      this.remove(segment);
      if (!(error instanceof FileMoved) && !this.#closed.has(segment.id)) {
        this.#closed.add(segment.id);
        this.#options.onTrouble('a log file cannot be opened; trying again', error);
      }
      return false;
    }
  }

  /** It is not where it was: the next scan finds it anew. Were it kept, its file would be taken for one that is known. */
  remove(segment: Segment): void {
    segment.close();
    this.list = this.list.filter((other) => other !== segment);
  }

  /** Stamps are local times; first records tell the order better, where both have one. What we saw being written is older. */
  #putInOrder(segment: Segment): void {
    let at = this.list.indexOf(segment);
    if (at < 0 || !hasTime(segment)) return;
    this.list.splice(at, 1);
    while (
      at > 0 &&
      hasTime(this.list[at - 1]!) &&
      this.list[at - 1]!.name! > segment.name! &&
      !this.list[at - 1]!.wasRead
    )
      at--;
    this.list.splice(at, 0, segment);
  }

  #identify(segment: Segment, final: boolean): boolean {
    segment.identify(final);
    if (segment.name === null) {
      if (final || segment.isCompressed) segment.finish();
      return false;
    }
    const twin = this.list.find((other) => other !== segment && other.name === segment.name);
    return twin ? this.#join(segment, twin) : true;
  }

  /** Two files with the same first record: a rotated file and its compressed form are one segment. True where the server must be asked. */
  #join(segment: Segment, twin: Segment): boolean {
    if (twin.wasCut && segment.successorOf === twin) {
      segment.takeAlternateName();
      return false;
    }
    this.list = this.list.filter((other) => other !== segment);
    if (twin.wasCut) {
      twin.goOnIn(segment);
      return true;
    }
    if (twin.file === null) {
      twin.file = segment.file;
      twin.id = segment.id;
      // It was taken to be complete, and has been written to after all.
      if (twin.done && !segment.isCompressed && segment.size > twin.size) twin.done = false;
      // Nothing was open of it: from here on it is read from the compressed file.
      if (twin.fd === null && twin.compressedFd === null && !twin.done) {
        twin.compressedFd = segment.compressedFd;
        segment.compressedFd = null;
      }
    }
    segment.close();
    return false;
  }
}

/** Without a descriptor on it, an inode may have been freed and given to a new file: then only an unchanged one is the same. */
function isSameFile({ id, fd, compressedFd, file: before }: Segment, file: FoundFile): boolean {
  if (id !== file.id) return false;
  // The open plain file is not what a compressed file's id names.
  const isHeld = compressedFd !== null || (fd !== null && !before?.gz);
  return isHeld || (before?.size === file.size && before.mtimeMs === file.mtimeMs);
}

function isVanished({ file, done }: Segment): boolean {
  return file === null && !done;
}

function hasTime({ name }: Segment): boolean {
  return name !== null && !name.startsWith('0000000000000000');
}

/** Oldest first: rotated files by their stamp, then the one that is being written. */
function byRotation(a: FoundFile, b: FoundFile): number {
  if (a.stamp === null || b.stamp === null) return (a.stamp === null ? 1 : 0) - (b.stamp === null ? 1 : 0);
  return a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0;
}
